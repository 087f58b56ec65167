/**
 * Blocks through sealing, beside stock EthereumJS: the L1 node on disk takes transactions into its pool, builds, seals and
 * stores each block; then `runBlock` of the library runs the same block in memory. Prints medians and ratios.
 *
 * `--rounds N` (5; the first two do not count), `--only PATTERN`, `--fork cancun|amsterdam` (both), `--ours` (without the library).
 */
import { parseArgs } from 'node:util'
import { createEngines } from '../bin/engines.ts'
import { machine, milliseconds, spreadOf } from '../load/statistics.ts'
import { type BenchFork, benchGenesis } from './blocks/benchGenesis.ts'
import { openSealedChain, type SealedChain } from './blocks/sealedChain.ts'
import { openStockChain, type StockChain } from './blocks/stockChain.ts'
import {
  arithmetic,
  createSigner,
  freshSlots,
  hashing,
  tokenTransfers,
  transfers,
  type Workload,
} from './blocks/workloads.ts'
import { noteFigure } from './support/limits.ts'
import { silentLogger } from './support/silentLogger.ts'

const WARM_UPS = 2

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    only: { type: 'string', default: '' },
    fork: { type: 'string', default: '' },
    ours: { type: 'boolean', default: false },
  },
})
const rounds = Number(values.rounds)
const only = new RegExp(values.only)

type Limit = { workload: Workload; atLeast: number }

const WORKLOADS: readonly Limit[] = [
  { workload: transfers(500), atLeast: 5 },
  { workload: transfers(1_400), atLeast: 5 },
  { workload: tokenTransfers(500), atLeast: 2.5 },
  { workload: freshSlots(1_200), atLeast: 3 },
  { workload: arithmetic, atLeast: 1 },
  { workload: hashing, atLeast: 1 },
]

const median = (samples: readonly number[]): number => spreadOf(samples.slice(WARM_UPS)).median

type Chains = { ours: SealedChain; stock: StockChain | undefined; sign: ReturnType<typeof createSigner> }

async function measure({ workload, atLeast }: Limit, fork: BenchFork, { ours, stock, sign }: Chains): Promise<void> {
  const [pool, seal, total, theirs]: [number[], number[], number[], number[]] = [[], [], [], []]
  let gas = 0
  for (let round = 0; round < rounds; round++) {
    const { block, times } = await ours.seal(await sign(workload, round))
    pool.push(times.pool)
    seal.push(times.seal)
    total.push(times.total)
    gas = Number(block.header.gasUsed)
    if (stock !== undefined) theirs.push((await stock.run(block)).total)
  }
  const own = median(total)
  const other = theirs.length === 0 ? 0 : median(theirs)
  const parts = `pool ${milliseconds(median(pool))}, seal ${milliseconds(median(seal))}`
  const name = `${workload.name}, ${fork}`
  console.log(
    `${name}: stock ${milliseconds(other)}, ours ${milliseconds(own)} (${parts}), ${(gas / own / 1000).toFixed(1)} Mgas/s`,
  )
  if (stock !== undefined)
    noteFigure({ name: `${name}, stock runBlock / sealing`, value: other / own, unit: 'x', atLeast })
}

console.log(`${machine()}; median of ${rounds - WARM_UPS} blocks each`)
for (const fork of ['cancun', 'amsterdam'] as const) {
  if (values.fork !== '' && values.fork !== fork) continue
  const genesis = benchGenesis(fork)
  const ours = await openSealedChain(genesis, await createEngines(silentLogger), silentLogger)
  const stock = values.ours ? undefined : await openStockChain(genesis, fork, ours.genesis)
  const chains = { ours, stock, sign: createSigner() }
  for (const limit of WORKLOADS) if (only.test(limit.workload.name)) await measure(limit, fork, chains)
  await ours.close()
}
