import { milliseconds, type Spread, spreadOf } from '../../load/statistics.ts'
import { type BenchNode, startBenchNode } from './nodeProcess.ts'
import { residentMemory } from './processMemory.ts'

export type Starts = {
  ready: Spread
  l1Answer: Spread
  l2Answer: Spread
  /** until the later of the two */
  bothAnswers: Spread
  /** bytes as soon as both have answered; absent where the system does not tell */
  resident?: Spread
}

/** Spawns the devnet command `runs` times, one after another; milliseconds until the ready line and the first answers. */
export async function measureStarts(runs: number): Promise<Starts> {
  const times: BenchNode['startTimes'][] = []
  const resident: number[] = []
  for (let run = 0; run < runs; run++) {
    const node = await startBenchNode()
    times.push(node.startTimes)
    resident.push(...[residentMemory(node.pid)?.all ?? []].flat())
    await node.stop()
  }
  return {
    ready: spreadOf(times.map(({ ready }) => ready)),
    l1Answer: spreadOf(times.map(({ l1Answer }) => l1Answer)),
    l2Answer: spreadOf(times.map(({ l2Answer }) => l2Answer)),
    bothAnswers: spreadOf(times.map(({ l1Answer, l2Answer }) => Math.max(l1Answer, l2Answer))),
    ...(resident.length === 0 ? {} : { resident: spreadOf(resident) }),
  }
}

/** `name: median 480 ms, min 470 ms, max 500 ms` */
export function spreadLine(name: string, { median, min, max, count }: Spread): string {
  const figures = `median ${milliseconds(median)}, min ${milliseconds(min)}, max ${milliseconds(max)}`
  return `${name}: ${figures} (${count} runs)`
}

/** One line, and a failing exit code when the median misses its limit. */
export function requireBelow(name: string, spread: Spread, limitMs: number): void {
  const holds = spread.median < limitMs
  console.log(`${spreadLine(name, spread)} [${holds ? 'ok' : 'FAILED'}: must be under ${limitMs / 1000} s]`)
  if (!holds) process.exitCode = 1
}
