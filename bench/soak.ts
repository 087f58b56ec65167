/**
 * Does the devnet's memory stay flat? Traffic on both chains as fast as it goes, until L1 has so many blocks: transfers,
 * tokens, deposits, withdrawals with their claims, reads, filters and subscriptions that come and go. Every 500 blocks it
 * prints resident memory, what is left after a collection, open handles and the size of the store; at the end how much
 * memory the process takes up and how much it grew after the first fifth.
 *
 * `--blocks N` (10,000), `--memory`: without a data directory, where the chain itself is in memory.
 */
import { EventEmitter, once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { ask } from '../load/ask.ts'
import { machine, spreadOf } from '../load/statistics.ts'
import { noteFigure } from './support/limits.ts'
import { MEMORY_EVENT, type Memory } from './support/memoryProbe.ts'
import { type BenchNode, startBenchNode } from './support/nodeProcess.ts'
import { bytesBelow, MIB, type Resident, residentMemory } from './support/processMemory.ts'
import { soakTraffic } from './support/soakTraffic.ts'

const PROBE = new URL('./support/memoryProbe.js', import.meta.url).href
const EVERY_BLOCKS = 500
/** Two samples after the warm-up in each quarter. */
const MIN_BLOCKS = 5_000
const LOOK_MS = 100
/** Caches and compiled code fill up first. */
const WARM_UP_SHARE = 0.2
const MAX_GROWTH_PERCENT = 25
/** What the process itself takes up at the end, without pages of mapped files. */
const MAX_OWN_MIB = 300

const { values } = parseArgs({
  options: { blocks: { type: 'string', default: '10000' }, memory: { type: 'boolean', default: false } },
})
const blocks = Number(values.blocks)
if (!(blocks >= MIN_BLOCKS)) throw new Error(`--blocks: at least ${MIN_BLOCKS}, or there is no growth to tell`)

/** `toSettle`: L2 blocks that L1 does not know yet. */
type Sample = { l1: number; l2: number; toSettle: number; store: number } & Resident & Memory
type Soaked = { node: BenchNode; folder: string; nextMemory(): Promise<Memory> }

async function soak(folder: string): Promise<Sample[]> {
  const probe = new EventEmitter()
  const node = await startBenchNode({
    argv: values.memory ? [] : ['--data-dir', folder],
    nodeFlags: ['--expose-gc', '--import', PROBE],
    onLog: (line) => {
      if (line.event === MEMORY_EVENT) probe.emit(MEMORY_EVENT, line)
    },
  })
  const nextMemory = async () => (await once(probe, MEMORY_EVENT))[0] as Memory
  const traffic = await soakTraffic(node)
  const stop = new AbortController()
  const work = Promise.all(traffic.map((load) => load.run(stop.signal)))
  const samples = await Promise.race([watch({ node, folder, nextMemory }), work.then(() => [])])
  stop.abort()
  await work
  for (const { name, done } of traffic) console.log(`${name}: ${done}`)
  await node.stop()
  return samples
}

/** Samples until L1 has all its blocks. */
async function watch(soaked: Soaked): Promise<Sample[]> {
  const samples: Sample[] = []
  for (let next = 0; ; next += EVERY_BLOCKS) {
    const l1 = await blockFrom(soaked.node.l1Url, Math.min(next, blocks))
    const taken = await sample(soaked, l1)
    console.log(rowOf(taken))
    samples.push(taken)
    if (l1 >= blocks) return samples
  }
}

async function blockFrom(url: string, wanted: number): Promise<number> {
  for (;;) {
    const number = Number(await ask<string>(url, 'eth_blockNumber', []))
    if (number >= wanted) return number
    await setTimeout(LOOK_MS)
  }
}

/** Resident memory before the collection, everything else after it. */
async function sample({ node, folder, nextMemory }: Soaked, l1: number): Promise<Sample> {
  const resident = residentMemory(node.pid)
  if (resident === undefined) throw new Error('memory is read from /proc, which this system does not have')
  const l2 = Number(await ask<string>(node.l2Url, 'eth_blockNumber', []))
  const { queue } = await ask<{ queue: { blocksToSettle: string } }>(node.l2Url, 'rollup_status', [])
  const answer = nextMemory()
  process.kill(node.pid, 'SIGUSR2')
  const memory = await answer
  const store = values.memory ? 0 : bytesBelow(folder)
  return { ...memory, ...resident, l1, l2, toSettle: Number(queue.blocksToSettle), store }
}

const mib = (bytes: number): string => (bytes / MIB).toFixed(1)

function rowOf(sample: Sample): string {
  const { l1, l2, toSettle, all, own, heapUsed, external, arrayBuffers, handles, store } = sample
  const cells = [
    l1,
    l2,
    toSettle,
    mib(all),
    mib(own),
    mib(heapUsed),
    mib(external),
    mib(arrayBuffers),
    handles,
    mib(store),
  ]
  return `| ${cells.join(' | ')} |`
}

/** What is resident in the last quarter, against the first quarter after the warm-up; both as medians. */
function growthPercent(samples: readonly Sample[]): number {
  const quarter = Math.ceil(samples.length / 4)
  const median = (part: readonly Sample[]) => spreadOf(part.map(({ own }) => own)).median
  return (median(samples.slice(-quarter)) / median(samples.slice(0, quarter)) - 1) * 100
}

/** MiB per 1,000 blocks of L1: the line through all samples that is nearest to them. */
function slope(samples: readonly Sample[], of: (sample: Sample) => number): number {
  const mean = (value: (sample: Sample) => number) => samples.reduce((sum, s) => sum + value(s), 0) / samples.length
  const [meanBlock, meanValue] = [mean(({ l1 }) => l1), mean(of)]
  const spread = mean(({ l1 }) => (l1 - meanBlock) ** 2)
  const shared = mean((s) => (s.l1 - meanBlock) * (of(s) - meanValue))
  return ((shared / spread) * 1_000) / MIB
}

function report(samples: readonly Sample[]): void {
  const warm = samples.filter(({ l1 }) => l1 >= blocks * WARM_UP_SHARE)
  const growth = { name: 'resident memory, growth after the warm-up', value: growthPercent(warm), unit: '%' }
  const atEnd = { name: 'resident memory at the end', value: (samples.at(-1)?.own ?? 0) / MIB, unit: 'MiB' }
  // In memory the chain is part of both, and grows.
  noteFigure(values.memory ? growth : { ...growth, below: MAX_GROWTH_PERCENT })
  noteFigure(values.memory ? atEnd : { ...atEnd, below: MAX_OWN_MIB })
  const perThousand = (name: string, of: (sample: Sample) => number) =>
    noteFigure({ name: `${name} per 1,000 blocks of L1`, value: slope(warm, of), unit: 'MiB' })
  perThousand('heap after a collection', ({ heapUsed }) => heapUsed)
  perThousand('array buffers', ({ arrayBuffers }) => arrayBuffers)
  perThousand('resident memory', ({ own }) => own)
  perThousand('resident memory with mapped files', ({ all }) => all)
}

const folder = mkdtempSync(join(tmpdir(), 'reenact-soak-'))
try {
  console.log(machine())
  console.log('| L1 | L2 | to settle | resident MiB | own | heap | external | array buffers | handles | store |')
  console.log('|---|---|---|---|---|---|---|---|---|---|')
  report(await soak(folder))
} finally {
  rmSync(folder, { recursive: true })
}
