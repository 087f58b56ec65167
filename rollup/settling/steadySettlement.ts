import type { L1Watcher } from '../l1/l1Watcher.ts'

/** Numbers of the newest settled block, and of the newest one that is settled and final. */
export type SettledAndFinal = { settled: bigint; final: bigint }

/** While L1 is being read again, and the records are short of what was settled, the answer stays what it was. */
export function createSteadySettlement(
  watcher: Pick<L1Watcher, 'inSync' | 'onChange'>,
  read: () => SettledAndFinal,
): () => SettledAndFinal {
  let known = read()
  const settlement = () => {
    if (watcher.inSync()) known = read()
    return known
  }
  watcher.onChange(settlement)
  return settlement
}
