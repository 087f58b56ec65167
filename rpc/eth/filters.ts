import type { Transaction } from '../../execution/types.ts'
import { formatPooledTransaction } from '../format/transaction.ts'
import { toData } from '../hex.ts'
import { filterObject, liveRange } from '../logFilter.ts'
import { bool, method, required, text, withDefault } from '../params.ts'
import type { MethodTable } from '../types.ts'
import { changedBlocks } from './changedLogs.ts'
import { type ChangeFeed, createChangeFeed, type FeedReader } from './changeFeed.ts'
import { type EthDeps, ethLimits } from './deps.ts'
import { type AnswerLimits, findChangedLogs, type LogChange, type LogsWanted } from './filterLogs.ts'
import { createFilterTable, type Filter, unknownFilter } from './filterTable.ts'
import { searchLogs } from './logs.ts'

/** Changes that are kept for filters whose owners have not asked for them; for each kind of filter. */
const MAX_UNREAD_CHANGES = 20_000
/** A hash, with what keeping it costs. */
const HASH_BYTES = 256

type Sized = { value: unknown; bytes: number }
type Deps = Pick<EthDeps, 'chain' | 'pool' | 'limits' | 'idleClock'>

/** Polled filters. They live in memory and are forgotten when nobody asks for five minutes. */
export function filterMethods(deps: Deps): MethodTable {
  const { chain } = deps
  const { maxLogs, filterAnswerBytes: maxBytes } = ethLimits(deps)
  const filters = createFilterTable(deps)
  const feeds = createFeeds(deps, filters.forgetIdle)
  const idParam = required('filter id', text)
  const simple = (feed: ChangeFeed<Sized>) =>
    filters.add((forget) => {
      const reader = feed.join(forget)
      return { leave: reader.leave, changes: () => takeSome(reader, maxBytes) }
    })
  return {
    eth_newFilter: method([required('filter', filterObject)], ([logFilter]) => {
      const wanted = { criteria: logFilter.criteria, range: liveRange(logFilter) }
      return filters.add((forget) => {
        const reader = feeds.logs.join(forget)
        return { leave: reader.leave, changes: logChanges(deps, reader, wanted, { maxLogs, maxBytes }), logFilter }
      })
    }),
    eth_newBlockFilter: method([], () => simple(feeds.blocks)),
    eth_newPendingTransactionFilter: method([withDefault('full transactions', bool, false)], ([full]) =>
      simple(full ? feeds.transactions : feeds.hashes),
    ),
    eth_uninstallFilter: method([idParam], ([id]) => filters.remove(id)),
    eth_getFilterChanges: method([idParam], ([id], { signal }) => filters.use(id).changes(signal)),
    eth_getFilterLogs: method([idParam], ([id], { signal }) => {
      const { logFilter } = filters.use(id)
      if (!logFilter) throw unknownFilter()
      return searchLogs(chain, logFilter, maxLogs, signal)
    }),
  }
}

/** What happens on the chain and in its pool, once for all filters of a kind. */
function createFeeds(deps: Deps, beforeChange: () => void) {
  const { chain, pool } = deps
  const limits = { maxChanges: MAX_UNREAD_CHANGES, maxBytes: ethLimits(deps).filterBytes }
  const feeds = {
    blocks: createChangeFeed<Sized>(limits),
    logs: createChangeFeed<LogChange>(limits),
    hashes: createChangeFeed<Sized>(limits),
    transactions: createChangeFeed<Sized>(limits),
  }
  const append = (feed: ChangeFeed<Sized>, value: unknown, bytes: number) => feed.append({ value, bytes }, bytes)
  chain.onHead((change) => {
    beforeChange()
    // Both feeds keep the same text: the bytes of a hash, kept alone, take three times as much.
    const names = new Map(change.added.map((stored) => [stored, toData(stored.block.hash)]))
    if (feeds.blocks.hasReaders()) for (const name of names.values()) append(feeds.blocks, name, HASH_BYTES)
    if (!feeds.logs.hasReaders()) return
    for (const { stored, isRemoved } of changedBlocks(change)) {
      const { hash, header } = stored.block
      feeds.logs.append({ hash: names.get(stored) ?? toData(hash), number: header.number, isRemoved }, HASH_BYTES)
    }
  })
  pool.onPending((tx) => {
    beforeChange()
    if (feeds.hashes.hasReaders()) append(feeds.hashes, toData(tx.hash), HASH_BYTES)
    if (feeds.transactions.hasReaders()) append(feeds.transactions, formatPooledTransaction(tx), formattedBytes(tx))
  })
  return feeds
}

/** Hex takes two characters a byte; short strings, as in access lists, cost as much again to keep. */
function formattedBytes({ raw }: Transaction): number {
  return 1_024 + 4 * raw.length
}

function takeSome(reader: FeedReader<Sized>, maxBytes: number): unknown[] {
  const answer: unknown[] = []
  let left = maxBytes
  for (const { value, bytes } of reader.unread()) {
    if (left <= 0) break
    answer.push(value)
    left -= bytes
  }
  reader.take(answer.length)
  return answer
}

/** Polls of one filter run one after another, and what nobody waits for any more is given to the next who asks. */
function logChanges(
  { chain }: Deps,
  reader: FeedReader<LogChange>,
  wanted: LogsWanted,
  limits: AnswerLimits,
): Filter['changes'] {
  let skip = 0
  let last: Promise<unknown> = Promise.resolve()
  const poll = async (signal: AbortSignal) => {
    if (signal.aborted) return []
    const found = await findChangedLogs(chain, reader.unread(), skip, wanted, limits, signal)
    if (signal.aborted) return []
    reader.take(found.blocks)
    skip = found.skip
    return found.logs
  }
  return (signal) => {
    const answer = last.then(() => poll(signal))
    last = answer.catch(() => undefined)
    return answer
  }
}
