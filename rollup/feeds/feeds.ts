import type { Timers } from '../../node/clock.ts'
import type { Logger } from '../../node/types.ts'
import type { L2Node } from '../l2Node.ts'
import type { RollupStatus, SettledBlock } from '../types.ts'
import { coalesce } from './coalesce.ts'
import { createExecutesSource, type ExecuteNews } from './executeFeed.ts'
import { followList } from './listFollower.ts'
import { createMessagesSource, type MessageNews } from './messageFeed.ts'
import { createWithdrawalsSource, type WithdrawalNews } from './withdrawalFeed.ts'

/** Tells what happens from now on; the result ends that. */
export type Source<News> = (tell: (news: News) => void) => () => void

/** `isRemoved`: a reorganisation of L1 took it away. */
export type SettlementNews = SettledBlock & { isRemoved: boolean }

/** What a rollup's node tells while it happens. Nothing is watched for where nobody listens. */
export type RollupFeeds = {
  /** the status now, and after whatever may have changed it */
  readonly status: Source<RollupStatus>
  /** L2 blocks in the order in which L1 takes them */
  readonly settlements: Source<SettlementNews>
  /** messages to L2 that L1 accepts, and that L2 delivers */
  readonly messages: Source<MessageNews>
  /** messages to L1, at each change of their status */
  readonly withdrawals: Source<WithdrawalNews>
  /** transactions on L1 that give blocks of this rollup to EXECUTE, also those that fail */
  readonly executes: Source<ExecuteNews>
}

/** What following a node takes. */
export type FeedParts = { node: L2Node; timers: Timers; onError(error: unknown): void }

/** What changes without a block on either chain (a pause, a failure of the settler) shows after this long. */
const STATUS_MS = 1_000

export function createFeeds(node: L2Node, { timers, logger }: { timers: Timers; logger: Logger }): RollupFeeds {
  const onError = (error: unknown): void => {
    const reason = error instanceof Error ? error.message : String(error)
    logger.warn('subscribers could not be told', { reason })
  }
  const parts = { node, timers, onError }
  return {
    status: (tell) => watchStatus(parts, tell),
    settlements: (tell) => watchSettlements(node, tell),
    messages: createMessagesSource(node),
    withdrawals: createWithdrawalsSource(parts),
    executes: createExecutesSource(node, onError),
  }
}

function watchStatus({ node, timers, onError }: FeedParts, tell: (status: RollupStatus) => void): () => void {
  let isEnded = false
  let cancel: (() => void) | undefined
  const ask = coalesce(async () => {
    const status = await node.reader.status()
    if (!isEnded) tell(status)
  }, onError)
  const onTime = (): void => {
    cancel = timers.after(STATUS_MS, onTime)
    ask()
  }
  const stops = [node.chain.onHead(ask), node.watcher.onChange(ask)]
  onTime()
  return () => {
    isEnded = true
    cancel?.()
    for (const stop of stops) stop()
  }
}

function watchSettlements({ watcher }: L2Node, tell: (news: SettlementNews) => void): () => void {
  const changes = followList<SettledBlock>({
    length: () => Number(watcher.settledHead()?.number ?? 0n),
    at: (index) => watcher.settledAt(BigInt(index) + 1n),
    idOf: ({ hash, l1TxHash, l1Block }) => `${hash} ${l1TxHash} ${l1Block}`,
  })
  return watcher.onChange(() => {
    const { removed, added } = changes()
    for (const settled of removed) tell({ ...settled, isRemoved: true })
    for (const settled of added) tell({ ...settled, isRemoved: false })
  })
}
