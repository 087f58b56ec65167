import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { upfrontGas } from '../../precompiles/gas.ts'
import { createFixtureChain } from '../../scripts/fixtures/fixtureChain.ts'
import { mixedTransactions } from '../../scripts/fixtures/mixedBlock.ts'
import { createRandom, type Random } from '../../scripts/fixtures/random.ts'
import { runStatelessGuest } from '../../stateless/guest.ts'
import { decodeStatelessInput, RESULT_SIZE } from '../../stateless/ssz.ts'
import type { RunBlock } from '../../stateless/types.ts'
import { type Base, MUTATIONS } from './mutate.ts'
import { executeOf, FULL, MAX_GAS, timed, watchRejections } from './support.ts'

const CASES = FULL ? 5_000 : 1_000
const MAX_MS = 2_000
const SEED = 20_261_123

const KINDS = Object.keys(MUTATIONS)

/** What happened, for the last line. */
const report = { decoded: 0, executed: 0, valid: 0, codes: new Map<string, number>(), slowest: { ms: 0, kind: '' } }

describe(`${CASES} mutated inputs`, () => {
  const rejections = watchRejections()
  const random = createRandom(SEED)
  let bases: Base[]
  let runBlock: RunBlock

  beforeAll(async () => {
    const chain = await createFixtureChain()
    runBlock = chain.runBlock
    const inputs: Uint8Array[] = []
    for (const [count, seed] of [
      [0, 1],
      [30, 2],
      [3, 3],
      [35, 4],
    ] as const) {
      const { input } = await chain.seal(mixedTransactions(chain, count, seed))
      if (count > 0) inputs.push(input)
    }
    const parts = inputs.map((bytes) => ({ bytes, input: decodeStatelessInput(bytes) }))
    bases = parts.map((part, i) => ({ ...part, other: parts[(i + 1) % parts.length] ?? part }))
  })

  afterAll(async () => {
    await rejections.stop()
    expect(rejections.seen).toEqual([])
    const codes = [...report.codes].sort((a, b) => b[1] - a[1]).map(([code, count]) => `${code} ${count}`)
    const { decoded, executed, valid, slowest } = report
    console.log(
      `${CASES} cases: ${decoded} decoded, ${executed} ran in EXECUTE, ${valid} still valid; ` +
        `slowest ${slowest.ms.toFixed(0)} ms (${slowest.kind})\n${codes.join(', ')}`,
    )
  })

  test('43 bytes or a refusal, gas run within gas charged, none over two seconds', { timeout: 900_000 }, async () => {
    for (let i = 0; i < CASES; i++) {
      const kind = KINDS[i % KINDS.length] ?? ''
      const mutated = MUTATIONS[kind]?.(random.pick(bases), random)
      if (mutated === undefined) throw new Error(`no mutation ${kind}`)
      await judge(mutated, `case ${i} (${kind})`)
    }
  })

  async function judge(bytes: Uint8Array, name: string): Promise<void> {
    const { ms: verifyMs, result: run } = await timed(() => runStatelessGuest(bytes, { runBlock }))
    const gas = someGas(bytes.length, random)
    const { ms: executeMs, result: verdict } = await timed(() => executeOf(runBlock).execute(bytes, gas))
    note(name, Math.max(verifyMs, executeMs))

    expect(run.output.length, name).toBe(RESULT_SIZE)
    if (!run.decoded) return expect(verdict.ok, name).toBe(false)
    report.decoded++
    count(run.verification.valid ? 'VALID' : run.verification.reason.code)
    if (verdict.executedGas > 0n) report.executed++
    if (!verdict.ok) return expect(verdict.executedGas <= gas, name).toBe(true)
    report.valid++
    expect(run.verification.valid, name).toBe(true)
    expect(verdict.output, name).toEqual(run.output)
    expect(verdict.executedGas <= verdict.regularGas, name).toBe(true)
    expect(verdict.gasUsed <= gas, name).toBe(true)
  }
})

function note(kind: string, ms: number): void {
  if (ms > report.slowest.ms) report.slowest = { ms, kind }
  expect(ms, kind).toBeLessThan(MAX_MS)
}

const count = (code: string): void => void report.codes.set(code, (report.codes.get(code) ?? 0) + 1)

/** Nothing, just too little for the input, a little more, and from there up to more than a transaction can carry. */
function someGas(length: number, random: Random): bigint {
  const upfront = upfrontGas(length)
  const choices = [
    0n,
    upfront - 1n,
    upfront,
    upfront + BigInt(random.int(400_000)),
    upfront + 3_000_000n,
    MAX_GAS,
    30_000_000n,
  ]
  return random.oneIn(2) ? MAX_GAS : random.pick(choices)
}
