import { giveWay, isTurnOver } from '../../node/eventLoop.ts'
import type { Chain } from '../../node/types.ts'
import { bytesToHex, hexToBytes } from '../../stateless/bytes.ts'
import type { Claims } from '../claims.ts'
import { MessageError } from '../errors.ts'
import type { L1Client } from '../l1/l1Client.ts'
import { decodeL1Log } from '../l1/l1Events.ts'
import type { Postponement } from '../postponed.ts'
import type { Finality } from '../settling/finality.ts'
import type { InputStore } from '../settling/inputs.ts'
import type { L1MessageRecord, L1View, SettledBlock } from '../types.ts'
import type { Deliveries, Delivery } from './deliveries.ts'
import type { DeliveryFailure, DeliverySimulation, RunTurns } from './deliverySimulation.ts'
import { type Inbox, inboxLeaf } from './inbox.ts'

type Hex = `0x${string}`

/**
 * queued: no L2 block carries an L1 block that has it; claimable: anybody may claim it on L2; failing: who claimed it in the
 * next block would fail; claimed: delivered
 */
export type L1MessageStatus = 'queued' | 'claimable' | 'failing' | 'claimed'

/** A message from L1, and where it stands on L2. */
export type L1Message = L1MessageRecord & {
  hash: Hex
  status: L1MessageStatus
  /** claimed: the transaction that delivered it, with its gas, and how far its block is on its way to L1 */
  delivery?: Delivery & { gasUsed: bigint; settlement: L2BlockSettlement }
  /** failing: why */
  failure?: DeliveryFailure
  /** not claimed: what this node's builder has tried */
  postponement?: Postponement
}

export type L2BlockSettlement = { status: 'built' } | ({ status: 'settled' | 'finalized' } & SettledBlock)

/** By its index, by its hash, or by the log of its MessageSent, of which there is one when `logIndex` is left out. */
export type L1MessageSelector = { index: bigint } | { hash: Hex } | { l1TxHash: Hex; logIndex?: bigint }

export type L1MessageFilter = {
  /** sender or receiver */
  address?: Hex
  l1TxHash?: Hex
  statuses?: readonly L1MessageStatus[]
}

/** `from`: the first index that is looked at. `limit`: items in the answer. */
export type L1MessagePage = { from: bigint; limit: number }

export type L1Messages = {
  /** throws MessageError NO_SUCH_MESSAGE, AMBIGUOUS; RollupError */
  get(selector: L1MessageSelector, turns: RunTurns): Promise<L1Message>
  /** the record alone; throws as `get` */
  find(selector: L1MessageSelector): Promise<L1MessageRecord>
  /** in the order of the inbox; `next`: where to go on, when there may be more */
  list(filter: L1MessageFilter, page: L1MessagePage, turns: RunTurns): Promise<{ items: L1Message[]; next?: bigint }>
}

export type L1MessagesDeps = {
  chain: Chain
  view: L1View
  l1: L1Client
  inbox: Inbox
  inputs: Pick<InputStore, 'anchorBlock'>
  deliveries: Deliveries
  claims: Pick<Claims, 'postponement'>
  finality: Finality
  simulation: DeliverySimulation
}

/** Deliveries that are tried for one page: each may take as much gas as a message may have. */
const MAX_SIMULATED = 256

/** Messages from L1 to L2, as the head of L2 sees them. */
export function createL1Messages(deps: L1MessagesDeps): L1Messages {
  const { view, deliveries } = deps

  async function find(selector: L1MessageSelector): Promise<L1MessageRecord> {
    const record = await recordOf(deps, selector)
    if (record === undefined) throw noSuchMessage(selector)
    return record
  }

  async function describe(record: L1MessageRecord, turns: RunTurns): Promise<L1Message> {
    const hash = inboxLeaf(view.deployment, record.message)
    const delivery = deliveries.of(record.message.index)
    if (delivery === undefined) return { ...record, hash, ...(await waiting(deps, record, turns)) }
    return { ...record, hash, status: 'claimed', delivery: delivered(deps, delivery) }
  }

  return {
    find,
    get: async (selector, turns) => describe(await find(selector), turns),
    async list({ address, l1TxHash, statuses }, { from, limit }, turns) {
      const records = view.messages()
      const items: L1Message[] = []
      let simulated = 0
      for (let index = Number(from); index < records.length; index++) {
        if (items.length === limit || simulated === MAX_SIMULATED) return { items, next: BigInt(index) }
        if (isTurnOver()) await giveWay()
        turns.signal?.throwIfAborted()
        const record = records[index]
        if (record === undefined || !isOf(record, { address, l1TxHash })) continue
        const isClaimed = deliveries.of(record.message.index) !== undefined
        if (statuses !== undefined && !statuses.some((status) => (status === 'claimed') === isClaimed)) continue
        const item = await describe(record, turns)
        if (item.status !== 'claimed') simulated += 1
        if (statuses === undefined || statuses.includes(item.status)) items.push(item)
      }
      return { items }
    },
  }
}

function isOf({ message, l1TxHash }: L1MessageRecord, wanted: { address: Hex | undefined; l1TxHash: Hex | undefined }) {
  if (wanted.l1TxHash !== undefined && wanted.l1TxHash !== l1TxHash) return false
  return wanted.address === undefined || [message.sender, message.to].includes(wanted.address)
}

async function recordOf(deps: L1MessagesDeps, selector: L1MessageSelector): Promise<L1MessageRecord | undefined> {
  const records = deps.view.messages()
  if ('index' in selector) return records[Number(selector.index)]
  if ('hash' in selector) return records[deps.inbox.indexOf(selector.hash) ?? -1]
  const { l1TxHash, logIndex } = selector
  const logs = (await deps.l1.getReceipt(l1TxHash))?.logs ?? []
  const sent = logs.flatMap((log) => {
    const event = decodeL1Log(log, deps.view.deployment)
    if (event?.kind !== 'message' || (logIndex ?? log.logIndex) !== log.logIndex) return []
    const { blockNumber: l1Block, blockHash: l1BlockHash } = log
    return [{ logIndex: log.logIndex, record: { message: event.message, l1Block, l1BlockHash, l1TxHash } }]
  })
  if (sent.length > 1) {
    const choice = sent.map((each) => each.logIndex).join(', ')
    throw new MessageError(
      'AMBIGUOUS',
      `L1 transaction ${l1TxHash} sent several messages: name one of its logs ${choice}`,
    )
  }
  // as L1 tells it, also when this node has not read that block yet
  return sent[0]?.record
}

function noSuchMessage(selector: L1MessageSelector): MessageError {
  const words =
    'index' in selector
      ? `with id ${selector.index}`
      : 'hash' in selector
        ? `with hash ${selector.hash}; of an L1 transaction ask with { l1TxHash }`
        : selector.logIndex === undefined
          ? `in L1 transaction ${selector.l1TxHash}`
          : `in log ${selector.logIndex} of L1 transaction ${selector.l1TxHash}`
  return new MessageError('NO_SUCH_MESSAGE', `no such message: ${words}`, { ...selector })
}

function delivered({ chain, view, finality }: L1MessagesDeps, delivery: Delivery): NonNullable<L1Message['delivery']> {
  const { l2Block, l2TxHash } = delivery
  const location = chain.getTransactionLocation(hexToBytes(l2TxHash))
  const stored = location === undefined ? undefined : chain.getBlockByHash(location.blockHash)
  const receipt = stored?.receipts[location?.index ?? -1]
  if (stored === undefined || receipt === undefined) throw new Error(`the store lost L2 transaction ${l2TxHash}`)
  const settled = view.settledAt(l2Block)
  const isOnL1 = settled !== undefined && settled.hash === `0x${bytesToHex(stored.block.hash)}`
  const settlement: L2BlockSettlement = isOnL1
    ? { status: finality.isFinal(settled) ? 'finalized' : 'settled', ...settled }
    : { status: 'built' }
  return { ...delivery, gasUsed: receipt.gasUsed, settlement }
}

/** A message that fails is not worth waiting for: that comes first, whatever L2 has seen of L1. */
async function waiting(
  { chain, inputs, claims, simulation }: L1MessagesDeps,
  { message, l1Block }: L1MessageRecord,
  turns: RunTurns,
): Promise<Pick<L1Message, 'status' | 'failure' | 'postponement'>> {
  const known = claims.postponement(message)
  const postponement = known === undefined ? {} : { postponement: known }
  const anchor = inputs.anchorBlock(chain.head().hash) ?? -1n
  const { failure } = await simulation.deliver(message, turns)
  if (failure !== undefined) return { status: 'failing', failure, ...postponement }
  return { status: l1Block <= anchor ? 'claimable' : 'queued', ...postponement }
}
