import { bytesToHex } from '../stateless/bytes.ts'
import type { CachedExecution, ExecutionCache } from './types.ts'

/** What an entry takes besides its parts: its key, the map's own share and the objects, estimated. */
const ENTRY_BYTES = 400

export type CacheLimits = {
  maxEntries: number
  /** of all entries together, estimated; failures may quote parts of the input (default: 1 KiB for each entry) */
  maxBytes?: number
}

/**
 * Remembers what EXECUTE found, by keccak256 of the input. Estimating, building and importing a block run the same input
 * several times. Least recently used entries go first, when there are too many or they are too large; one that is too large
 * alone is not kept.
 *
 * A result depends on the budget only through R, so the budget check stays with the caller: `valid` holds R, `invalid` is
 * a halt under every budget, `over` holds the largest budget known not to be enough.
 */
export function createExecutionCache({ maxEntries, maxBytes = maxEntries * 1_024 }: CacheLimits): ExecutionCache {
  const entries = new Map<string, { result: CachedExecution; bytes: number }>()
  const runs = new Map<string, Promise<CachedExecution | undefined>>()
  let total = 0
  const take = (key: string): CachedExecution | undefined => {
    const entry = entries.get(key)
    if (entry === undefined) return undefined
    entries.delete(key)
    total -= entry.bytes
    return entry.result
  }
  const put = (key: string, result: CachedExecution): void => {
    const bytes = sizeOf(result)
    entries.set(key, { result, bytes })
    total += bytes
  }
  const cache: ExecutionCache = {
    get(inputHash) {
      const key = bytesToHex(inputHash)
      const result = take(key)
      if (result !== undefined) put(key, result)
      return result
    },
    set(inputHash, result) {
      const key = bytesToHex(inputHash)
      put(key, merge(take(key), result))
      for (const oldest of entries.keys()) {
        if (entries.size <= maxEntries && total <= maxBytes) break
        take(oldest)
      }
    },
    running: (inputHash) => runs.get(bytesToHex(inputHash)),
    begin(inputHash, run) {
      const key = bytesToHex(inputHash)
      // Both before anybody who waits goes on.
      const end = (result?: CachedExecution): CachedExecution | undefined => {
        runs.delete(key)
        if (result !== undefined) cache.set(inputHash, result)
        return result
      }
      runs.set(
        key,
        run.then(end, () => end()),
      )
    },
  }
  return cache
}

function sizeOf(result: CachedExecution): number {
  switch (result.kind) {
    case 'over':
      return ENTRY_BYTES
    case 'valid':
      return ENTRY_BYTES + result.output.length
    case 'invalid': {
      const { message, data } = result.failure
      const parts = Object.entries(data).map(([name, value]) => 2 * name.length + sizeOfValue(value))
      return ENTRY_BYTES + 2 * message.length + parts.reduce((sum, bytes) => sum + bytes, 0)
    }
  }
}

function sizeOfValue(value: unknown): number {
  if (value instanceof Uint8Array) return value.length + 100
  return typeof value === 'string' ? 2 * value.length : 64
}

/** A final verdict is never replaced by `over`, and a larger insufficient budget never by a smaller one. */
function merge(known: CachedExecution | undefined, next: CachedExecution): CachedExecution {
  if (known === undefined || next.kind !== 'over') return next
  return known.kind !== 'over' || known.budget >= next.budget ? known : next
}

/** For runs that must do the work each time (benchmarks, metering tests). */
export const NO_CACHE: ExecutionCache = {
  get: () => undefined,
  set: () => undefined,
  running: () => undefined,
  // Whoever runs it hears of its failure.
  begin: (_inputHash, run) => void run.catch(() => undefined),
}
