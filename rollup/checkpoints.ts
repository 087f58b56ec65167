import type { L1View, SettledBlock } from './types.ts'

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
    const head = view.settledHead()
    if (head === undefined) return undefined
    if (last === undefined) return view.settledAt(1n)
    const due = last.l1Timestamp + interval
    if (head.l1Timestamp < due) return undefined
    // the first block settled at `due` or later: above `low`, at most `high`
    let low = last.number
    let high = head.number
    while (high - low > 1n) {
      const middle = (low + high) / 2n
      if ((view.settledAt(middle)?.l1Timestamp ?? due) < due) low = middle
      else high = middle
    }
    return view.settledAt(high)
  }

  return () => {
    // what a reorg of L1 took away is at the end
    for (let last = known.at(-1); last !== undefined && !isCurrent(last); last = known.at(-1)) known.pop()
    for (let found = next(); found !== undefined; found = next()) known.push(found)
    return known
  }
}
