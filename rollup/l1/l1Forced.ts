import { RollupError } from '../errors.ts'
import { type MetaStore, readRecord, writeRecord } from '../json.ts'
import type { ForcedRecord } from '../types.ts'

/** What leaves the queue, in the order of L1. */
export type ForcedResolution = { id: bigint; expired: boolean; l1Block: bigint }
export type ForcedBatch = {
  forced: (ForcedRecord & { signedTx: Uint8Array })[]
  resolutions: ForcedResolution[]
}
/** How much of the journals counts. */
export type ForcedCounts = { forced: number; resolutions: number }

/**
 * The forced transactions of one rollup: two journals that only grow, one of entries and one of what became of them, so
 * that a reorg of L1 is undone by shortening both. The bytes of a transaction stay in the store.
 */
export type ForcedJournal = {
  counts(): ForcedCounts
  /** how much of the journals is older than an L1 block's successor */
  countsUpTo(l1Block: bigint): ForcedCounts
  pending(): readonly ForcedRecord[]
  /** entries of the L1 blocks above this one, whatever became of them */
  above(l1Block: bigint): readonly ForcedRecord[]
  bytes(id: bigint): Uint8Array | undefined
  /** throws RollupError BAD_L1_DATA when no honest L1 can show these after what is known */
  check(batch: ForcedBatch): void
  /** makes a checked batch durable; it counts from `commit` on */
  write(batch: ForcedBatch): Promise<void>
  commit(batch: ForcedBatch): void
  truncate(counts: ForcedCounts): void
}

export function createForcedJournal(meta: MetaStore, counts: ForcedCounts): ForcedJournal {
  const entries = readJournal<ForcedRecord>(meta, 'forced', counts.forced)
  const resolutions = readJournal<ForcedResolution>(meta, 'forced/resolution', counts.resolutions)
  const resolved = new Set(resolutions.map(({ id }) => id))
  let pending: readonly ForcedRecord[] | undefined

  return {
    counts: () => ({ forced: entries.length, resolutions: resolutions.length }),
    countsUpTo: (l1Block) => ({
      forced: entries.filter((entry) => entry.l1Block <= l1Block).length,
      resolutions: resolutions.filter((entry) => entry.l1Block <= l1Block).length,
    }),
    pending() {
      pending ??= entries.filter(({ id }) => !resolved.has(id))
      return pending
    },
    above: (l1Block) => entries.filter((entry) => entry.l1Block > l1Block),
    bytes(id) {
      if (id >= BigInt(entries.length)) return undefined
      return meta.getMeta(bytesKey(id))
    },
    check(batch) {
      const end = BigInt(entries.length + batch.forced.length)
      for (const [offset, { id }] of batch.forced.entries()) {
        const due = BigInt(entries.length + offset)
        if (id !== due) throw contradiction(`forced transaction ${id} where ${due} was due`, { got: id, due })
      }
      const seen = new Set<bigint>()
      for (const { id } of batch.resolutions) {
        if (id >= end) throw contradiction(`an end of forced transaction ${id}, which nobody forced`, { id })
        if (resolved.has(id) || seen.has(id)) throw contradiction(`forced transaction ${id} ended twice`, { id })
        seen.add(id)
      }
    },
    async write(batch) {
      for (const [offset, { signedTx, ...entry }] of batch.forced.entries()) {
        await meta.putMeta(bytesKey(entry.id), signedTx)
        await writeRecord(meta, `l1/forced/${entries.length + offset}`, entry)
      }
      for (const [offset, entry] of batch.resolutions.entries()) {
        await writeRecord(meta, `l1/forced/resolution/${resolutions.length + offset}`, entry)
      }
    },
    commit(batch) {
      entries.push(...batch.forced.map(({ signedTx: _, ...entry }) => entry))
      resolutions.push(...batch.resolutions)
      for (const { id } of batch.resolutions) resolved.add(id)
      if (batch.forced.length + batch.resolutions.length > 0) pending = undefined
    },
    truncate(next) {
      entries.length = next.forced
      for (const { id } of resolutions.splice(next.resolutions)) resolved.delete(id)
      pending = undefined
    },
  }
}

const bytesKey = (id: bigint): string => `l1/forced/bytes/${id}`

function readJournal<T>(meta: MetaStore, kind: string, count: number): T[] {
  return Array.from({ length: count }, (_, position) => {
    const entry = readRecord<T>(meta, `l1/${kind}/${position}`)
    if (entry === undefined) throw new Error(`the store lost L1 ${kind} ${position} of ${count}`)
    return entry
  })
}

function contradiction(what: string, data: Record<string, unknown>): RollupError {
  return new RollupError('BAD_L1_DATA', `L1 contradicts itself: ${what}`, data)
}
