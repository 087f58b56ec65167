import type { Log } from '../execution/types.ts'
import { bytesEqual } from '../stateless/bytes.ts'
import { keccak256 } from '../stateless/keccak.ts'
import type { FoundLog, LogFilter, StoredBlock } from './types.ts'

/** All matching logs in these blocks, lazily. */
export function* findLogs(blocks: Iterable<StoredBlock | undefined>, filter: LogFilter): Iterable<FoundLog> {
  for (const stored of blocks) if (stored !== undefined) yield* logsOfBlock(stored, filter)
}

/** The matching logs of one block, whether or not it is canonical. */
export function* logsOfBlock(
  { block, receipts }: StoredBlock,
  filter: Omit<LogFilter, 'fromBlock' | 'toBlock'>,
): Iterable<FoundLog> {
  let logIndex = 0
  for (const [transactionIndex, receipt] of receipts.entries()) {
    const raw = block.transactions[transactionIndex]
    if (raw === undefined) throw new Error('a stored block has more receipts than transactions')
    let transactionHash: Uint8Array | undefined
    for (const log of receipt.logs) {
      if (matchesLog(log, filter)) {
        transactionHash ??= keccak256(raw)
        const { number: blockNumber, timestamp: blockTimestamp } = block.header
        yield { log, blockHash: block.hash, blockNumber, blockTimestamp, transactionHash, transactionIndex, logIndex }
      }
      logIndex += 1
    }
  }
}

/**
 * Does a log pass the filter's addresses and topics? An absent or empty list of alternatives is a wildcard. Topics match
 * by position; a log with fewer topics than the filter has positions does not match (geth).
 */
export function matchesLog(log: Log, { addresses, topics }: Pick<LogFilter, 'addresses' | 'topics'>): boolean {
  if (!matchesAny(addresses, log.address)) return false
  if (topics === undefined) return true
  return topics.every((alternatives, position) => {
    const topic = log.topics[position]
    if (topic === undefined) return false
    return matchesAny(alternatives, topic)
  })
}

function matchesAny(alternatives: readonly Uint8Array[] | undefined, item: Uint8Array): boolean {
  if (alternatives === undefined || alternatives.length === 0) return true
  return alternatives.some((alternative) => bytesEqual(alternative, item))
}
