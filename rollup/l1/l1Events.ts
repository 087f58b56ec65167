import { type Abi, decodeEventLog, encodeEventTopics, keccak256 } from 'viem'
import type { RollupDeployment } from '../../genesis/types.ts'
import { crossMessengerAbi, l1MessengerAbi, nativeRollupAbi } from '../contracts.ts'
import { RollupError } from '../errors.ts'
import type { Message } from '../types.ts'
import type { L1Log } from './l1Types.ts'

type Hex = `0x${string}`

export type MessageSentEvent = { kind: 'message'; message: Message }
export type DeliveredEvent = { kind: 'delivered'; index: bigint }
export type AdvancedEvent = { kind: 'advanced'; number: bigint; hash: Hex; stateRoot: Hex; anchorBlock: bigint }
export type ForcedEvent = { kind: 'forced'; id: bigint; txHash: Hex; payer: Hex; signedTx: Hex }
/** A forced transaction left the queue: included in a block, or expired. */
export type ForcedResolvedEvent = { kind: 'resolved'; id: bigint; expired: boolean }
export type L1Event = MessageSentEvent | DeliveredEvent | AdvancedEvent | ForcedEvent | ForcedResolvedEvent

type RawLog = Pick<L1Log, 'address' | 'topics' | 'data'>

/** Topic of MessageSent, which both messengers emit with the same fields. */
export const MESSAGE_SENT_TOPIC = topicOf(l1MessengerAbi, 'MessageSent')
/** Topic of CrossMessageSent, which the messenger between rollups emits. */
export const CROSS_MESSAGE_SENT_TOPIC = topicOf(crossMessengerAbi, 'CrossMessageSent')
/** Topic of MessageDelivered, which both messengers emit with the same fields. */
export const DELIVERED_TOPIC = topicOf(l1MessengerAbi, 'MessageDelivered')
const ADVANCED_TOPIC = topicOf(nativeRollupAbi, 'BlockAdvanced')
const FORCED_TOPIC = topicOf(nativeRollupAbi, 'TransactionForced')
const INCLUDED_TOPIC = topicOf(nativeRollupAbi, 'ForcedIncluded')
const EXPIRED_TOPIC = topicOf(nativeRollupAbi, 'ForcedExpired')

/**
 * The event of the rollup's L1 contracts in a log; undefined for events that do not matter here. Throws RollupError
 * BAD_L1_DATA when the log does not fit its own signature.
 */
export function decodeL1Log(log: RawLog, deployment: RollupDeployment): L1Event | undefined {
  const emitter = log.address.toLowerCase()
  if (emitter === deployment.l1.rollup.toLowerCase())
    return decodeAdvanced(log) ?? decodeForced(log) ?? decodeResolved(log)
  if (emitter !== deployment.l1.messenger.toLowerCase()) return undefined
  return decodeMessageSent(log) ?? decodeDelivered(log)
}

/** A message that a messenger, of either chain, accepted. */
export function decodeMessageSent(log: RawLog): MessageSentEvent | undefined {
  if (log.topics[0] !== MESSAGE_SENT_TOPIC) return undefined
  const { args } = strictly(() => decodeEventLog({ abi: l1MessengerAbi, eventName: 'MessageSent', ...parts(log) }))
  const { index, sender, to, value, fee, gasLimit, data } = args
  return { kind: 'message', message: { sender: lower(sender), to: lower(to), value, fee, gasLimit, data, index } }
}

/** A message to another rollup that the messenger between rollups accepted; it has neither value nor fee. */
export function decodeCrossMessageSent(log: RawLog): { message: Message; destinationChainId: bigint } | undefined {
  if (log.topics[0] !== CROSS_MESSAGE_SENT_TOPIC) return undefined
  const { args } = strictly(() =>
    decodeEventLog({ abi: crossMessengerAbi, eventName: 'CrossMessageSent', ...parts(log) }),
  )
  const { index, sender, destinationChainId, to, gasLimit, data } = args
  const message = { sender: lower(sender), to: lower(to), value: 0n, fee: 0n, gasLimit, data, index }
  return { message, destinationChainId }
}

/** A message of the other chain that a messenger delivered. */
export function decodeDelivered(log: RawLog): DeliveredEvent | undefined {
  if (log.topics[0] !== DELIVERED_TOPIC) return undefined
  const { args } = strictly(() => decodeEventLog({ abi: l1MessengerAbi, eventName: 'MessageDelivered', ...parts(log) }))
  return { kind: 'delivered', index: args.index }
}

export function decodeAdvanced(log: RawLog): AdvancedEvent | undefined {
  if (log.topics[0] !== ADVANCED_TOPIC) return undefined
  const { args } = strictly(() => decodeEventLog({ abi: nativeRollupAbi, eventName: 'BlockAdvanced', ...parts(log) }))
  const { number, blockHash, stateRoot, anchorBlock } = args
  return { kind: 'advanced', number, hash: blockHash, stateRoot, anchorBlock }
}

/** The blocks that a rollup contract took, in their order, from the logs of a receipt. */
export function advancedIn(logs: readonly RawLog[], rollup: Hex): AdvancedEvent[] {
  const emitter = rollup.toLowerCase()
  return logs.flatMap((log) => (log.address === emitter ? (decodeAdvanced(log) ?? []) : []))
}

function decodeForced(log: RawLog): ForcedEvent | undefined {
  if (log.topics[0] !== FORCED_TOPIC) return undefined
  const { args } = strictly(() =>
    decodeEventLog({ abi: nativeRollupAbi, eventName: 'TransactionForced', ...parts(log) }),
  )
  const { id, txHash, payer, signedTx } = args
  if (keccak256(signedTx) !== txHash) {
    throw new RollupError('BAD_L1_DATA', 'L1 answered with a forced transaction that has another hash', { id })
  }
  return { kind: 'forced', id, txHash, payer: lower(payer), signedTx }
}

function decodeResolved(log: RawLog): ForcedResolvedEvent | undefined {
  const [topic] = log.topics
  if (topic !== INCLUDED_TOPIC && topic !== EXPIRED_TOPIC) return undefined
  const expired = topic === EXPIRED_TOPIC
  const eventName = expired ? 'ForcedExpired' : 'ForcedIncluded'
  const { args } = strictly(() => decodeEventLog({ abi: nativeRollupAbi, eventName, ...parts(log) }))
  return { kind: 'resolved', id: args.id, expired }
}

function topicOf(abi: Abi, eventName: string): Hex {
  const [topic] = encodeEventTopics({ abi, eventName })
  if (typeof topic !== 'string') throw new Error(`no event ${eventName}`)
  return topic
}

function parts(log: RawLog): { topics: [Hex, ...Hex[]]; data: Hex } {
  const [signature, ...indexed] = log.topics
  if (signature === undefined) throw new Error('a log without topics has no event')
  return { topics: [signature, ...indexed], data: log.data }
}

function strictly<T>(work: () => T): T {
  try {
    return work()
  } catch (error) {
    throw new RollupError('BAD_L1_DATA', 'L1 answered with a log that does not fit its event', {}, error)
  }
}

function lower(address: Hex): Hex {
  return address.toLowerCase() as Hex
}
