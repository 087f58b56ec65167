import { describe, expect, test } from 'vitest'
import { hostileCases } from '../../bench/support/hostileCases.ts'
import { createFixtureChain, fixtureGenesis } from '../../scripts/fixtures/fixtureChain.ts'
import { onReference } from '../execution/support.ts'
import { executeOf, FULL, timed } from './support.ts'

/** Regular gas of each block: a sample, or as much as a settlement carries. */
const GAS = FULL ? 12_000_000n : 1_000_000n
/** The library looks for jump destinations anew in every frame: on its paths a block takes as long as it takes. */
const MAX_MS = onReference ? Number.POSITIVE_INFINITY : 2_000

describe('blocks crafted to be expensive for their gas', () => {
  test.for(hostileCases())('$name', async ({ name, alloc, block }, { skip }) => {
    skip(onReference && name.endsWith('of PUSH1'), 'the library decodes all constants of the code anew in every frame')
    const chain = await createFixtureChain(fixtureGenesis(alloc))
    const { input } = await chain.seal(block(chain, GAS))
    const { execute } = executeOf(chain.runBlock)
    const { ms, result: free } = await timed(() => execute(input, 30_000_000n))
    if (!free.ok) throw new Error(free.failure.message)
    expect(ms).toBeLessThan(MAX_MS)
    expect(free.executedGas).toBeLessThanOrEqual(free.regularGas)

    expect(await execute(input, free.gasUsed)).toMatchObject({ ok: true, gasUsed: free.gasUsed, output: free.output })
    for (const gas of [free.gasUsed - 1n, free.gasUsed - free.regularGas / 2n]) {
      const short = await execute(input, gas)
      expect(short.ok).toBe(false)
      expect(short.executedGas).toBeLessThanOrEqual(gas - (free.gasUsed - free.regularGas))
    }
  })
})
