import type { Chain, HeadChange, StoredBlock } from '../../node/types.ts'
import { bytesEqual, bytesToHex, hexToBytes } from '../../stateless/bytes.ts'
import { keccak256 } from '../../stateless/keccak.ts'

type Hex = `0x${string}`

/** A log of one kind on the canonical L2 chain, and where it is. */
export type LocatedLog = { topics: readonly Hex[]; data: Hex; l2Block: bigint; l2TxHash: Hex }

export type LogListener = {
  add(log: LocatedLog): void
  /** a reorganisation has taken back what was logged from this block on */
  cut(fromBlock: bigint): void
}

/** Tells of every log of a contract with this first topic, from genesis on, in order, as the head goes. Returns what ends it. */
export function followLogs(
  chain: Chain,
  { address, topic }: { address: Hex; topic: Hex },
  listener: LogListener,
): () => void {
  const emitter = hexToBytes(address)
  const wanted = hexToBytes(topic)

  function tell(log: { topics: readonly Uint8Array[]; data: Uint8Array }, l2Block: bigint, txHash: Uint8Array): void {
    listener.add({
      topics: log.topics.map((word): Hex => `0x${bytesToHex(word)}`),
      data: `0x${bytesToHex(log.data)}`,
      l2Block,
      l2TxHash: `0x${bytesToHex(txHash)}`,
    })
  }

  function tellBlock({ block, receipts }: StoredBlock): void {
    for (const [position, { logs }] of receipts.entries()) {
      const raw = block.transactions[position]
      if (raw === undefined) throw new Error(`L2 block ${block.header.number} has more receipts than transactions`)
      for (const log of logs) {
        const [first] = log.topics
        if (first === undefined || !bytesEqual(log.address, emitter) || !bytesEqual(first, wanted)) continue
        tell(log, block.header.number, keccak256(raw))
      }
    }
  }

  function follow({ added, removed }: HeadChange): void {
    const lowest = removed.at(-1)?.block.header.number
    if (lowest !== undefined) listener.cut(lowest)
    for (const block of added) tellBlock(block)
  }

  const range = { fromBlock: chain.genesis.header.number, toBlock: chain.head().header.number }
  for (const { log, blockNumber, transactionHash } of chain.getLogs({
    addresses: [emitter],
    topics: [[wanted]],
    ...range,
  })) {
    tell(log, blockNumber, transactionHash)
  }
  return chain.onHead(follow)
}
