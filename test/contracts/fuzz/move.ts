import type { Side } from './calls.ts'
import type { Random } from './random.ts'
import type { World } from './world.ts'

/** One step of a sequence; `weight` is how often it is chosen. */
export type Move = { weight: number; run(world: World, random: Random): Promise<void> }

/** A move that is the same on both chains. */
export const bothSides = (weight: number, run: (world: World, side: Side, random: Random) => Promise<void>): Move => ({
  weight,
  run: (world, random) => run(world, random.chance(0.5) ? 'l1' : 'l2', random),
})
