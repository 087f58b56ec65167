/**
 * Blocks crafted to be expensive for their gas, through EXECUTE: processor milliseconds per million of regular gas, and how
 * many times that is the price of plain arithmetic. Run after a build: `node dist/bench/hostile.js [NAME...]`; with names
 * only the cases whose name starts with one of them. Precompiles have a bench of their own.
 */
import { NO_CACHE } from '../precompiles/cache.ts'
import { createExecute } from '../precompiles/execute.ts'
import { createFixtureChain, fixtureGenesis } from '../scripts/fixtures/fixtureChain.ts'
import { type HostileCase, hostileCases } from './support/hostileCases.ts'

/** What one L1 transaction can forward, and what the block of a case aims at. */
const FORWARDED = 16_777_216n
const TARGET = 12_000_000n
const ROUNDS = 2

type Measured = { name: string; regularGas: bigint; inputBytes: number; ms: number; perMgas: number }

async function measure({ name, alloc, block }: HostileCase): Promise<Measured> {
  const chain = await createFixtureChain(fixtureGenesis(alloc))
  const { input } = await chain.seal(block(chain, TARGET))
  const { execute } = createExecute({ runBlock: chain.runBlock, schedule: 'metered', cache: NO_CACHE })
  let ms = Number.POSITIVE_INFINITY
  let regularGas = 0n
  for (let i = 0; i < ROUNDS; i++) {
    const start = process.cpuUsage()
    const verdict = await execute(input, FORWARDED)
    const { user, system } = process.cpuUsage(start)
    if (!verdict.ok) throw new Error(`${name}: ${verdict.failure.code} ${verdict.failure.message}`)
    regularGas = verdict.regularGas
    ms = Math.min(ms, (user + system) / 1_000)
  }
  return { name, regularGas, inputBytes: input.length, ms, perMgas: ms / (Number(regularGas) / 1e6) }
}

const wanted = process.argv.slice(2)
const cases = hostileCases()
const chosen = cases.filter(
  ({ name }, i) => i === 0 || wanted.length === 0 || wanted.some((prefix) => name.startsWith(prefix)),
)
const results: Measured[] = []
for (const hostile of chosen) {
  const result = await measure(hostile)
  results.push(result)
  const base = results[0]?.perMgas ?? 1
  console.log(
    `${result.name.padEnd(44)} R ${(Number(result.regularGas) / 1e6).toFixed(1).padStart(5)}M  ` +
      `input ${(result.inputBytes / 1024).toFixed(0).padStart(4)} KB  ${result.ms.toFixed(0).padStart(6)} ms  ` +
      `${result.perMgas.toFixed(1).padStart(7)} ms/Mgas  ${(result.perMgas / base).toFixed(1).padStart(5)}x`,
  )
}
const mean = results.reduce((sum, { perMgas }) => sum + perMgas, 0) / results.length
const worst = results.reduce((a, b) => (b.perMgas > a.perMgas ? b : a))
console.log(
  `${results.length} cases: ${mean.toFixed(1)} ms/Mgas on average; worst ${worst.name}: ${worst.perMgas.toFixed(1)} ms/Mgas, ` +
    `${(worst.perMgas / mean).toFixed(1)} times that; a full EXECUTE of it ${((worst.perMgas * Number(FORWARDED)) / 1e6).toFixed(0)} ms`,
)
