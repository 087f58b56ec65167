import type { Log } from '../../execution/types.ts'
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
  const source = { emitter: hexToBytes(address), topic: hexToBytes(topic) }

  function follow({ added, removed }: HeadChange): void {
    const lowest = removed.at(-1)?.block.header.number
    if (lowest !== undefined) listener.cut(lowest)
    for (const block of added) for (const log of logsIn(block, source)) listener.add(log)
  }

  const range = { fromBlock: chain.genesis.header.number, toBlock: chain.head().header.number }
  for (const { log, blockNumber, transactionHash } of chain.getLogs({
    addresses: [source.emitter],
    topics: [[source.topic]],
    ...range,
  })) {
    listener.add(locate(log, blockNumber, transactionHash))
  }
  return chain.onHead(follow)
}

/** The logs of a contract with this first topic in one block, in order. */
export function* logsIn(
  { block, receipts }: StoredBlock,
  { emitter, topic }: { emitter: Uint8Array; topic: Uint8Array },
): Iterable<LocatedLog> {
  for (const [position, { logs }] of receipts.entries()) {
    const raw = block.transactions[position]
    if (raw === undefined) throw new Error(`L2 block ${block.header.number} has more receipts than transactions`)
    for (const log of logs) {
      const [first] = log.topics
      if (first === undefined || !bytesEqual(log.address, emitter) || !bytesEqual(first, topic)) continue
      yield locate(log, block.header.number, keccak256(raw))
    }
  }
}

function locate(log: Log, l2Block: bigint, txHash: Uint8Array): LocatedLog {
  return {
    topics: log.topics.map((word): Hex => `0x${bytesToHex(word)}`),
    data: `0x${bytesToHex(log.data)}`,
    l2Block,
    l2TxHash: `0x${bytesToHex(txHash)}`,
  }
}
