import { randomBytes } from 'node:crypto'
import { RpcError } from '../errors.ts'
import { formatPooledTransaction } from '../format/transaction.ts'
import { toData } from '../hex.ts'
import { type FilterObject, filterObject, type LiveRange, liveRange } from '../logFilter.ts'
import { bool, method, required, text, withDefault } from '../params.ts'
import type { MethodTable } from '../types.ts'
import { changedLogs, isWanted } from './changedLogs.ts'
import { type EthDeps, ethLimits } from './deps.ts'
import { searchLogs } from './logs.ts'

/** Changes that one filter keeps for its owner; a filter that nobody empties is forgotten when it has more. */
const MAX_PENDING_CHANGES = 20_000

type Filter = {
  kind: 'blocks' | 'transactions' | 'fullTransactions' | 'logs'
  /** logs only */
  logFilter: FilterObject | undefined
  range: LiveRange
  changes: unknown[]
  lastUseMs: number
}

/** Polled filters. They live in memory and are forgotten when nobody asks for five minutes. */
export function filterMethods(deps: Pick<EthDeps, 'chain' | 'pool' | 'clock' | 'limits'>): MethodTable {
  const { chain } = deps
  const { maxLogs } = ethLimits(deps)
  const filters = createFilters(deps)
  const idParam = required('filter id', text)
  return {
    eth_newFilter: method([required('filter', filterObject)], ([filter]) => filters.add('logs', filter)),
    eth_newBlockFilter: method([], () => filters.add('blocks')),
    eth_newPendingTransactionFilter: method([withDefault('full transactions', bool, false)], ([full]) =>
      filters.add(full ? 'fullTransactions' : 'transactions'),
    ),
    eth_uninstallFilter: method([idParam], ([id]) => filters.remove(id)),
    eth_getFilterChanges: method([idParam], ([id]) => filters.use(id).changes.splice(0)),
    eth_getFilterLogs: method([idParam], ([id], { signal }) => {
      const { logFilter } = filters.use(id)
      if (!logFilter) throw unknownFilter()
      return searchLogs(chain, logFilter, maxLogs, signal)
    }),
  }
}

function createFilters(deps: Pick<EthDeps, 'chain' | 'pool' | 'clock' | 'limits'>) {
  const { chain, pool, clock } = deps
  const { maxFilters, filterIdleMs } = ethLimits(deps)
  const filters = new Map<string, Filter>()

  function record(kind: Filter['kind'], changesFor: (filter: Filter) => readonly unknown[]): void {
    forgetIdle()
    for (const [id, filter] of filters) {
      if (filter.kind !== kind) continue
      for (const change of changesFor(filter)) filter.changes.push(change)
      if (filter.changes.length > MAX_PENDING_CHANGES) filters.delete(id)
    }
  }

  function forgetIdle(): void {
    const oldest = clock.nowMs() - filterIdleMs
    for (const [id, { lastUseMs }] of filters) if (lastUseMs < oldest) filters.delete(id)
  }

  chain.onHead((change) => {
    if (filters.size === 0) return
    record('blocks', () => change.added.map(({ block }) => toData(block.hash)))
    const changed = changedLogs(change)
    record('logs', ({ logFilter, range }) =>
      changed.filter((log) => isWanted(log, logFilter?.criteria ?? {}, range)).map((log) => log.value()),
    )
  })
  pool.onPending((tx) => {
    if (filters.size === 0) return
    record('transactions', () => [toData(tx.hash)])
    record('fullTransactions', () => [formatPooledTransaction(tx)])
  })

  return {
    add(kind: Filter['kind'], logFilter?: FilterObject): string {
      const range = logFilter === undefined ? {} : liveRange(logFilter)
      forgetIdle()
      if (filters.size >= maxFilters) {
        throw new RpcError('LIMIT_EXCEEDED', `at most ${maxFilters} filters can be open`, { limit: maxFilters })
      }
      const id = newId()
      filters.set(id, { kind, logFilter, range, changes: [], lastUseMs: clock.nowMs() })
      return id
    },
    remove: (id: string): boolean => filters.delete(id),
    use(id: string): Filter {
      forgetIdle()
      const filter = filters.get(id)
      if (!filter) throw unknownFilter()
      filter.lastUseMs = clock.nowMs()
      return filter
    },
  }
}

/** A quantity, so without leading zero digits. */
function newId(): string {
  return `0x1${randomBytes(15).toString('hex')}`
}

function unknownFilter(): RpcError {
  return new RpcError('UNKNOWN_FILTER', 'filter not found')
}
