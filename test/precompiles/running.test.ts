import { beforeAll, describe, expect, test } from 'vitest'
import { createExecutionCache, NO_CACHE } from '../../precompiles/cache.ts'
import { createExecute, type Execute } from '../../precompiles/execute.ts'
import { executeGas } from '../../precompiles/gas.ts'
import type { ExecuteVerdict, ExecutionCache } from '../../precompiles/types.ts'
import { InvalidBlock } from '../../stateless/errors.ts'
import { encodeStatelessInput } from '../../stateless/ssz.ts'
import type { RunBlock } from '../../stateless/types.ts'
import { createTestL2, type TestL2 } from '../stateless/l2.ts'
import { reseal } from '../stateless/reseal.ts'
import { watchRejections } from '../verify/support.ts'

const PLENTY = 16_000_000n

let l2: TestL2
let valid: Uint8Array
let invalid: Uint8Array
let price: bigint
beforeAll(async () => {
  l2 = await createTestL2()
  const { input, regularGas } = await l2.build([await l2.sign(0, { to: `0x${'fe'.repeat(20)}`, value: 1n })])
  valid = encodeStatelessInput(input)
  invalid = encodeStatelessInput(reseal(input, { payload: { stateRoot: new Uint8Array(32) } }))
  price = executeGas(valid.length, regularGas)
})

/** EXECUTE whose runs of blocks are counted; `before` happens in each, with its index. */
function counted(
  before: (run: number) => void = () => {},
  cache: ExecutionCache = createExecutionCache({ maxEntries: 8 }),
): Execute & { runs: () => number } {
  let runs = 0
  const runBlock: RunBlock = async (request) => {
    const index = runs++
    // The others have come by then.
    await new Promise((resolve) => setImmediate(resolve))
    before(index)
    return l2.engine.runBlock(request)
  }
  return { ...createExecute({ runBlock, schedule: 'metered', cache }), runs: () => runs }
}

const words = (verdict: ExecuteVerdict) =>
  verdict.ok ? `ok, ${verdict.gasUsed}` : `${verdict.failure.stage}:${verdict.failure.code}`

describe('calls of the same input at the same time', () => {
  test('run it once, and each has an output of its own', async () => {
    const { execute, runs } = counted()
    const [first, second, third] = await Promise.all([1n, 2n, 0n].map((more) => execute(valid, PLENTY + more)))
    expect(runs()).toBe(1)
    if (!first?.ok || !second?.ok || !third?.ok) throw new Error('refused')
    expect([second.gasUsed, third.gasUsed]).toEqual([price, price])
    expect(second.output).toEqual(first.output)
    expect([first.executedGas > 0n, second.executedGas, third.executedGas]).toEqual([true, 0n, 0n])
    first.output.fill(0)
    second.output.fill(0)
    expect(third.output.some((byte) => byte !== 0)).toBe(true)
    expect(await execute(valid, PLENTY)).toMatchObject({ ok: true, output: third.output })
    expect(runs()).toBe(1)
  })

  test('hear of the same fault', async () => {
    const { execute, runs } = counted()
    const verdicts = await Promise.all([execute(invalid, PLENTY), execute(invalid, PLENTY)])
    expect(verdicts.map(words)).toEqual(Array(2).fill('validation:STATE_ROOT_MISMATCH'))
    expect(verdicts[0]).toMatchObject({ failure: { data: { computed: expect.any(Uint8Array) } } })
    expect(runs()).toBe(1)
  })

  test('each is held to its own gas', async () => {
    const { execute, runs } = counted()
    const verdicts = await Promise.all([PLENTY, price, price - 1n, 100n].map((gas) => execute(valid, gas)))
    expect(verdicts.map(words)).toEqual([`ok, ${price}`, `ok, ${price}`, 'metering:OVER_BUDGET', 'gas:OUT_OF_GAS'])
    expect(runs()).toBe(1)
  })

  test('a first one with too little gas decides for those with less; one of the others runs it again', async () => {
    const { execute, runs } = counted()
    const gas = [price - 1n, price - 2n, price, PLENTY]
    const verdicts = await Promise.all(gas.map((each) => execute(valid, each)))
    const over = 'metering:OVER_BUDGET'
    expect(verdicts.map(words)).toEqual([over, over, `ok, ${price}`, `ok, ${price}`])
    expect(runs()).toBe(2)
  })

  test('a first one that fails by a bug of ours fails alone', async () => {
    const rejections = watchRejections()
    const { execute, runs } = counted((run) => {
      if (run === 0) throw new Error('a bug')
    })
    const settled = await Promise.allSettled([1, 2, 3].map(() => execute(valid, PLENTY)))
    expect(settled.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'fulfilled'])
    expect(runs()).toBe(2)
    await rejections.stop()
    expect(rejections.seen).toEqual([])
  })

  test('what may be a failure of the moment is not shared', async () => {
    const { execute, runs } = counted((run) => {
      if (run === 0) throw new InvalidBlock('EXECUTION_FAILED', 'odd')
    })
    const verdicts = await Promise.all([execute(valid, PLENTY), execute(valid, PLENTY)])
    expect(verdicts.map(words)).toEqual(['validation:EXECUTION_FAILED', `ok, ${price}`])
    expect(runs()).toBe(2)
  })

  test('other inputs do not wait for it', async () => {
    const { execute, runs } = counted()
    await Promise.all([execute(valid, PLENTY), execute(invalid, PLENTY)])
    expect(runs()).toBe(2)
  })

  test('without a cache each does its own work', async () => {
    const rejections = watchRejections()
    const { execute, runs } = counted((run) => {
      if (run === 2) throw new Error('a bug')
    }, NO_CACHE)
    const settled = await Promise.allSettled([1, 2, 3].map(() => execute(valid, PLENTY)))
    expect(settled.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected'])
    expect(runs()).toBe(3)
    await rejections.stop()
    expect(rejections.seen).toEqual([])
  })
})
