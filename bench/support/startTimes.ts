import { milliseconds, type Spread, spreadOf } from '../../load/statistics.ts'
import { type StartTimes, startBenchNode } from './nodeProcess.ts'

/** Spawns the devnet command `runs` times, one after another; times until the ready line and the first answers. */
export async function measureStarts(runs: number): Promise<Record<keyof StartTimes, Spread>> {
  const times: StartTimes[] = []
  for (let run = 0; run < runs; run++) {
    const node = await startBenchNode()
    times.push(node.startTimes)
    await node.stop()
  }
  const spread = (name: keyof StartTimes) => spreadOf(times.map((time) => time[name]))
  return { ready: spread('ready'), l1Answer: spread('l1Answer'), l2Answer: spread('l2Answer') }
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
