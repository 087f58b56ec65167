import type { RollupDeployment } from '../../genesis/types.ts'
import type { Chain } from '../../node/types.ts'
import {
  CROSS_MESSAGE_SENT_TOPIC,
  decodeCrossMessageSent,
  decodeMessageSent,
  MESSAGE_SENT_TOPIC,
} from '../l1/l1Events.ts'
import type { Message, MessageSelector } from '../types.ts'
import { followLogs, type LocatedLog } from './followLogs.ts'
import { createMessageTree, type MessageTree, messageHash } from './messages.ts'

type Hex = `0x${string}`

/** A message that L2 sends, as its canonical chain shows it. */
export type OutboxEntry = {
  message: Message
  destinationChainId: bigint
  hash: Hex
  l2Block: bigint
  l2TxHash: Hex
}

/** One messenger's messages on the canonical L2 chain, in index order, following its head. */
export type Outbox = {
  entries(): readonly OutboxEntry[]
  /** the tree over all entries; ask it for the root of an earlier size */
  tree(): MessageTree
  /** number of messages sent up to an L2 block */
  countAt(l2Block: bigint): number
  close(): void
}

/** The entries that a selector names, in their order; none when there is no such message. */
export function selectEntries(outbox: Outbox, selector: MessageSelector): OutboxEntry[] {
  const found = outbox
    .entries()
    .filter((entry) =>
      'index' in selector ? entry.message.index === selector.index : entry.l2TxHash === selector.txHash.toLowerCase(),
    )
  const ordinal = 'ordinal' in selector ? selector.ordinal : undefined
  return ordinal === undefined ? found : found.slice(ordinal, ordinal + 1)
}

/** "with id 3", "in transaction 0x..." or "2 in transaction 0x..." */
export function wordsOf(selector: MessageSelector): string {
  if ('index' in selector) return `with id ${selector.index}`
  const { txHash, ordinal } = selector
  return ordinal === undefined ? `in transaction ${txHash}` : `${ordinal} in transaction ${txHash}`
}

/** Messages from L2 to its L1. */
export function createOutbox(chain: Chain, deployment: RollupDeployment): Outbox {
  const destinationChainId = BigInt(deployment.l1ChainId)
  return createOutboxOf(chain, BigInt(deployment.l2ChainId), {
    messenger: deployment.l2.messenger,
    topic: MESSAGE_SENT_TOPIC,
    decode(log) {
      const event = decodeMessageSent(log)
      return event && { message: event.message, destinationChainId }
    },
  })
}

/** Messages from L2 to other rollups, in one hop. */
export function createCrossOutbox(chain: Chain, deployment: RollupDeployment): Outbox {
  return createOutboxOf(chain, BigInt(deployment.l2ChainId), {
    messenger: deployment.l2.crossMessenger,
    topic: CROSS_MESSAGE_SENT_TOPIC,
    decode: decodeCrossMessageSent,
  })
}

type MessageSource = {
  messenger: Hex
  topic: Hex
  decode(log: {
    address: Hex
    topics: readonly Hex[]
    data: Hex
  }): { message: Message; destinationChainId: bigint } | undefined
}

function createOutboxOf(chain: Chain, chainId: bigint, source: MessageSource): Outbox {
  const entries: OutboxEntry[] = []
  const tree = createMessageTree()

  function add({ topics, data, l2Block, l2TxHash }: LocatedLog): void {
    const event = source.decode({ address: source.messenger, topics, data })
    if (event === undefined) return
    const { message, destinationChainId } = event
    if (message.index !== BigInt(entries.length)) throw new Error(`L2 message ${message.index} after ${entries.length}`)
    const hash = messageHash(message, chainId, destinationChainId)
    entries.push({ message, destinationChainId, hash, l2Block, l2TxHash })
    tree.append(hash)
  }

  const countAt = (l2Block: bigint): number => {
    let count = entries.length
    while (count > 0 && (entries[count - 1]?.l2Block ?? 0n) > l2Block) count -= 1
    return count
  }

  const close = followLogs(
    chain,
    { address: source.messenger, topic: source.topic },
    {
      add,
      cut(fromBlock) {
        entries.length = countAt(fromBlock - 1n)
        tree.truncate(entries.length)
      },
    },
  )
  return { entries: () => entries, tree: () => tree, countAt, close }
}
