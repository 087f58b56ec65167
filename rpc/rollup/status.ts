import * as z from 'zod'
import type { Derivation, ChainPoint as Point, RollupStatus as Status } from '../../rollup/types.ts'
import { toQuantity } from '../hex.ts'
import type { MethodTable } from '../types.ts'
import type { ReaderDeps } from './deps.ts'
import { rollupMethod } from './method.ts'
import { hash, named, quantity, quantity64 } from './wire.ts'

export const ChainPoint = named('ChainPoint', { number: quantity64, hash, timestamp: quantity64 })

/** `forcedDeadline`: the second from which the oldest forced transaction opens the rollup to everybody. */
export const RollupQueue = named('RollupQueue', {
  deposits: quantity64,
  blocksToSettle: quantity64,
  forced: quantity64,
  forcedDeadline: quantity64.optional(),
})

/** `inSync`: L1 is read up to its head, and every settled block is here; else `lastError` may say why not. */
export const RollupDerivation = named('RollupDerivation', {
  inSync: z.boolean(),
  lastError: z.string().optional(),
  l2Block: quantity64.optional(),
  l1TxHash: hash.optional(),
})

/** `nextAttempt`: seconds since the epoch; `escrow`: wei that the L1 messenger holds. */
export const RollupStatus = named('RollupStatus', {
  l1Head: ChainPoint,
  l2: z.object({ unsafe: ChainPoint, safe: ChainPoint, finalized: ChainPoint }),
  lag: z.object({ blocks: quantity64, seconds: quantity64 }),
  queue: RollupQueue,
  derivation: RollupDerivation,
  sequencer: z.object({ active: z.boolean(), reason: z.string().optional() }),
  settler: z.object({
    active: z.boolean(),
    lastTx: hash.optional(),
    lastError: z.string().optional(),
    nextAttempt: quantity64.optional(),
  }),
  escrow: quantity,
})
export type RollupStatus = z.infer<typeof RollupStatus>

/** rollup_status: both heads, how far settlement is behind, and what sequencer and settler are doing. */
export function rollupStatusMethods({ reader }: ReaderDeps): MethodTable {
  return {
    rollup_status: rollupMethod(
      { summary: 'Heads, lag, queues, sequencer and settler.', params: [], result: RollupStatus },
      async () => formatStatus(await reader().status()),
    ),
  }
}

export function formatStatus({ l1Head, l2, lag, queue, derivation, sequencer, settler, escrow }: Status): RollupStatus {
  const { nextAttempt, ...settlerFacts } = settler
  return {
    l1Head: formatPoint(l1Head),
    l2: { unsafe: formatPoint(l2.unsafe), safe: formatPoint(l2.safe), finalized: formatPoint(l2.finalized) },
    lag: { blocks: toQuantity(lag.blocks), seconds: toQuantity(lag.seconds) },
    queue: formatQueue(queue),
    derivation: formatDerivation(derivation),
    sequencer,
    settler: { ...settlerFacts, ...(nextAttempt === undefined ? {} : { nextAttempt: toQuantity(nextAttempt) }) },
    escrow: toQuantity(escrow),
  }
}

function formatQueue({ deposits, blocksToSettle, forced, forcedDeadline }: Status['queue']) {
  return {
    deposits: toQuantity(deposits),
    blocksToSettle: toQuantity(blocksToSettle),
    forced: toQuantity(forced),
    ...(forcedDeadline === undefined ? {} : { forcedDeadline: toQuantity(forcedDeadline) }),
  }
}

function formatDerivation({ l2Block, ...facts }: Derivation) {
  return { ...facts, ...(l2Block === undefined ? {} : { l2Block: toQuantity(l2Block) }) }
}

function formatPoint({ number, hash: pointHash, timestamp }: Point) {
  return { number: toQuantity(number), hash: pointHash, timestamp: toQuantity(timestamp) }
}
