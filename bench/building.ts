/**
 * Is building a block linear? Time per transaction of blocks of 125 to 2,000 transfers, through the producer of the L1 node:
 * candidates from the pool, run, sealed and stored. Sizes take turns. Beside it the library's BlockBuilder.
 *
 * `--rounds N` (9 blocks of each size; the first two do not count).
 */
import { parseArgs } from 'node:util'
import { createEngines } from '../bin/engines.ts'
import { machine, spreadOf } from '../load/statistics.ts'
import { benchGenesis } from './blocks/benchGenesis.ts'
import { openSealedChain } from './blocks/sealedChain.ts'
import { openStockChain } from './blocks/stockChain.ts'
import { signRounds, transfers, type Workload } from './blocks/workloads.ts'
import { noteFigure } from './support/limits.ts'
import { silentLogger } from './support/silentLogger.ts'

const SIZES = [125, 250, 500, 1_000, 2_000]
/** The library's builder takes minutes for more, and is no faster the second time. */
const STOCK_SIZES = [125, 250]
const STOCK_ROUNDS = 2
const WARM_UPS = 2

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '9' } } })

/** One round is a block of each size. */
function inTurns(sizes: readonly number[]): Workload {
  const calls = (block: number) => transfers(sizes[block % sizes.length] ?? 0).calls(block)
  return { name: 'transfers', calls }
}

/** Milliseconds per transaction of each size, the median of the rounds that count. */
async function measure(
  sizes: readonly number[],
  { rounds, warmUps }: { rounds: number; warmUps: number },
  build: (transactions: readonly Uint8Array[]) => Promise<number>,
): Promise<number[]> {
  const samples = sizes.map((): number[] => [])
  for (const [block, transactions] of (await signRounds(inTurns(sizes), rounds * sizes.length)).entries()) {
    samples[block % sizes.length]?.push((await build(transactions)) / transactions.length)
  }
  return samples.map((ofOne) => spreadOf(ofOne.slice(warmUps)).median)
}

const genesis = benchGenesis('cancun')
const chain = await openSealedChain(genesis, await createEngines(silentLogger), silentLogger)
const ours = await measure(
  SIZES,
  { rounds: Number(values.rounds), warmUps: WARM_UPS },
  async (transactions) => (await chain.seal(transactions)).times.seal,
)
const stock = await openStockChain(genesis, 'cancun', chain.genesis)
const theirs = await measure(STOCK_SIZES, { rounds: STOCK_ROUNDS, warmUps: 1 }, stock.build)
await chain.close()

console.log(`${machine()}\n\ntransactions  ours, µs each  BlockBuilder, µs each`)
const show = (value: number | undefined): string => (value === undefined ? '' : (value * 1_000).toFixed(0))
for (const [index, size] of SIZES.entries()) {
  console.log(`${`${size}`.padStart(12)}${show(ours[index]).padStart(15)}${show(theirs[index]).padStart(23)}`)
}
const perTransaction = (size: number): number => ours[SIZES.indexOf(size)] ?? Number.NaN
noteFigure({
  name: 'building: time per transaction, block of 1,000 / block of 125',
  value: perTransaction(1_000) / perTransaction(125),
  unit: 'x',
  below: 1.3,
})
noteFigure({
  name: 'building: time per transaction, block of 2,000 / block of 125',
  value: perTransaction(2_000) / perTransaction(125),
  unit: 'x',
})
