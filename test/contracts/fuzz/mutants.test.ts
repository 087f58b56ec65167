import { beforeAll, describe, expect, it } from 'vitest'
import { MUTANTS, sabotage } from './mutants.ts'
import { breaks, sequence } from './sequence.ts'
import { type Artifacts, compileWorld, createWorld } from './world.ts'

const FULL = process.env.REENACT_FULL === '1'
/** Most show within the 2,000 calls of the sample; two need a coincidence of gas or of messages. */
const CALLS = 8_000
/** Compiling takes seconds, so the rest is for the full run. */
const SAMPLE = ['the escrow is not capped', 'fees are not counted']

describe('the invariants notice', () => {
  let artifacts: Artifacts
  beforeAll(() => {
    artifacts = compileWorld()
  }, 120_000)

  it.each(MUTANTS.filter(({ name }) => FULL || SAMPLE.includes(name)))(
    '$name',
    async (mutant) => {
      const world = await createWorld(artifacts, { finalityDelay: 300n }, sabotage(mutant))
      let calls = 0
      for (let seed = 1; calls < CALLS; seed++) {
        const violation = await breaks(world, sequence(seed, 200))
        if (violation !== undefined) return
        calls += world.calls
      }
      expect.unreachable(`${calls} calls without a violation`)
    },
    120_000,
  )
})
