import { giveWay, isTurnOver } from '../../node/eventLoop.ts'
import type { L2Node } from '../l2Node.ts'
import type { OutboxEntry } from '../messages/outbox.ts'
import type { WithdrawalStatus } from '../types.ts'
import { coalesce } from './coalesce.ts'
import type { FeedParts, Source } from './feeds.ts'

type Hex = `0x${string}`

/** A message to L1 has this status now. `isRemoved`: a rebuilt L2 block no longer sends it. */
export type WithdrawalNews = {
  id: bigint
  hash: Hex
  status: WithdrawalStatus
  l2Block: bigint
  l2TxHash: Hex
  claimTx?: Hex
  isRemoved: boolean
}

/** Finality comes with time alone. */
const LOOK_MS = 1_000
/** Claimed ones whose claim a reorganisation of L1 may still take back. */
const MAX_CLAIMED = 1_024

export function createWithdrawalsSource({ node, timers, onError }: FeedParts): Source<WithdrawalNews> {
  return (tell) => {
    let known: ReadonlyMap<bigint, WithdrawalNews> | undefined
    /** messages before this one have long been claimed */
    let first = 0
    let isEnded = false
    let cancel: (() => void) | undefined

    const look = coalesce(async () => {
      first = Math.min(first, node.outbox.entries().length)
      const now = await readNews(node, first)
      if (known !== undefined && !isEnded) for (const news of changes(known, now)) tell(news)
      first = firstToWatch(now, first)
      known = new Map([...now].filter(([id]) => id >= BigInt(first)))
    }, onError)
    const onTime = (): void => {
      cancel = timers.after(LOOK_MS, onTime)
      look()
    }
    const stops = [node.chain.onHead(look), node.watcher.onChange(look)]
    onTime()
    return () => {
      isEnded = true
      cancel?.()
      for (const stop of stops) stop()
    }
  }
}

async function readNews(node: L2Node, first: number): Promise<Map<bigint, WithdrawalNews>> {
  const statusOf = readStatus(node)
  const news = new Map<bigint, WithdrawalNews>()
  for (const entry of node.outbox.entries().slice(first)) {
    const { message, hash, l2Block, l2TxHash } = entry
    news.set(message.index, { id: message.index, hash, l2Block, l2TxHash, ...statusOf(entry), isRemoved: false })
    if (isTurnOver()) await giveWay()
  }
  return news
}

function* changes(
  before: ReadonlyMap<bigint, WithdrawalNews>,
  now: ReadonlyMap<bigint, WithdrawalNews>,
): Iterable<WithdrawalNews> {
  for (const [id, news] of before) {
    const next = now.get(id)
    if (next?.hash !== news.hash || next.l2TxHash !== news.l2TxHash) yield { ...news, isRemoved: true }
  }
  for (const [id, news] of now) {
    const last = before.get(id)
    if (last?.hash !== news.hash || last.l2TxHash !== news.l2TxHash || last.status !== news.status) yield news
  }
}

/** The oldest that is not claimed, or that was claimed so lately that a reorganisation may take it back. */
function firstToWatch(news: ReadonlyMap<bigint, WithdrawalNews>, first: number): number {
  let oldestOpen = first
  for (const { status } of news.values()) {
    if (status !== 'claimed') break
    oldestOpen += 1
  }
  return Math.max(first, Math.min(oldestOpen, first + news.size - MAX_CLAIMED))
}

/** Statuses as of now. An outbox is cumulative, so a number of L2 is all that counts. */
function readStatus({ watcher, finality }: L2Node): (entry: OutboxEntry) => Pick<WithdrawalNews, 'status' | 'claimTx'> {
  const settled = watcher.settledHead()?.number ?? 0n
  const provable = finality.newestProvable()?.number ?? 0n
  return ({ message, l2Block }) => {
    const claimTx = watcher.claimed(message.index)
    if (claimTx !== undefined) return { status: 'claimed', claimTx }
    if (l2Block <= provable) return { status: 'ready-to-claim' }
    return { status: l2Block <= settled ? 'waiting-for-finality' : 'waiting-to-settle' }
  }
}
