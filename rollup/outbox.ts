import type { Log } from '../execution/types.ts'
import type { RollupDeployment } from '../genesis/types.ts'
import type { Chain, HeadChange, StoredBlock } from '../node/types.ts'
import { bytesToHex, hexToBytes } from '../stateless/bytes.ts'
import { keccak256 } from '../stateless/keccak.ts'
import { decodeMessageSent, MESSAGE_SENT_TOPIC } from './l1Events.ts'
import { createMessageTree, type MessageTree, messageHash } from './messages.ts'
import type { Message } from './types.ts'

type Hex = `0x${string}`

/** A message from L2 to L1, as L2's canonical chain shows it. */
export type OutboxEntry = { message: Message; hash: Hex; l2Block: bigint; l2TxHash: Hex }

/** All messages of the canonical L2 chain, in index order, following its head. */
export type Outbox = {
  entries(): readonly OutboxEntry[]
  /** the tree over all entries; ask it for the root of an earlier size */
  tree(): MessageTree
  /** number of messages sent up to an L2 block */
  countAt(l2Block: bigint): number
  close(): void
}

export function createOutbox(chain: Chain, deployment: RollupDeployment): Outbox {
  const messenger = hexToBytes(deployment.l2.messenger)
  const entries: OutboxEntry[] = []
  const tree = createMessageTree()

  function add(log: Log, l2Block: bigint, l2TxHash: Hex): void {
    const topics = log.topics.map((topic): Hex => `0x${bytesToHex(topic)}`)
    const event = decodeMessageSent({ address: deployment.l2.messenger, topics, data: `0x${bytesToHex(log.data)}` })
    if (event === undefined) return
    const { message } = event
    if (message.index !== BigInt(entries.length)) throw new Error(`L2 message ${message.index} after ${entries.length}`)
    const hash = messageHash(message, BigInt(deployment.l2ChainId), BigInt(deployment.l1ChainId))
    entries.push({ message, hash, l2Block, l2TxHash })
    tree.append(hash)
  }

  function addBlock({ block, receipts }: StoredBlock): void {
    for (const [position, { logs }] of receipts.entries()) {
      const raw = block.transactions[position]
      if (raw === undefined) throw new Error(`L2 block ${block.header.number} has more receipts than transactions`)
      for (const log of logs) {
        if (bytesToHex(log.address) !== bytesToHex(messenger)) continue
        add(log, block.header.number, `0x${bytesToHex(keccak256(raw))}`)
      }
    }
  }

  const countAt = (l2Block: bigint): number => {
    let count = entries.length
    while (count > 0 && (entries[count - 1]?.l2Block ?? 0n) > l2Block) count -= 1
    return count
  }

  function follow({ added, removed }: HeadChange): void {
    const lowest = removed.at(-1)?.block.header.number
    if (lowest !== undefined) {
      entries.length = countAt(lowest - 1n)
      tree.truncate(entries.length)
    }
    for (const block of added) addBlock(block)
  }

  const filter = { addresses: [messenger], topics: [[hexToBytes(MESSAGE_SENT_TOPIC)]] }
  const range = { fromBlock: chain.genesis.header.number, toBlock: chain.head().header.number }
  for (const { log, blockNumber, transactionHash } of chain.getLogs({ ...filter, ...range })) {
    add(log, blockNumber, `0x${bytesToHex(transactionHash)}`)
  }
  const stopFollowing = chain.onHead(follow)
  return { entries: () => entries, tree: () => tree, countAt, close: stopFollowing }
}
