import { bytesToHex } from '../stateless/bytes.ts'
import type { CachedExecution, ExecutionCache } from './types.ts'

/**
 * Remembers what EXECUTE found, by keccak256 of the input. Estimating, building and importing a block run the same input
 * several times. Least recently used entries go first.
 *
 * A result depends on the budget only through R, so the budget check stays with the caller: `valid` holds R, `invalid` is
 * a halt under every budget, `over` holds the largest budget known not to be enough.
 */
export function createExecutionCache({ maxEntries }: { maxEntries: number }): ExecutionCache {
  const entries = new Map<string, CachedExecution>()
  return {
    get(inputHash) {
      const key = bytesToHex(inputHash)
      const entry = entries.get(key)
      if (entry !== undefined) {
        entries.delete(key)
        entries.set(key, entry)
      }
      return entry
    },
    set(inputHash, result) {
      const key = bytesToHex(inputHash)
      const known = entries.get(key)
      entries.delete(key)
      entries.set(key, merge(known, result))
      const oldest = entries.keys().next()
      if (entries.size > maxEntries && !oldest.done) entries.delete(oldest.value)
    },
  }
}

/** A final verdict is never replaced by `over`, and a larger insufficient budget never by a smaller one. */
function merge(known: CachedExecution | undefined, next: CachedExecution): CachedExecution {
  if (known === undefined || next.kind !== 'over') return next
  return known.kind !== 'over' || known.budget >= next.budget ? known : next
}

/** For runs that must do the work each time (benchmarks, metering tests). */
export const NO_CACHE: ExecutionCache = { get: () => undefined, set: () => undefined }
