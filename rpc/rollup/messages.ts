import * as z from 'zod'
import type { L1Message, L1MessageSelector, L2BlockSettlement } from '../../rollup/messages/l1Messages.ts'
import { quantity64 as quantity64Value } from '../codec.ts'
import { createRunCall } from '../eth/runCall.ts'
import { toData, toQuantity } from '../hex.ts'
import { optional, type Parse, required } from '../params.ts'
import { HASH, QUANTITY64 } from '../schema.ts'
import type { MethodTable } from '../types.ts'
import type { RollupDeps } from './deps.ts'
import { formatListed, limitIn, listedMessage } from './messageForm.ts'
import { rollupMethod } from './method.ts'
import { failureReason } from './reasons.ts'
import { addressIn, data, from, hash, hashIn, named, quantity64, quantity64In } from './wire.ts'

export const messageStatus = z.enum(['queued', 'claimable', 'failing', 'claimed']).meta({ title: 'MessageStatus' })

/**
 * A message from L1 to L2. `l2` and `settlement` when it is claimed: what delivered it. `failure` when its delivery would
 * fail in the next block. `attempts`: what the builder of this node has tried, and when it tries again (seconds).
 */
export const rollupMessage = named('RollupMessage', {
  ...listedMessage,
  status: messageStatus,
  l1: z.object({ tx: hash, block: quantity64 }),
  l2: z.object({ tx: hash, block: quantity64, gasUsed: quantity64 }).optional(),
  settlement: z
    .object({
      status: z.enum(['built', 'settled', 'finalized']),
      l1TxHash: hash.optional(),
      l1Block: quantity64.optional(),
    })
    .optional(),
  failure: z.object({ revertReason: z.string(), revertData: data }).optional(),
  attempts: z.object({ count: quantity64, reason: z.string().optional(), retryAt: quantity64 }).optional(),
})
export type RollupMessage = z.infer<typeof rollupMessage>

/** `cursor`: the `from` that goes on behind these items; absent at the end. */
export const messageList = named('MessageList', { items: z.array(rollupMessage), cursor: quantity64.optional() })
export type MessageList = z.infer<typeof messageList>

/** `position`: how many messages are before it in the queue. */
export const pendingMessage = named('PendingMessage', { ...rollupMessage.shape, position: quantity64 })
export type PendingMessage = z.infer<typeof pendingMessage>

const MAX_LISTED = 1_000
const DEFAULT_LISTED = 100

const messageFilter = z
  .strictObject({
    address: addressIn.exactOptional(),
    l1TxHash: hashIn.exactOptional(),
    status: messageStatus.exactOptional(),
    from: quantity64In.exactOptional(),
    limit: limitIn(MAX_LISTED).exactOptional(),
  })
  .meta({ title: 'MessageFilter' })

const inL1Transaction = z.strictObject({ l1TxHash: hashIn, logIndex: quantity64In.exactOptional() })
const parseL1Transaction = from(inL1Transaction)

/** A message of L1 by its id, by its hash, or by the L1 transaction that sent it. */
export const messageSelector: Parse<L1MessageSelector> = Object.defineProperty(
  (value: unknown, path: string): L1MessageSelector => {
    if (typeof value === 'object') return parseL1Transaction(value, path)
    if (typeof value === 'string' && value.length === 66) return { hash: parseHash(value, path) }
    return { index: quantity64Value(value, path) }
  },
  'schema',
  { get: () => ({ anyOf: [QUANTITY64, HASH, parseL1Transaction.schema] }) },
)
const parseHash = from(hashIn)

/** Messages from L1 to L2: where each one stands. */
export function rollupMessageMethods({ rollup }: RollupDeps): MethodTable {
  const runCall = createRunCall()
  return {
    rollup_getMessage: rollupMethod(
      {
        summary: 'A message from L1: its status on L2, what delivered it, or why nothing can.',
        params: [required('message', messageSelector)],
        result: rollupMessage,
      },
      ([selector], context) =>
        runCall(context, async (turns) => formatL1Message(await rollup().node.l1Messages.get(selector, turns))),
    ),
    rollup_getMessages: rollupMethod(
      {
        summary: 'Messages from L1 in their order, at most 1,000, and where to go on.',
        params: [optional('filter', from(messageFilter))],
        result: messageList,
      },
      ([filter], context) =>
        runCall(context, async (turns) => {
          const { status, from: first = 0n, limit = DEFAULT_LISTED, ...wanted } = filter ?? {}
          const statuses = status === undefined ? {} : { statuses: [status] }
          const page = { from: first, limit }
          const { items, next } = await rollup().node.l1Messages.list({ ...wanted, ...statuses }, page, turns)
          return { items: items.map(formatL1Message), ...(next === undefined ? {} : { cursor: toQuantity(next) }) }
        }),
    ),
    rollup_pendingMessages: rollupMethod(
      {
        summary: 'The oldest messages from L1 that L2 has not delivered, up to 100, each with its place in the queue.',
        params: [],
        result: z.array(pendingMessage),
      },
      (_, context) =>
        runCall(context, async (turns) => {
          const page = { from: 0n, limit: DEFAULT_LISTED }
          const { items } = await rollup().node.l1Messages.list({ statuses: NOT_CLAIMED }, page, turns)
          return items.map((item, position) => ({ ...formatL1Message(item), position: toQuantity(position) }))
        }),
    ),
  }
}

const NOT_CLAIMED = ['queued', 'claimable', 'failing'] as const

function formatL1Message(item: L1Message): RollupMessage {
  const { message, hash, status, l1TxHash, l1Block, delivery, failure, postponement } = item
  return {
    ...formatListed(message, hash),
    status,
    l1: { tx: l1TxHash, block: toQuantity(l1Block) },
    ...(delivery === undefined
      ? {}
      : { l2: formatDelivery(delivery), settlement: formatSettlement(delivery.settlement) }),
    ...(failure === undefined
      ? {}
      : { failure: { revertReason: failureReason(failure), revertData: toData(failure.output) } }),
    ...(postponement === undefined ? {} : { attempts: formatAttempts(postponement) }),
  }
}

function formatDelivery({ l2TxHash, l2Block, gasUsed }: NonNullable<L1Message['delivery']>) {
  return { tx: l2TxHash, block: toQuantity(l2Block), gasUsed: toQuantity(gasUsed) }
}

function formatSettlement(settlement: L2BlockSettlement) {
  if (settlement.status === 'built') return { status: settlement.status }
  const { status, l1TxHash, l1Block } = settlement
  return { status, l1TxHash, l1Block: toQuantity(l1Block) }
}

function formatAttempts({ attempts, notBeforeMs, reason }: NonNullable<L1Message['postponement']>) {
  return {
    count: toQuantity(attempts),
    retryAt: toQuantity(Math.ceil(notBeforeMs / 1_000)),
    ...(reason === undefined ? {} : { reason }),
  }
}
