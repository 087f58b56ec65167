import { hexToBytes } from '../../stateless/bytes.ts'
import type { AdvanceCheck, AdvanceFacts, ForcedEntry, RollupRules, RollupStorage } from './advanceTypes.ts'
import { badLayout } from './layoutChecks.ts'
import { type Found, findTransaction } from './transactionList.ts'

type Hex = `0x${string}`
type Queue = RollupStorage['queue']

/** contracts/lib/ForcedQueue.sol: entries dealt with in one call, dropped for one block, and passed by in search of the oldest */
const QUEUE_STEPS = 8
const QUEUE_DROPS = 4
export const OVERDUE_STEPS = 32

const ZERO_HASH: Hex = `0x${'00'.repeat(32)}`
const NO_ENTRY: ForcedEntry = { txHash: ZERO_HASH, since: 0n, length: 0 }

/** Why the queue opens the rollup to everybody (`_isForcedOverdue`); undefined: it does not. */
export function overdueForced({ forcedDeadline }: RollupRules, queue: Queue, now: bigint): string | undefined {
  for (let id = queue.head; id < queue.head + BigInt(OVERDUE_STEPS); id++) {
    if (id === queue.tail) return undefined
    const { txHash, since } = queue.entries.get(id) ?? NO_ENTRY
    if (txHash === ZERO_HASH) continue
    return now >= since + forcedDeadline ? `forced transaction ${id} is overdue` : undefined
  }
  return `more than ${OVERDUE_STEPS} resolved entries hide the oldest forced transaction`
}

/** The contract's work on its queue behind EXECUTE. What one block resolves or drops is gone for the next. */
export type ForcedChecks = {
  /** `_resolveNamed` */
  named(input: Uint8Array): AdvanceCheck[]
  /** `_resolveOldest`, whose rows are ok whatever they find */
  oldest(input: Uint8Array): AdvanceCheck[]
}

export function createForcedChecks({ call, rules, storage, l1 }: AdvanceFacts): ForcedChecks {
  const entries = new Map(storage.queue.entries)
  const { tail } = storage.queue
  let { head } = storage.queue
  let steps = QUEUE_STEPS
  const entryOf = (id: bigint) => entries.get(id) ?? NO_ENTRY
  const resolve = (id: bigint) => void entries.set(id, { ...entryOf(id), txHash: ZERO_HASH })

  function named(input: Uint8Array): AdvanceCheck[] {
    const rows: AdvanceCheck[] = []
    let position = 0
    for (const id of call.ids) {
      const missing = `NativeRollup_ForcedTxMissing(${id})`
      const { txHash, length } = entryOf(id)
      const exists = { ...existence(id, tail), error: missing }
      if (!exists.ok) return [...rows, exists]
      if (txHash === ZERO_HASH) {
        rows.push({ ...exists, note: 'resolved or dropped before: passed by' })
        continue
      }
      let found = findTransaction(input, position, hexToBytes(txHash), length)
      if (found === 'not found' && position !== 0) found = findTransaction(input, 0, hexToBytes(txHash), length)
      rows.push(exists, ...contained(id, txHash, found, missing))
      if (typeof found === 'string' || 'misplaced' in found) return rows
      resolve(id)
      position = found.index
    }
    return rows
  }

  function oldest(input: Uint8Array): AdvanceCheck[] {
    const rows: AdvanceCheck[] = []
    let drops = 0
    let position = 0
    for (; steps !== 0 && head !== tail; steps--, head++) {
      const id = head
      const { txHash, since, length } = entryOf(id)
      if (txHash === ZERO_HASH) {
        rows.push(passing(id, txHash, txHash, 'resolved or dropped before: passed by'))
      } else if (l1.timestamp >= since + rules.forcedExpiry) {
        if (drops++ === QUEUE_DROPS)
          return [...rows, passing(id, txHash, txHash, 'expired; dropped with a later block')]
        rows.push(passing(id, txHash, txHash, 'expired: dropped'))
        entries.delete(id)
      } else {
        const found = findTransaction(input, position, hexToBytes(txHash), length)
        if (found === 'not found') return [...rows, passing(id, txHash, ZERO_HASH, 'not in the block: stays')]
        if ('misplaced' in found) return [...rows, ...contained(id, txHash, found)]
        rows.push(passing(id, txHash, txHash, 'in the block: resolved'))
        resolve(id)
        position = found.index
      }
    }
    return rows
  }

  return { named, oldest }
}

function existence(id: bigint, tail: bigint): AdvanceCheck {
  return {
    check: 'named forced transaction exists',
    field: `forced[${id}]`,
    source: 'storage',
    relation: 'below',
    expected: toHex(tail),
    actual: toHex(id),
    ok: id < tail,
  }
}

/** A list whose offsets lead out of it is refused before anything is found in it; EXECUTE accepts no such input. */
function contained(id: bigint, txHash: Hex, found: Found, missing?: string): AdvanceCheck[] {
  const common = { field: `forced[${id}]`, source: 'storage', relation: 'equal', expected: txHash } as const
  if (typeof found === 'object' && 'misplaced' in found) {
    const check = 'offsets of the transactions stay in their list'
    return [{ check, ...common, actual: ZERO_HASH, ok: false, error: badLayout(found.misplaced) }]
  }
  const ok = found !== 'not found'
  const check = 'the block contains the named forced transaction'
  const row = { check, ...common, actual: ok ? txHash : ZERO_HASH, ok }
  return [missing === undefined ? row : { ...row, error: missing }]
}

/** A row of what the contract looks at and never refuses. */
function passing(id: bigint, expected: Hex, actual: Hex, note: string): AdvanceCheck {
  const check = 'oldest forced transactions'
  return { check, field: `forced[${id}]`, source: 'storage', relation: 'equal', expected, actual, ok: true, note }
}

const toHex = (value: bigint): Hex => `0x${value.toString(16)}`
