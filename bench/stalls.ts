/**
 * Which method makes others wait? Each of those that have much to do runs alone, several times, while another process asks
 * eth_blockNumber every 5 ms. Prints for each its own time, what the others waited, and the longest turn of the node's event
 * loop as seen from inside, by the clock and in processor time: only a turn that is long by both is the node's own.
 *
 * `--runs N`, `--only PATTERN` (cases whose name matches), `--profile DIR` (a CPU profile of the node).
 */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { machine, milliseconds, spreadOf } from '../load/statistics.ts'
import type { LongTurn } from './support/loopWatch.ts'
import type { ProbeAnswer, Sample } from './support/probe.ts'
import { type StallCase, stallCases } from './support/stallCases.ts'
import { buildStallChain } from './support/stallChain.ts'
import { startWatchedNode } from './support/watchedNode.ts'

const PROBE = fileURLToPath(new URL('./support/probe.js', import.meta.url))
const PROBE_EVERY_MS = '5'
/** before and after each run, so that answers to its last questions are in */
const MARGIN_MS = 100
const IDLE_MS = 3_000
const LIMIT_MS = 50

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '3' },
    only: { type: 'string', default: '' },
    profile: { type: 'string' },
  },
})
const runs = Number(values.runs)
const only = new RegExp(values.only)

type Span = { from: number; to: number }
type Measured = { name: string; spans: Span[]; turns: LongTurn[]; error?: string }

const clock = (): number => performance.timeOrigin + performance.now()
const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

async function measure({ name, run, before, after }: StallCase): Promise<Measured> {
  const measured: Measured = { name, spans: [], turns: [] }
  for (let count = 0; count < runs; count++) {
    await before?.()
    await wait(MARGIN_MS)
    await node.longTurns()
    const from = clock()
    try {
      await run()
    } catch (error) {
      measured.error = error instanceof Error ? error.message : String(error)
    }
    measured.spans.push({ from, to: clock() })
    measured.turns.push(...(await node.longTurns()))
    await wait(MARGIN_MS)
    await after?.()
  }
  console.error(`${name}: ${milliseconds(busiestOf(measured.turns))} busy`)
  return measured
}

/** The own processor time decides: a process that waits for a core has long turns without doing anything. */
const busiestOf = (turns: readonly LongTurn[]): number =>
  Math.max(0, ...turns.map(({ ms, cpuMs }) => Math.min(ms, cpuMs)))

const overlaps = (sample: Sample, { from, to }: Span): boolean => sample.at <= to && sample.at + sample.ms >= from

function report({ name, spans, turns, error }: Measured, samples: readonly Sample[]): boolean {
  const waits = samples.filter((sample) => spans.some((span) => overlaps(sample, span))).map(({ ms }) => ms)
  const own = spreadOf(spans.map(({ from, to }) => to - from))
  const waited = spreadOf(waits.length === 0 ? [0] : waits)
  const longest = turns.toSorted((a, b) => b.ms - a.ms)[0]
  const busiest = busiestOf(turns)
  const columns = [
    milliseconds(own.median),
    milliseconds(waited.median),
    milliseconds(waited.max),
    longest === undefined ? '-' : milliseconds(longest.ms),
    milliseconds(busiest),
  ]
  const isStall = busiest > LIMIT_MS
  console.log(
    `| ${name} | ${columns.join(' | ')} |${isStall ? ' STALLS' : ''}${error === undefined ? '' : ` ${error}`}`,
  )
  return isStall
}

const profile = values.profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${values.profile}`]
const node = await startWatchedNode(profile)
const chain = await buildStallChain(node.url)
const probe = fork(PROBE, [PROBE_EVERY_MS, node.url])
const answered = once(probe, 'message')
const idle: StallCase = { name: 'nothing', run: () => wait(IDLE_MS) }
const measured: Measured[] = []
for (const each of [idle, ...stallCases(chain), idle]) {
  const isWanted = each === idle || only.test(each.name)
  if (isWanted) measured.push(await measure(each))
  else await each.before?.()
}
probe.send('stop')
const { samples, failures } = ((await answered) as [ProbeAnswer])[0]
await node.stop()

console.log(`${machine()}; ${runs} runs each, ${failures} failures`)
console.log(
  '| what runs | its own time, median | others wait, median | others wait, longest | longest turn | of it busy |',
)
console.log('|---|---|---|---|---|---|')
const stalls = measured.filter((each) => report(each, samples[0] ?? [])).length
if (stalls > 0 || failures > 0) process.exitCode = 1
