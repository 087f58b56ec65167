import { randomBytes } from 'node:crypto'
import { RpcError } from '../errors.ts'
import type { FilterObject } from '../logFilter.ts'
import { type EthDeps, ethLimits } from './deps.ts'

export type Filter = {
  /** what happened since the last call, or as much of it as one answer holds */
  changes(signal: AbortSignal): unknown
  leave(): void
  /** of a log filter only */
  logFilter?: FilterObject
}

export type FilterTable = {
  /** `open` gets the function that forgets the filter. Throws RpcError LIMIT_EXCEEDED. */
  add(open: (forget: () => void) => Filter): string
  /** false when there is no such filter */
  remove(id: string): boolean
  /** Throws RpcError UNKNOWN_FILTER. */
  use(id: string): Filter
  /** to be called whenever there is something to keep for filters; costs a look at the clock */
  forgetIdle(): void
}

/** The clock of this process, which neither time travel nor the administrator moves. */
const processClock = { nowMs: () => performance.now() }

/** Open filters of all callers. One that nobody asks for so long as the limit says is forgotten. */
export function createFilterTable(deps: Pick<EthDeps, 'limits' | 'idleClock'>): FilterTable {
  const { maxFilters, filterIdleMs } = ethLimits(deps)
  const clock = deps.idleClock ?? processClock
  /** the longest unused first */
  const filters = new Map<string, { filter: Filter; lastUseMs: number }>()

  function remove(id: string): boolean {
    filters.get(id)?.filter.leave()
    return filters.delete(id)
  }

  function forgetIdle(): void {
    const oldest = clock.nowMs() - filterIdleMs
    for (const [id, { lastUseMs }] of filters) {
      if (lastUseMs >= oldest) return
      remove(id)
    }
  }

  return {
    add(open) {
      forgetIdle()
      if (filters.size >= maxFilters) {
        throw new RpcError('LIMIT_EXCEEDED', `at most ${maxFilters} filters can be open`, { limit: maxFilters })
      }
      const id = newId()
      const filter = open(() => filters.delete(id))
      filters.set(id, { filter, lastUseMs: clock.nowMs() })
      return id
    },
    remove(id) {
      forgetIdle()
      return remove(id)
    },
    use(id) {
      forgetIdle()
      const found = filters.get(id)
      if (!found) throw unknownFilter()
      filters.delete(id)
      filters.set(id, { ...found, lastUseMs: clock.nowMs() })
      return found.filter
    },
    forgetIdle,
  }
}

export function unknownFilter(): RpcError {
  return new RpcError('UNKNOWN_FILTER', 'filter not found')
}

/** A quantity, so without leading zero digits. */
function newId(): string {
  return `0x1${randomBytes(15).toString('hex')}`
}
