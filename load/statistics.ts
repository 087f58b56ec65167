import { cpus } from 'node:os'

/** Median, smallest, largest and 99th percentile of some measured values, in their unit. */
export type Spread = { count: number; median: number; p99: number; min: number; max: number }

/** @throws RangeError without values */
export function spreadOf(values: readonly number[]): Spread {
  const sorted = Float64Array.from(values).sort()
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
  if (sorted.length === 0) throw new RangeError('nothing was measured')
  const middle = sorted.length >> 1
  const median = sorted.length % 2 === 1 ? at(0.5) : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2
  return { count: sorted.length, median, p99: at(0.99), min: sorted[0] ?? 0, max: sorted.at(-1) ?? 0 }
}

/** What the figures were measured on, for the line that goes with them. */
export function machine(): string {
  const [first] = cpus()
  return `${cpus().length} cores (${first?.model.trim() ?? 'unknown'}), Node ${process.version}, ${process.platform}`
}

export const milliseconds = (value: number): string => `${value < 10 ? value.toFixed(1) : Math.round(value)} ms`
