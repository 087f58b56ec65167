import { TraceTooLarge } from '../errors.ts'

/** Counts what traces keep in memory, so that a long run cannot fill it. Throws TraceTooLarge. */
export type TraceBudget = { take(bytes: number): void }

export const DEFAULT_TRACE_BYTES = 64 * 1024 * 1024

export function createTraceBudget(limit: number = DEFAULT_TRACE_BYTES): TraceBudget {
  let taken = 0
  return {
    take(bytes) {
      taken += bytes
      if (taken <= limit) return
      throw new TraceTooLarge('TRACE_TOO_LARGE', `trace takes more than ${limit} bytes of memory`, { limit })
    },
  }
}
