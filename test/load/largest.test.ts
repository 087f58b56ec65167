import { describe, expect, it } from 'vitest'
import { type Known, nextSize } from '../../load/largest.ts'

/** A block that takes so much of two limits. */
const fits = (n: number, calldata: number, regularGas = 0) => ({
  n,
  fill: { calldata, regularGas, executionGas: 0, blockGas: 0 },
})
const known = (fitting: Known['fitting'], more: Partial<Known> = {}): Known => ({
  fitting,
  tooMany: Number.POSITIVE_INFINITY,
  held: 0,
  guesses: fitting.length,
  ...more,
})
const THREE = [fits(1, 0.11), fits(4, 0.14), fits(16, 0.26)]

describe('the next size of a block to try', () => {
  it.each<[string, Known, number]>([
    ['begins with one', known([]), 1],
    ['goes on with the first sizes', known(THREE.slice(0, 2)), 16],
    ['follows the line of the limit that is reached first', known(THREE), 16 + 74],
    ['of any limit', known([fits(4, 0.1), fits(14, 0.1, 0.25), fits(16, 0.1, 0.5)]), 16 + 4],
    ['does not go beyond eight times what is known', known([fits(1, 0.1), fits(4, 0.1), fits(16, 0.11)]), 128],
    ['tries at least one more', known([fits(1, 0.5), fits(4, 0.7), fits(16, 1)]), 17],
    ['stays below what was too many', known(THREE, { tooMany: 60 }), 59],
    ['takes what a block held of them', known(THREE, { tooMany: 60, held: 41 }), 41],
    ['and then one more', known([...THREE, fits(41, 0.5)], { tooMany: 60, held: 41 }), 42],
    ['also when a first size was too many', known(THREE.slice(0, 2), { tooMany: 16, held: 9 }), 9],
    ['halves the gap when too little is known', known(THREE.slice(0, 1), { tooMany: 4, held: 0 }), 2],
    ['halves the gap when guessing does not end', known(THREE, { tooMany: 60, guesses: 20 }), 38],
  ])('%s', (_, state, size) => {
    expect(nextSize(state)).toBe(size)
  })
})
