import * as z from 'zod'
import type { Block } from '../../stateless/types.ts'
import { optional, required } from '../params.ts'
import type { MethodTable } from '../types.ts'
import type { RollupDeps } from './deps.ts'
import { DevnetPoint, type DevnetReorg, requireDevnet } from './devnet.ts'
import { rollupMethod } from './method.ts'
import { bytesIn, countIn, from, hash, named, onWire, quantity } from './wire.ts'

/** As deep as BLOCKHASH and the anchors of L2 look back by default. */
const MAX_DEPTH = 256
const MAX_REPLACEMENTS = 1_000

const ReorgDepth = countIn.refine(
  (depth) => depth >= 1 && depth <= MAX_DEPTH,
  `expected 0x1 to 0x${MAX_DEPTH.toString(16)}`,
)
const ReorgOptions = z.strictObject({ replaceTxs: z.array(bytesIn).max(MAX_REPLACEMENTS).optional() })

/** Where something is now. */
const now = <Status extends string, Shape extends z.ZodRawShape>(status: Status, shape: Shape) =>
  z.object({ status: z.literal(status), ...shape })
const gone = now('gone', {})
const goneWithReason = now('gone', { reason: z.string() })
const inPool = now('pool', {})
const waiting = now('waiting', {})

const ReorgedL1Transaction = named('ReorgedL1Transaction', {
  hash,
  before: z.object({ block: quantity, succeeded: z.boolean() }).optional(),
  now: z.union([now('included', { block: quantity, succeeded: z.boolean() }), inPool, goneWithReason]),
})

/** What one rollup made of it. Each list names what was in the blocks that went. */
export const RollupReorgReport = named('RollupReorgReport', {
  l2ChainId: quantity,
  l2: z.object({ ancestor: quantity, removed: z.array(DevnetPoint), added: z.array(DevnetPoint), head: DevnetPoint }),
  messages: z.array(
    z.object({
      id: quantity,
      l1TxHash: hash,
      now: z.union([now('sent', { id: quantity, l1Block: quantity, delivered: z.boolean() }), gone]),
    }),
  ),
  settlements: z.array(
    z.object({
      l2Block: quantity,
      hash,
      l1TxHash: hash,
      now: z.union([now('settled', { l1TxHash: hash, l1Block: quantity }), waiting, now('rebuilt', {})]),
    }),
  ),
  claims: z.array(
    z.object({
      id: quantity,
      l1TxHash: hash,
      now: z.union([now('claimed', { l1TxHash: hash }), now('open', {}), gone]),
    }),
  ),
  forced: z.array(
    z.object({ id: quantity, txHash: hash, l1TxHash: hash, now: z.union([now('queued', { id: quantity }), gone]) }),
  ),
  transactions: z.array(
    z.object({
      hash,
      l2Block: quantity,
      now: z.union([now('included', { l2Block: quantity, succeeded: z.boolean() }), inPool, waiting, goneWithReason]),
    }),
  ),
  withdrawals: z.array(
    z.object({ id: quantity, l2TxHash: hash, now: z.union([now('sent', { id: quantity, l2Block: quantity }), gone]) }),
  ),
})
export type RollupReorgReport = z.infer<typeof RollupReorgReport>

/** What was in the L1 blocks that went, and what became of it there and on the rollups. */
export const ReorgReport = named('ReorgReport', {
  l1: z.object({
    ancestor: DevnetPoint,
    removed: z.array(DevnetPoint),
    added: z.array(DevnetPoint),
    transactions: z.array(ReorgedL1Transaction),
  }),
  rollups: z.array(RollupReorgReport),
})
export type ReorgReport = z.infer<typeof ReorgReport>

/** L1 reorganisations on request, with what they do to L2. */
export function rollupReorgMethods(deps: RollupDeps): MethodTable {
  return {
    rollup_reorgL1: rollupMethod(
      {
        summary:
          'Replaces the newest L1 blocks by as many others, lets L2 follow, and tells what became of everything in them.',
        params: [required('depth', from(ReorgDepth)), optional('options', from(ReorgOptions))],
        result: ReorgReport,
        isControl: true,
      },
      async ([depth, options], { signal }) => {
        const request = { depth: BigInt(depth), chosen: options?.replaceTxs }
        return formatReorg(await requireDevnet(deps, 'rollup_reorgL1').reorgL1(request, signal))
      },
    ),
  }
}

function formatReorg({ l1: { ancestor, removed, added, transactions }, rollups }: DevnetReorg): ReorgReport {
  return onWire({
    l1: {
      ancestor: pointOf(ancestor),
      removed: removed.map(({ block }) => pointOf(block)),
      added: added.map(pointOf),
      transactions,
    },
    rollups,
  })
}

function pointOf({ hash, header: { number, timestamp } }: Block) {
  return { number, hash, timestamp }
}
