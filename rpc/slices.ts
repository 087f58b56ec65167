const SLICE_MS = 10

/** Lets timers and sockets run. Awaiting a settled promise would not. */
export function nextMacrotask(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

/**
 * For long work on the one thread that everybody shares: call the result between steps, it waits for the others' turn
 * whenever 10 ms have gone by, and otherwise costs a look at the clock.
 */
export function createPauses(): () => Promise<void> | undefined {
  let sliceStart = performance.now()
  return () => {
    if (performance.now() - sliceStart < SLICE_MS) return undefined
    return nextMacrotask().then(() => {
      sliceStart = performance.now()
    })
  }
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
