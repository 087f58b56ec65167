/** A stream of random choices that a seed decides, so that every failure can be run again. */
export type Random = ReturnType<typeof createRandom>

/** mulberry32: 32 bits of state, which is enough for choices and no more than that. */
export function createRandom(seed: number) {
  let state = seed >>> 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const int = (limit: number): number => Math.floor(next() * limit)
  return {
    /** 0 to limit - 1 */
    int,
    /** from `low` to `high`, both included */
    between: (low: number, high: number): number => low + int(high - low + 1),
    chance: (probability: number): boolean => next() < probability,
    bytes: (length: number): Uint8Array => Uint8Array.from({ length }, () => int(256)),
    pick<T>(choices: readonly T[]): T {
      const choice = choices[int(choices.length)]
      if (choice === undefined) throw new Error('nothing to choose from')
      return choice
    },
    pickMaybe<T>(choices: readonly T[]): T | undefined {
      return choices[int(choices.length)]
    },
  }
}
