/**
 * EXECUTE of a mixed L2 block of 12 million regular gas beside the same verification by stock EthereumJS, block by block in
 * turns; its phases; and what it takes of the L1 block that a settlement of this size stands in.
 *
 * `--rounds N` (7; the first two do not count), `--ours` (without the library).
 */
import { parseArgs } from 'node:util'
import { createEngines } from '../bin/engines.ts'
import { machine, milliseconds, spreadOf } from '../load/statistics.ts'
import { NO_CACHE } from '../precompiles/cache.ts'
import { createExecute } from '../precompiles/execute.ts'
import type { ExecutePhase } from '../precompiles/types.ts'
import { createPauses } from '../rpc/slices.ts'
import { bytesEqual } from '../stateless/bytes.ts'
import { CHAIN_ID } from './blocks/benchGenesis.ts'
import { inputsOfRounds } from './blocks/inputsOfRounds.ts'
import { mixedBlock } from './blocks/mixedBlock.ts'
import { settlementShare } from './blocks/settlementShare.ts'
import { stockVerify } from './blocks/stockVerify.ts'
import { noteFigure } from './support/limits.ts'
import { silentLogger } from './support/silentLogger.ts'
import { timed } from './support/timed.ts'

const WARM_UPS = 2
/** What one L1 transaction can forward. */
const FORWARDED = 16_777_216n
const SLOT_MS = 12_000

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '7' }, ours: { type: 'boolean', default: false } },
})
const rounds = Number(values.rounds)
const median = (samples: readonly number[]): number => spreadOf(samples.slice(WARM_UPS)).median

const PHASES = [
  ['input copy and hash', ['input']],
  ['decode and bounds', ['decode', 'constraints', 'bounds']],
  ['request root', ['requestRoot']],
  ['headers, block hash, rules', ['headers', 'blockHash', 'rules']],
  ['witness hashing', ['witness']],
  ['transactions and senders', ['transactions']],
  ['execution', ['execution']],
  ['receipts, access list, state root', ['stateRoot']],
  ['comparison and output', ['results']],
] as const satisfies readonly (readonly [string, readonly ExecutePhase[]])[]

/** Sums processor time by phase while one execution runs. */
function createPhaseClock() {
  const sums = new Map<ExecutePhase, number>()
  let open: { phase: ExecutePhase; usage: NodeJS.CpuUsage } | undefined
  const close = () => {
    if (open === undefined) return
    const { user, system } = process.cpuUsage(open.usage)
    sums.set(open.phase, (sums.get(open.phase) ?? 0) + (user + system) / 1_000)
    open = undefined
  }
  return {
    begin(phase: ExecutePhase) {
      close()
      open = { phase, usage: process.cpuUsage() }
    },
    take(): number[] {
      close()
      const times = PHASES.map(([, names]) => names.reduce((sum, name) => sum + (sums.get(name) ?? 0), 0))
      sums.clear()
      return times
    },
  }
}

console.log(`${machine()}; median of ${rounds - WARM_UPS} blocks`)
const { inputs, regularGas, transactions } = await inputsOfRounds(mixedBlock, rounds + 1)
const engines = await createEngines(silentLogger)
const clock = createPhaseClock()
const { execute } = createExecute({
  runBlock: engines.ofChain(BigInt(CHAIN_ID)).runBlock,
  schedule: 'metered',
  cache: NO_CACHE,
  pause: createPauses(),
  onPhase: clock.begin,
})
const [ours, theirs, oursCpu, theirsCpu]: [number[], number[], number[], number[]] = [[], [], [], []]
const phases: number[][] = PHASES.map(() => [])
// The first: witnesses grow a little from round to round, and a transaction has 128 KiB at most.
const settled = inputs.shift()
for (const input of inputs) {
  const own = await timed(() => execute(input, FORWARDED))
  for (const [index, ms] of clock.take().entries()) phases[index]?.push(ms)
  if (!own.result.ok) throw new Error(`EXECUTE refuses: ${own.result.failure.code} ${own.result.failure.message}`)
  ours.push(own.wall)
  oursCpu.push(own.processor)
  if (values.ours) continue
  const stock = await timed(() => stockVerify(input))
  if (!bytesEqual(stock.result, own.result.output)) throw new Error('stock gives another result')
  theirs.push(stock.wall)
  theirsCpu.push(stock.processor)
}

const kib = spreadOf(inputs.slice(WARM_UPS).map((input) => input.length / 1_024))
console.log(
  `${mixedBlock.name}: ${transactions} transactions, ${(Number(regularGas) / 1e6).toFixed(2)} Mgas regular, input of ${kib.min.toFixed(0)} to ${kib.max.toFixed(0)} KiB`,
)
const own = median(ours)
console.log(`EXECUTE: ${milliseconds(own)}, ${milliseconds(median(oursCpu))} of processor`)
for (const [index, [name]] of PHASES.entries())
  console.log(`  ${name}: ${milliseconds(median(phases[index] ?? []))} of processor`)
if (!values.ours) {
  console.log(`stock: ${milliseconds(median(theirs))}, ${milliseconds(median(theirsCpu))} of processor`)
  noteFigure({ name: 'EXECUTE, stock / ours', value: median(theirs) / own, unit: 'x', atLeast: 3 })
  noteFigure({ name: 'EXECUTE, stock / ours, processor', value: median(theirsCpu) / median(oursCpu), unit: 'x' })
}
if (settled === undefined) throw new Error('no block to settle')
const { execute: inside, block, gasUsed, runs } = await settlementShare(settled, engines)
const millions = (Number(gasUsed) / 1e6).toFixed(2)
console.log(
  `on L1: a settlement of ${millions} Mgas, its block ${milliseconds(block.wall)}, ${milliseconds(block.processor)} of processor; ` +
    `EXECUTE ${milliseconds(inside.wall)}, ${milliseconds(inside.processor)} of processor (${runs} calls)`,
)
noteFigure({ name: 'EXECUTE within its L1 block', value: (100 * inside.wall) / block.wall, unit: '%' })
noteFigure({ name: 'EXECUTE of an L1 slot of 12 s, processor', value: (100 * inside.processor) / SLOT_MS, unit: '%' })
