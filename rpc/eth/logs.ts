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

/** Blocks searched, and logs formatted, between two looks at the time. */
const BLOCKS_PER_STEP = 64n
const LOGS_PER_PAUSE = 64

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
      if (found.length % LOGS_PER_PAUSE === 0) await pause()
    }
    await pause()
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
  const { fromBlock, toBlock } = resolveRange(chain, blocks)
  for (let from = fromBlock; from <= toBlock; from += BLOCKS_PER_STEP) {
    const last = from + BLOCKS_PER_STEP - 1n
    yield chain.getLogs({ ...criteria, fromBlock: from, toBlock: last < toBlock ? last : toBlock })
  }
}

function tooManyLogs(limit: number): RpcError {
  return new RpcError('LIMIT_EXCEEDED', `query returned more than ${limit} logs; ask for fewer blocks`, { limit })
}
