/**
 * Loaded into the node before everything else (`--import`): notes how long each turn of its event loop was, by the clock
 * and in processor time of its thread. A turn that is long by the clock alone waited for a core.
 */
import { openSync, readSync } from 'node:fs'

/** Turns that are noted, by the clock. */
const NOTED_MS = 15

/** `at`: milliseconds since the epoch when the turn began. */
export type LongTurn = { at: number; ms: number; cpuMs: number }

const cpuTime = threadTime() ?? processTime
let turns: LongTurn[] = []
let last = performance.now()
let lastCpu = cpuTime()

setInterval(() => {
  const now = performance.now()
  const cpu = cpuTime()
  if (now - last >= NOTED_MS) {
    turns.push({ at: performance.timeOrigin + last, ms: now - last, cpuMs: cpu - lastCpu })
  }
  last = now
  lastCpu = cpu
}, 1).unref()

process.on('message', () => {
  const noted = turns
  turns = []
  process.send?.(noted)
})
process.channel?.unref()

/** Linux: what the main thread has had of a core, in milliseconds; undefined elsewhere. */
function threadTime(): (() => number) | undefined {
  try {
    const file = openSync('/proc/self/schedstat', 'r')
    const text = Buffer.alloc(64)
    return () => Number(text.toString('latin1', 0, readSync(file, text, 0, text.length, 0)).split(' ', 1)[0]) / 1e6
  } catch {
    return undefined
  }
}

/** All threads together: more than the loop's own where others compress or collect garbage. */
function processTime(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}
