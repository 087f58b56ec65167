import type { L1View, SettledBlock } from '../types.ts'
import { newestSettledWhere } from './settledSearch.ts'

/** contracts/l1/NativeRollup.sol::CHECKPOINT_INTERVAL: a 16th of the finality delay, 60 seconds at least */
const PER_DELAY = 16n
const SHORTEST_INTERVAL = 60n

/**
 * The settled blocks whose state roots L1 keeps for ever, oldest first: block 1, then the first one that was settled an
 * interval after the last. They follow from the times of settlement, so that nothing more has to be read from L1; none
 * when finality is not delayed.
 */
export function createCheckpoints(
  view: Pick<L1View, 'settledHead' | 'settledAt'>,
  finalityDelay: bigint,
): () => readonly SettledBlock[] {
  if (finalityDelay === 0n) return () => []
  const interval = finalityDelay / PER_DELAY < SHORTEST_INTERVAL ? SHORTEST_INTERVAL : finalityDelay / PER_DELAY
  const known: SettledBlock[] = []

  const isCurrent = (checkpoint: SettledBlock): boolean =>
    view.settledAt(checkpoint.number)?.l1TxHash === checkpoint.l1TxHash

  function next(): SettledBlock | undefined {
    const last = known.at(-1)
    if (last === undefined) return view.settledAt(1n)
    const due = last.l1Timestamp + interval
    const before = newestSettledWhere(view, ({ l1Timestamp }) => l1Timestamp < due)
    return before === undefined ? undefined : view.settledAt(before.number + 1n)
  }

  return () => {
    // what a reorg of L1 took away is at the end
    for (let last = known.at(-1); last !== undefined && !isCurrent(last); last = known.at(-1)) known.pop()
    for (let found = next(); found !== undefined; found = next()) known.push(found)
    return known
  }
}
