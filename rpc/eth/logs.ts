import { logsOfBlock } from '../../node/logIndex.ts'
import type { Chain, FoundLog } from '../../node/types.ts'
import { RpcError } from '../errors.ts'
import { formatLog } from '../format/receipt.ts'
import { toData } from '../hex.ts'
import { type FilterObject, filterObject, resolveRange } from '../logFilter.ts'
import { method, required } from '../params.ts'
import { createPauses } from '../slices.ts'
import type { MethodTable } from '../types.ts'
import { type EthDeps, ethLimits } from './deps.ts'

/** Logs formatted between two looks at the time. */
const LOGS_PER_PAUSE = 64
const NO_LOGS: readonly FoundLog[] = []

export function logMethods(deps: Pick<EthDeps, 'chain' | 'limits'>): MethodTable {
  const { chain } = deps
  const { maxLogs } = ethLimits(deps)
  return {
    eth_getLogs: method([required('filter', filterObject)], ([filter], { signal }) =>
      searchLogs(chain, filter, maxLogs, signal),
    ),
  }
}

/**
 * All logs that match, formatted, oldest first. Lets other work in between and stops when the caller has gone.
 *
 * @throws RpcError LIMIT_EXCEEDED when there are more than `maxLogs`, UNKNOWN_BLOCK, INVALID_PARAMS for a bad range
 */
export async function searchLogs(chain: Chain, filter: FilterObject, maxLogs: number, signal: AbortSignal) {
  const found: ReturnType<typeof formatLog>[] = []
  const pause = createPauses()
  for (const logs of logGroups(chain, filter)) {
    for (const log of logs) {
      if (found.length === maxLogs) throw tooManyLogs(maxLogs)
      found.push(formatLog(log))
      const turn = found.length % LOGS_PER_PAUSE === 0 ? pause() : undefined
      if (turn) await turn
    }
    const turn = pause()
    if (turn) await turn
    if (signal.aborted) return found
  }
  return found
}

function* logGroups(chain: Chain, { criteria, blocks }: FilterObject): Generator<Iterable<FoundLog>> {
  if (blocks.kind === 'block') {
    const stored = chain.getBlockByHash(blocks.hash)
    if (!stored) throw new RpcError('UNKNOWN_BLOCK', `unknown block: hash ${toData(blocks.hash)}`)
    yield logsOfBlock(stored, criteria)
    return
  }
  const filter = { ...criteria, ...resolveRange(chain, blocks) }
  for (const stored of chain.findLogBlocks(filter)) yield stored === undefined ? NO_LOGS : logsOfBlock(stored, criteria)
}

function tooManyLogs(limit: number): RpcError {
  return new RpcError('LIMIT_EXCEEDED', `query returned more than ${limit} logs; ask for fewer blocks`, { limit })
}
