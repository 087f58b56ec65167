import type { RollupDeployment } from '../../genesis/types.ts'
import type { Logger } from '../../node/types.ts'
import { hexToBytes } from '../../stateless/bytes.ts'
import { RollupError } from '../errors.ts'
import { type MetaStore, readRecord, writeRecord } from '../json.ts'
import type { ForcedRecord, L1MessageRecord, SettledBlock } from '../types.ts'
import { type AdvancedEvent, decodeL1Log, type ForcedEvent } from './l1Events.ts'
import { createForcedJournal, type ForcedBatch, type ForcedCounts } from './l1Forced.ts'
import type { L1Log } from './l1Types.ts'

type Hex = `0x${string}`

/** An L1 block that was read completely. */
export type ReadBlock = { number: bigint; hash: Hex; timestamp: bigint }

export type ClaimRecord = { index: bigint; l1Block: bigint; l1TxHash: Hex }
/** Where the records end: everything up to this L1 block is in them. */
type Cursor = ReadBlock & ForcedCounts & { rollup: Hex; messages: number; settled: bigint; claims: number }

/** Everything above one L1 block, each kind in the order of L1. */
export type RecordsAbove = {
  messages: readonly L1MessageRecord[]
  settled: readonly SettledBlock[]
  claims: readonly ClaimRecord[]
  forced: readonly ForcedRecord[]
}

/**
 * What the rollup's contracts said on L1, durable, in order, and cut back on reorgs. Entries are written first and the
 * cursor that counts them last, so that a crash in between only means reading a block again.
 */
export type L1Records = {
  /** `hash` is '0x' before the first block was read */
  cursor(): ReadBlock
  messages(): readonly L1MessageRecord[]
  settledHead(): SettledBlock | undefined
  settledAt(number: bigint): SettledBlock | undefined
  claimed(index: bigint): Hex | undefined
  pendingForced(): readonly ForcedRecord[]
  forcedBytes(id: bigint): Uint8Array | undefined
  /** the hash read at this height, from a ring of the last 8,192; possibly of an abandoned chain */
  rememberedHash(number: bigint): Hex | undefined
  above(l1Block: bigint): RecordsAbove
  /** adds the events up to `block`; throws RollupError BAD_L1_DATA for a sequence that no honest L1 can show */
  append(block: ReadBlock, logs: readonly L1Log[], timestamps: ReadonlyMap<Hex, bigint>): Promise<void>
  /** drops everything above an L1 block; undefined: everything */
  rewind(ancestor: ReadBlock | undefined): Promise<void>
}

export const HASH_RING = 8192n
const CURSOR_KEY = 'l1/cursor'

export function createL1Records(deployment: RollupDeployment, meta: MetaStore, logger: Logger): L1Records {
  const origin: Cursor = {
    rollup: deployment.l1.rollup,
    number: BigInt(deployment.deployBlock) - 1n,
    hash: '0x',
    timestamp: 0n,
    messages: 0,
    settled: 0n,
    claims: 0,
    forced: 0,
    resolutions: 0,
  }
  const stored = readRecord<Cursor>(meta, CURSOR_KEY)
  let cursor = stored?.rollup === deployment.l1.rollup && stored.forced !== undefined ? stored : origin
  const messages = readJournal<L1MessageRecord>(meta, 'message', cursor.messages)
  const claims = readJournal<ClaimRecord>(meta, 'claim', cursor.claims)
  const claimed = new Map(claims.map((claim) => [claim.index, claim.l1TxHash]))
  const forced = createForcedJournal(meta, cursor)

  const settledAt = (number: bigint): SettledBlock | undefined =>
    number > 0n && number <= cursor.settled ? readRecord<SettledBlock>(meta, `l1/settled/${number}`) : undefined

  /** the newest settled block that was settled in this L1 block or below; 0 before the first */
  function settledUpTo(l1Block: bigint): bigint {
    let number = cursor.settled
    while (number > 0n && (settledAt(number)?.l1Block ?? 0n) > l1Block) number -= 1n
    return number
  }

  return {
    cursor: () => cursor,
    messages: () => messages,
    settledHead: () => settledAt(cursor.settled),
    settledAt,
    claimed: (index) => claimed.get(index),
    pendingForced: forced.pending,
    forcedBytes: forced.bytes,
    rememberedHash(number) {
      const known = readRecord<{ number: bigint; hash: Hex }>(meta, `l1/block/${number % HASH_RING}`)
      return known?.number === number ? known.hash : undefined
    },
    above(l1Block) {
      const settled: SettledBlock[] = []
      for (let number = settledUpTo(l1Block) + 1n; number <= cursor.settled; number++) {
        const entry = settledAt(number)
        if (entry !== undefined) settled.push(entry)
      }
      return {
        messages: messages.slice(countUpTo(messages, l1Block)),
        settled,
        claims: claims.slice(countUpTo(claims, l1Block)),
        forced: forced.above(l1Block),
      }
    },
    async append({ number, hash, timestamp }, logs, timestamps) {
      const batch = collect(logs, timestamps, deployment)
      requireConsecutive(
        'message',
        messages.length,
        batch.messages.map((entry) => entry.message.index),
        batch.messages.map(({ l1TxHash }) => l1TxHash),
      )
      requireConsecutive(
        'settled block',
        Number(cursor.settled) + 1,
        batch.settled.map((entry) => entry.number),
        batch.settled.map(({ l1TxHash }) => l1TxHash),
      )
      requireUnclaimed(claimed, batch.claims)
      forced.check(batch)
      await writeJournal(meta, 'message', messages.length, batch.messages)
      await writeJournal(meta, 'claim', claims.length, batch.claims)
      await forced.write(batch)
      for (const entry of batch.settled) await writeRecord(meta, `l1/settled/${entry.number}`, entry)
      await writeRecord(meta, `l1/block/${number % HASH_RING}`, { number, hash })
      const counts = {
        messages: messages.length + batch.messages.length,
        settled: cursor.settled + BigInt(batch.settled.length),
        claims: claims.length + batch.claims.length,
        forced: cursor.forced + batch.forced.length,
        resolutions: cursor.resolutions + batch.resolutions.length,
      }
      const next = { rollup: deployment.l1.rollup, number, hash, timestamp, ...counts }
      await writeRecord(meta, CURSOR_KEY, next)
      cursor = next
      messages.push(...batch.messages)
      claims.push(...batch.claims)
      for (const claim of batch.claims) claimed.set(claim.index, claim.l1TxHash)
      forced.commit(batch)
      logBatch(logger, batch)
    },
    async rewind(ancestor = origin) {
      const counts = {
        messages: countUpTo(messages, ancestor.number),
        settled: settledUpTo(ancestor.number),
        claims: countUpTo(claims, ancestor.number),
        ...forced.countsUpTo(ancestor.number),
      }
      const { number, hash, timestamp } = ancestor
      const next = { rollup: deployment.l1.rollup, number, hash, timestamp, ...counts }
      await writeRecord(meta, CURSOR_KEY, next)
      cursor = next
      messages.length = counts.messages
      for (const claim of claims.splice(counts.claims)) claimed.delete(claim.index)
      forced.truncate(counts)
      logger.warn('L1 reorganised', { ancestor: number, ...counts })
    },
  }
}

type Batch = ForcedBatch & { messages: L1MessageRecord[]; settled: SettledBlock[]; claims: ClaimRecord[] }

function collect(logs: readonly L1Log[], timestamps: ReadonlyMap<Hex, bigint>, deployment: RollupDeployment): Batch {
  const batch: Batch = { messages: [], settled: [], claims: [], forced: [], resolutions: [] }
  for (const log of [...logs].sort(byPosition)) {
    const { blockNumber: l1Block, blockHash: l1BlockHash, transactionHash: l1TxHash } = log
    const event = decodeL1Log(log, deployment)
    if (event?.kind === 'message') batch.messages.push({ message: event.message, l1Block, l1BlockHash, l1TxHash })
    if (event?.kind === 'delivered') batch.claims.push({ index: event.index, l1Block, l1TxHash })
    if (event?.kind === 'advanced') batch.settled.push(toSettled(event, log, timeOf(log, timestamps)))
    if (event?.kind === 'forced') batch.forced.push(toForced(event, log, timeOf(log, timestamps)))
    if (event?.kind === 'resolved') batch.resolutions.push({ id: event.id, expired: event.expired, l1Block })
  }
  return batch
}

function timeOf(log: L1Log, timestamps: ReadonlyMap<Hex, bigint>): bigint {
  const timestamp = timestamps.get(log.blockHash)
  if (timestamp === undefined) throw new Error(`no timestamp was read for L1 block ${log.blockNumber}`)
  return timestamp
}

function toForced({ id, txHash, payer, signedTx }: ForcedEvent, log: L1Log, since: bigint): ForcedBatch['forced'][0] {
  const { blockNumber: l1Block, transactionHash: l1TxHash } = log
  return { id, txHash, payer, since, l1Block, l1TxHash, signedTx: hexToBytes(signedTx) }
}

function toSettled(event: AdvancedEvent, log: L1Log, l1Timestamp: bigint): SettledBlock {
  const { number, hash, stateRoot, anchorBlock } = event
  return { number, hash, stateRoot, anchorBlock, l1Block: log.blockNumber, l1TxHash: log.transactionHash, l1Timestamp }
}

function byPosition(a: L1Log, b: L1Log): number {
  if (a.blockNumber !== b.blockNumber) return a.blockNumber < b.blockNumber ? -1 : 1
  return Number(a.logIndex - b.logIndex)
}

function requireConsecutive(what: string, first: number, numbers: readonly bigint[], from: readonly Hex[]): void {
  for (const [offset, got] of numbers.entries()) {
    const due = BigInt(first + offset)
    const l1TxHash = from[offset]
    if (got !== due) {
      throw contradiction(`${what} ${got} where ${due} was due, in transaction ${l1TxHash}`, { got, due, l1TxHash })
    }
  }
}

function requireUnclaimed(claimed: ReadonlyMap<bigint, Hex>, batch: readonly ClaimRecord[]): void {
  const seen = new Set<bigint>()
  for (const { index } of batch) {
    if (claimed.has(index) || seen.has(index)) throw contradiction(`message ${index} delivered twice`, { index })
    seen.add(index)
  }
}

function readJournal<T>(meta: MetaStore, kind: string, count: number): T[] {
  return Array.from({ length: count }, (_, position) => {
    const entry = readRecord<T>(meta, `l1/${kind}/${position}`)
    if (entry === undefined) throw new Error(`the store lost L1 ${kind} ${position} of ${count}`)
    return entry
  })
}

async function writeJournal(meta: MetaStore, kind: string, from: number, entries: readonly unknown[]): Promise<void> {
  for (const [offset, entry] of entries.entries()) await writeRecord(meta, `l1/${kind}/${from + offset}`, entry)
}

function countUpTo(records: readonly { l1Block: bigint }[], l1Block: bigint): number {
  const firstAbove = records.findIndex((entry) => entry.l1Block > l1Block)
  return firstAbove === -1 ? records.length : firstAbove
}

function logBatch(logger: Logger, batch: Batch): void {
  for (const { message, l1Block } of batch.messages) logger.info('message on L1', { index: message.index, l1Block })
  for (const { number, l1Block } of batch.settled) logger.info('L2 block settled', { number, l1Block })
  for (const { id, txHash, l1Block } of batch.forced) logger.info('transaction forced on L1', { id, txHash, l1Block })
  for (const { id, expired } of batch.resolutions) {
    logger.info(expired ? 'a forced transaction expired' : 'a forced transaction is in a settled block', { id })
  }
  for (const { index, l1Block } of batch.claims) logger.info('withdrawal claimed on L1', { index, l1Block })
}

function contradiction(what: string, data: Record<string, unknown>): RollupError {
  return new RollupError('BAD_L1_DATA', `L1 contradicts itself: ${what}`, data)
}
