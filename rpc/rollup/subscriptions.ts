import * as z from 'zod'
import type { ExecuteNews } from '../../rollup/feeds/executeFeed.ts'
import type { RollupFeeds, SettlementNews, Source } from '../../rollup/feeds/feeds.ts'
import type { MessageNews } from '../../rollup/feeds/messageFeed.ts'
import type { WithdrawalNews } from '../../rollup/feeds/withdrawalFeed.ts'
import { RpcError } from '../errors.ts'
import { connectionOf } from '../eth/subscriptions.ts'
import { toQuantity } from '../hex.ts'
import { required } from '../params.ts'
import { type PreparedJson, preparedText, prepareShortJson } from '../preparedJson.ts'
import { createPauses } from '../slices.ts'
import type { MethodTable } from '../types.ts'
import type { RollupDeps } from './deps.ts'
import { rollupMethod } from './method.ts'
import { formatStatus, RollupStatus } from './status.ts'
import { address, from, hash, named, quantity, quantity64 } from './wire.ts'

const NOTIFICATION = 'rollup_subscription'

/** `removed`: L1 reorganised and no longer has it. */
export const SettlementEvent = named('SettlementEvent', {
  l2Block: quantity64,
  hash,
  stateRoot: hash,
  anchorBlock: quantity64,
  l1Block: quantity64,
  l1TxHash: hash,
  settledAt: quantity64,
  removed: z.boolean(),
})
export type SettlementEvent = z.infer<typeof SettlementEvent>

/** `block` and `txHash` are on L1 for `queued` and on L2 for `claimed`; `removed`: that chain no longer has them. */
export const MessageEvent = named('MessageEvent', {
  index: quantity64,
  hash: hash.optional(),
  status: z.enum(['queued', 'claimed']),
  block: quantity64,
  txHash: hash,
  removed: z.boolean(),
})
export type MessageEvent = z.infer<typeof MessageEvent>

/** `removed`: L2 was built again without this message. */
export const WithdrawalEvent = named('WithdrawalEvent', {
  id: quantity64,
  hash,
  status: z.enum(['waiting-to-settle', 'waiting-for-finality', 'ready-to-claim', 'claimed']),
  l2Block: quantity64,
  l2TxHash: hash,
  claimTx: hash.optional(),
  removed: z.boolean(),
})
export type WithdrawalEvent = z.infer<typeof WithdrawalEvent>

/** An input without a block does not decode. `removed`: L1 reorganised and no longer has the transaction. */
export const ExecuteEvent = named('ExecuteEvent', {
  l1Block: quantity64,
  l1BlockHash: hash,
  l1TxHash: hash,
  from: address,
  succeeded: z.boolean(),
  gasUsed: quantity,
  inputs: z.array(z.object({ bytes: quantity64, l2Block: quantity64.optional(), l2BlockHash: hash.optional() })),
  removed: z.boolean(),
})
export type ExecuteEvent = z.infer<typeof ExecuteEvent>

/** What each subscription pushes. */
export const EVENTS = {
  status: RollupStatus,
  settlements: SettlementEvent,
  messages: MessageEvent,
  withdrawals: WithdrawalEvent,
  executes: ExecuteEvent,
} as const
type Kind = keyof typeof EVENTS

type Push = (json: PreparedJson) => void
type Start = (push: Push) => () => void

/** rollup_subscribe: what happens between the chains, pushed as rollup_subscription over WebSocket. */
export function rollupSubscriptionMethods({ rollup }: RollupDeps): MethodTable {
  // On a devnet whose chains are replaced, those who subscribe from then on hear of the new ones.
  const known = new WeakMap<RollupFeeds, Record<Kind, Start>>()
  const startsOf = (feeds: RollupFeeds): Record<Kind, Start> => {
    const starts = known.get(feeds) ?? shareAll(feeds)
    known.set(feeds, starts)
    return starts
  }
  return {
    rollup_subscribe: rollupMethod(
      {
        summary: 'Pushes what happens between the chains; over WebSocket only.',
        params: [required('subscription', from(z.enum(Object.keys(EVENTS) as Kind[])))],
        result: z.string(),
      },
      ([kind], context) => connectionOf(context).subscribe(NOTIFICATION, startsOf(rollup().feeds)[kind]),
    ),
    rollup_unsubscribe: rollupMethod(
      {
        summary: 'Ends a subscription of this connection.',
        params: [required('subscription id', from(z.string()))],
        result: z.literal(true),
      },
      ([id], context) => {
        if (connectionOf(context).unsubscribe(id)) return true as const
        throw new RpcError('UNKNOWN_FILTER', 'subscription not found')
      },
    ),
  }
}

function shareAll(feeds: RollupFeeds): Record<Kind, Start> {
  return {
    status: sharedState(feeds.status, formatStatus),
    settlements: shared(feeds.settlements, formatSettlement),
    messages: shared(feeds.messages, formatMessage),
    withdrawals: shared(feeds.withdrawals, formatWithdrawal),
    executes: shared(feeds.executes, formatExecute),
  }
}

/** One look at a source for all who subscribe, each news formatted once and told with pauses for other work. */
function shared<News>(source: Source<News>, format: (news: News) => unknown): Start {
  const readers = new Set<Push>()
  const pause = createPauses()
  let stop: (() => void) | undefined
  let told: Promise<void> = Promise.resolve()

  async function tellAll(to: readonly Push[], json: PreparedJson): Promise<void> {
    for (const push of to) {
      push(json)
      const turn = pause()
      if (turn) await turn
    }
  }
  return (push) => {
    readers.add(push)
    stop ??= source((news) => {
      const json = prepareShortJson(format(news))
      const to = [...readers]
      told = told.then(() => tellAll(to, json))
    })
    return () => {
      readers.delete(push)
      if (readers.size > 0) return
      stop?.()
      stop = undefined
    }
  }
}

/** For news that are the state of something: told at once to who comes, and again when it is another. */
function sharedState<News>(source: Source<News>, format: (news: News) => unknown): Start {
  const join = shared<News>(source, format)
  return (push) => {
    let last: string | undefined
    return join((json) => {
      const text = preparedText(json)
      if (text !== last) push(json)
      last = text
    })
  }
}

function formatSettlement(news: SettlementNews): SettlementEvent {
  const { number, hash, stateRoot, anchorBlock, l1Block, l1TxHash, l1Timestamp, isRemoved } = news
  return {
    l2Block: toQuantity(number),
    hash,
    stateRoot,
    anchorBlock: toQuantity(anchorBlock),
    l1Block: toQuantity(l1Block),
    l1TxHash,
    settledAt: toQuantity(l1Timestamp),
    removed: isRemoved,
  }
}

function formatMessage({ index, block, isRemoved, ...news }: MessageNews): MessageEvent {
  return { index: toQuantity(index), ...news, block: toQuantity(block), removed: isRemoved }
}

function formatWithdrawal({ id, l2Block, isRemoved, ...news }: WithdrawalNews): WithdrawalEvent {
  return { id: toQuantity(id), ...news, l2Block: toQuantity(l2Block), removed: isRemoved }
}

function formatExecute({ l1Block, gasUsed, inputs, isRemoved, ...news }: ExecuteNews): ExecuteEvent {
  return {
    ...news,
    l1Block: toQuantity(l1Block),
    gasUsed: toQuantity(gasUsed),
    inputs: inputs.map(({ bytes, l2Block, ...input }) => ({
      bytes: toQuantity(BigInt(bytes)),
      ...(l2Block === undefined ? {} : { l2Block: toQuantity(l2Block) }),
      ...input,
    })),
    removed: isRemoved,
  }
}
