import type { Log } from '../execution/types.ts'
import { bytesEqual } from '../stateless/bytes.ts'
import { keccak256 } from '../stateless/keccak.ts'
import type { FoundLog, LogFilter, StoredBlock } from './types.ts'

/** Where the index reads: the canonical chain by number. `bloom` is undefined when the block has no logs. */
export type LogSource = {
  bloom(number: bigint): Uint8Array | undefined
  block(number: bigint): StoredBlock | undefined
}

/**
 * All matching logs of the canonical chain, oldest first, lazily: blocks whose bloom rules a match out are not read.
 * Topics match by position; a log with fewer topics than the filter has positions does not match (geth).
 */
export function* findLogs(source: LogSource, filter: LogFilter, head: bigint): Iterable<FoundLog> {
  const wanted = bloomQuery(filter)
  for (let number = filter.fromBlock; number <= filter.toBlock && number <= head; number += 1n) {
    const bloom = source.bloom(number)
    if (bloom === undefined || !mayContain(bloom, wanted)) continue
    const stored = source.block(number)
    if (stored !== undefined) yield* logsOfBlock(stored, filter)
  }
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

/** Does a log pass the filter's addresses and topics? An absent or empty list of alternatives is a wildcard. */
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

/** Bit positions of every alternative; one alternative of each group must be wholly set. */
type BloomQuery = readonly (readonly (readonly number[])[])[]

function bloomQuery({ addresses, topics = [] }: LogFilter): BloomQuery {
  return [addresses ?? [], ...topics.map((group) => group ?? [])]
    .filter((group) => group.length > 0)
    .map((group) => group.map(bloomBits))
}

function mayContain(bloom: Uint8Array, query: BloomQuery): boolean {
  return query.every((group) => group.some((bits) => bits.every((bit) => isSet(bloom, bit))))
}

function isSet(bloom: Uint8Array, bit: number): boolean {
  return ((bloom[255 - (bit >> 3)] ?? 0) & (1 << (bit & 7))) !== 0
}

/** The three bits of an item: low 11 bits of the first three byte pairs of its hash (Yellow Paper 4.3.1). */
function bloomBits(item: Uint8Array): readonly number[] {
  const hash = keccak256(item)
  return [0, 2, 4].map((at) => (((hash[at] ?? 0) << 8) | (hash[at + 1] ?? 0)) & 0x7ff)
}
