import type { Transaction } from '../../execution/types.ts'
import { giveWay, isTurnOver } from '../../node/eventLoop.ts'
import { headChange } from '../../node/headChange.ts'
import type { Chain, StoredBlock, TxPool } from '../../node/types.ts'
import { bytesToHex, hexToBytes } from '../../stateless/bytes.ts'
import { readUndelivered } from '../contracts.ts'
import type { L1Watcher } from '../l1/l1Watcher.ts'
import type { Outbox, OutboxEntry } from '../messages/outbox.ts'
import type { ReplayQueue } from '../replay.ts'
import type { ChainPoint, L1MessageRecord } from '../types.ts'

type Hex = `0x${string}`

/** What a reorganisation of L1 did to one rollup. Every list names what was in the blocks that went, and where it is now. */
export type RollupReorg = {
  l2ChainId: bigint
  /** L2 blocks taken back and those in their place; `ancestor`: the newest one that stayed */
  l2: { ancestor: bigint; removed: readonly ChainPoint[]; added: readonly ChainPoint[]; head: ChainPoint }
  /** `id`: the old one; `now.id`: where the queue has it today */
  messages: readonly { id: bigint; l1TxHash: Hex; now: MessageNow }[]
  settlements: readonly { l2Block: bigint; hash: Hex; l1TxHash: Hex; now: SettlementNow }[]
  /** withdrawals that were paid in the removed L1 blocks */
  claims: readonly { id: bigint; l1TxHash: Hex; now: ClaimNow }[]
  forced: readonly { id: bigint; txHash: Hex; l1TxHash: Hex; now: { status: 'queued'; id: bigint } | Gone }[]
  /** of the removed L2 blocks, without the node's own deliveries, which it makes anew */
  transactions: readonly { hash: Hex; l2Block: bigint; now: TransactionNow }[]
  withdrawals: readonly { id: bigint; l2TxHash: Hex; now: { status: 'sent'; id: bigint; l2Block: bigint } | Gone }[]
}

type Gone = { status: 'gone' }
type MessageNow = { status: 'sent'; id: bigint; l1Block: bigint; delivered: boolean } | Gone
/** waiting: the same L2 block is not settled now; rebuilt: another one has its number, or none */
type SettlementNow =
  | { status: 'settled'; l1TxHash: Hex; l1Block: bigint }
  | { status: 'waiting' }
  | { status: 'rebuilt' }
/** open: it can be claimed again, once its block is settled; gone: it was never sent, as L2 is now */
type ClaimNow = { status: 'claimed'; l1TxHash: Hex } | { status: 'open' } | Gone
/** waiting: for its turn in a block that is built again */
type TransactionNow =
  | { status: 'included'; l2Block: bigint; succeeded: boolean }
  | { status: 'pool' }
  | { status: 'waiting' }
  | { status: 'gone'; reason: string }

export type ReorgReportDeps = {
  chain: Chain
  pool: TxPool
  watcher: L1Watcher
  outbox: Outbox
  replay: ReplayQueue
  isOwn(tx: Transaction): boolean
  /** why the builder left a transaction out, if it did lately */
  leftOut(hash: Uint8Array): string | undefined
}

/**
 * Notes what stands in the L1 blocks above `ancestor`; the function that it gives tells, when these blocks are gone and L2
 * has followed, what became of it.
 */
export function noteForReorg(deps: ReorgReportDeps, ancestor: bigint): () => Promise<RollupReorg> {
  const { chain, watcher, outbox } = deps
  const before = watcher.recordsAbove(ancestor)
  const sent = [...outbox.entries()]
  const oldHead = requireStored(chain, chain.head().hash)
  return async () => {
    const now = watcher.recordsAbove(ancestor)
    const head = requireStored(chain, chain.head().hash)
    const change = await headChange(oldHead, head, (hash) => chain.getBlockByHash(hash))
    const removed = change.removed.toReversed()
    const fork = (removed[0]?.block.header.number ?? head.block.header.number + 1n) - 1n
    const isAbove = ({ l2Block }: { l2Block: bigint }) => l2Block > fork
    return {
      l2ChainId: chain.chainId,
      l2: { ancestor: fork, removed: removed.map(pointOf), added: change.added.map(pointOf), head: pointOf(head) },
      messages: messagesNow(deps, before.messages, now.messages),
      settlements: before.settled.map(({ number, hash, l1TxHash }) => {
        return { l2Block: number, hash, l1TxHash, now: settlementNow(deps, number, hash) }
      }),
      claims: before.claims.map(({ index, l1TxHash }) => {
        return { id: index, l1TxHash, now: claimNow(deps, index, sent[Number(index)]?.hash) }
      }),
      forced: pairs(before.forced, now.forced, (entry) => entry.l1TxHash).map(([{ id, txHash, l1TxHash }, found]) => {
        return { id, txHash, l1TxHash, now: found === undefined ? GONE : { status: 'queued', id: found.id } }
      }),
      transactions: await transactionsOf(deps, removed),
      withdrawals: withdrawalsNow(sent.filter(isAbove), outbox.entries().filter(isAbove)),
    }
  }
}

const GONE: Gone = { status: 'gone' }

/** Each old item with the new one that has its transaction and the same place among those of it. */
function pairs<Item>(
  old: readonly Item[],
  fresh: readonly Item[],
  transactionOf: (item: Item) => Hex,
): [old: Item, fresh: Item | undefined][] {
  const keysOf = (items: readonly Item[]): [string, Item][] => {
    const counts = new Map<Hex, number>()
    return items.map((item) => {
      const hash = transactionOf(item)
      const place = counts.get(hash) ?? 0
      counts.set(hash, place + 1)
      return [`${hash}/${place}`, item]
    })
  }
  const found = new Map(keysOf(fresh))
  return keysOf(old).map(([key, item]) => [item, found.get(key)])
}

function messagesNow(
  { chain, watcher }: ReorgReportDeps,
  old: readonly L1MessageRecord[],
  fresh: readonly L1MessageRecord[],
): RollupReorg['messages'] {
  const state = chain.stateAt(chain.head().header.stateRoot)
  const messenger = hexToBytes(watcher.deployment.l2.messenger)
  const undelivered = new Set(readUndelivered(state, messenger, watcher.messages().length))
  return pairs(old, fresh, (entry) => entry.l1TxHash).map(([{ message, l1TxHash }, found]) => {
    if (found === undefined) return { id: message.index, l1TxHash, now: GONE }
    const { index: id } = found.message
    const delivered = !undelivered.has(Number(id))
    return { id: message.index, l1TxHash, now: { status: 'sent', id, l1Block: found.l1Block, delivered } }
  })
}

function withdrawalsNow(old: readonly OutboxEntry[], fresh: readonly OutboxEntry[]): RollupReorg['withdrawals'] {
  return pairs(old, fresh, (entry) => entry.l2TxHash).map(([{ message, l2TxHash }, found]) => {
    if (found === undefined) return { id: message.index, l2TxHash, now: GONE }
    return { id: message.index, l2TxHash, now: { status: 'sent', id: found.message.index, l2Block: found.l2Block } }
  })
}

function settlementNow({ chain, watcher }: ReorgReportDeps, number: bigint, hash: Hex): SettlementNow {
  const settled = watcher.settledAt(number)
  if (settled?.hash === hash) return { status: 'settled', l1TxHash: settled.l1TxHash, l1Block: settled.l1Block }
  return { status: chain.isCanonical(hexToBytes(hash)) ? 'waiting' : 'rebuilt' }
}

/** `hash`: of the withdrawal that had this index before */
function claimNow({ watcher, outbox }: ReorgReportDeps, index: bigint, hash: Hex | undefined): ClaimNow {
  const l1TxHash = watcher.claimed(index)
  if (l1TxHash !== undefined) return { status: 'claimed', l1TxHash }
  return { status: outbox.entries()[Number(index)]?.hash === hash ? 'open' : 'gone' }
}

async function transactionsOf(
  deps: ReorgReportDeps,
  removed: readonly StoredBlock[],
): Promise<RollupReorg['transactions'][0][]> {
  const waiting = new Set(deps.replay.pending().map(({ hash }) => bytesToHex(hash)))
  const found: RollupReorg['transactions'][0][] = []
  for (const { block } of removed) {
    for (const tx of await deps.chain.readTransactions(block)) {
      if (deps.isOwn(tx)) continue
      const key = bytesToHex(tx.hash)
      const now = waiting.has(key) ? ({ status: 'waiting' } as const) : transactionNow(deps, tx)
      found.push({ hash: `0x${key}`, l2Block: block.header.number, now })
      if (isTurnOver()) await giveWay()
    }
  }
  return found
}

function transactionNow({ chain, pool, leftOut }: ReorgReportDeps, { hash }: Transaction): TransactionNow {
  const location = chain.getTransactionLocation(hash)
  if (location !== undefined) {
    const receipt = chain.getBlockByHash(location.blockHash)?.receipts[location.index]
    return { status: 'included', l2Block: location.blockNumber, succeeded: receipt?.status === 1 }
  }
  if (pool.get(hash) !== undefined) return { status: 'pool' }
  return { status: 'gone', reason: leftOut(hash) ?? 'no block takes it any more' }
}

function requireStored(chain: Chain, hash: Uint8Array): StoredBlock {
  const stored = chain.getBlockByHash(hash)
  if (stored === undefined) throw new Error(`L2 block 0x${bytesToHex(hash)} is not stored`)
  return stored
}

function pointOf({ block: { hash, header } }: Pick<StoredBlock, 'block'>): ChainPoint {
  return { number: header.number, hash: `0x${bytesToHex(hash)}`, timestamp: header.timestamp }
}
