import { giveWay, isTurnOver } from '../node/eventLoop.ts'

/**
 * For long work on the one thread that everybody shares: call the result between steps, it waits for the others' turn
 * whenever this turn's time is used up, and otherwise costs a look at the clock.
 */
export function createPauses(): () => Promise<void> | undefined {
  return () => (isTurnOver() ? giveWay() : undefined)
}

/** Array.map that lets others in between. */
export async function mapInSlices<Item, Result>(
  items: readonly Item[],
  map: (item: Item, index: number) => Result,
): Promise<Result[]> {
  const results: Result[] = []
  const pause = createPauses()
  for (const [index, item] of items.entries()) {
    results.push(map(item, index))
    const turn = pause()
    if (turn) await turn
  }
  return results
}
