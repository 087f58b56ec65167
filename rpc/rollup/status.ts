import type { ChainPoint, RollupStatus } from '../../rollup/types.ts'
import { toQuantity } from '../hex.ts'
import { method } from '../params.ts'
import type { MethodTable } from '../types.ts'
import type { ReaderDeps } from './deps.ts'

/** rollup_status: both heads, how far settlement is behind, and what sequencer and settler are doing. */
export function rollupStatusMethods({ reader }: ReaderDeps): MethodTable {
  return { rollup_status: method([], async () => formatStatus(await reader().status())) }
}

export function formatStatus({ l1Head, l2, lag, queue, sequencer, settler, escrow }: RollupStatus) {
  const { nextAttempt, ...settlerFacts } = settler
  return {
    l1Head: formatPoint(l1Head),
    l2: { unsafe: formatPoint(l2.unsafe), safe: formatPoint(l2.safe), finalized: formatPoint(l2.finalized) },
    lag: { blocks: toQuantity(lag.blocks), seconds: toQuantity(lag.seconds) },
    queue: formatQueue(queue),
    sequencer,
    settler: { ...settlerFacts, ...(nextAttempt === undefined ? {} : { nextAttempt: toQuantity(nextAttempt) }) },
    escrow: toQuantity(escrow),
  }
}

function formatQueue({ deposits, blocksToSettle, forced, forcedDeadline }: RollupStatus['queue']) {
  return {
    deposits: toQuantity(deposits),
    blocksToSettle: toQuantity(blocksToSettle),
    forced: toQuantity(forced),
    ...(forcedDeadline === undefined ? {} : { forcedDeadline: toQuantity(forcedDeadline) }),
  }
}

function formatPoint({ number, hash, timestamp }: ChainPoint) {
  return { number: toQuantity(number), hash, timestamp: toQuantity(timestamp) }
}
