import { TransactionRejected } from '../execution/errors.ts'
import type { Transaction } from '../execution/types.ts'
import { bytesToHex } from '../stateless/bytes.ts'
import { type AuthorityIndex, createAuthorityIndex } from './authorityIndex.ts'
import { createEvictions } from './eviction.ts'
import { costOf, MAX_BLOB_TRANSACTIONS_PER_SENDER } from './poolRules.ts'
import {
  createSenderQueue,
  entryAt,
  holdsBlobs,
  type PooledTransaction,
  placeEntry,
  promote,
  promoteFurther,
  removeEntry,
  type SenderQueue,
  takeGapped,
  takeUsed,
} from './senderQueue.ts'
import type { Logger, PoolStatus } from './types.ts'

export type PoolLimits = {
  maxTransactions: number
  maxBytes: number
  maxPerSender: number
  maxQueuedPerSender: number
}

/** A transaction that passed every rule. */
export type Arrival = {
  tx: Transaction
  /** as it came in, blobs included */
  bytes: number
  /** who signed its authorizations, hex without prefix */
  authorities: readonly string[]
}

/** What is in the pool, by hash and by sender, and what has to go when it is full. Knows no chain. */
export type PoolContents = {
  /** by hash, hex without prefix */
  find(key: string): PooledTransaction | undefined
  /** by sender; a new one joins the pool only with its first transaction */
  queueOf(sender: Uint8Array): SenderQueue
  knownQueue(senderKey: string): SenderQueue | undefined
  queues(): Iterable<SenderQueue>
  /** who has an authorization waiting */
  readonly authorities: Pick<AuthorityIndex, 'has'>
  status(): PoolStatus
  list(): { pending: readonly Transaction[]; queued: readonly Transaction[] }
  /**
   * Takes a transaction into its sender's queue, in place of the one with its nonce.
   * Throws TransactionRejected when there is no room.
   */
  insert(arrival: Arrival, queue: SenderQueue, baseFeePerGas: bigint | undefined): void
  /** Takes a transaction out; what followed it waits. */
  remove(entry: PooledTransaction): void
  /** Takes a transaction out without counting its queue anew. */
  takeOut(entry: PooledTransaction): SenderQueue | undefined
  /**
   * Counts a queue anew after its nonce, balance or entries changed; what the nonce has passed goes, and an empty queue
   * leaves the pool.
   */
  settle(queue: SenderQueue): void
}

export function createPoolContents(
  limits: PoolLimits,
  deps: { logger: Logger; announce(tx: Transaction): void },
): PoolContents {
  const byHash = new Map<string, PooledTransaction>()
  const queues = new Map<string, SenderQueue>()
  const authorities = createAuthorityIndex()
  const evictions = createEvictions(() => queues.values())
  let arrivals = 0
  let held = 0

  const forget = (entries: readonly PooledTransaction[]): void => {
    for (const entry of entries) {
      if (!byHash.delete(entry.key)) continue
      held -= entry.bytes
      authorities.remove(entry.authorities)
    }
  }
  const announce = (entries: readonly PooledTransaction[]): void => {
    for (const entry of entries) {
      entry.announced = true
      deps.announce(entry.tx)
    }
  }
  /** A walk over candidates may still hold a queue that left, while its sender has a new one. */
  const leave = (queue: SenderQueue): void => {
    if (queues.get(queue.senderKey) === queue) queues.delete(queue.senderKey)
  }
  const settle = (queue: SenderQueue): void => {
    forget(takeUsed(queue))
    // Blobs are too large to wait for a nonce that may never come.
    if (holdsBlobs(queue)) forget(takeGapped(queue))
    const fresh = promote(queue)
    if (queue.entries.length === 0) leave(queue)
    evictions.note(queue)
    announce(fresh)
  }
  const takeOut = (entry: PooledTransaction): SenderQueue | undefined => {
    forget([entry])
    const queue = queues.get(entry.senderKey)
    if (queue !== undefined) removeEntry(queue, entry)
    return queue
  }
  const remove = (entry: PooledTransaction): void => {
    const queue = takeOut(entry)
    if (queue !== undefined) settle(queue)
  }
  const full = (): TransactionRejected =>
    new TransactionRejected('POOL_FULL', `transaction underpriced: txpool is full with ${byHash.size} transactions`, {
      transactions: byHash.size,
      bytes: held,
    })

  /**
   * What its sender gives up for a transaction when it is at its own limits: its last one, which cannot run before the new
   * one anyway. Throws TransactionRejected.
   */
  function ownVictim(tx: Transaction, { entries, pendingCount, nonce }: SenderQueue): PooledTransaction | undefined {
    const isNext = tx.nonce === nonce + BigInt(pendingCount)
    const queued = entries.length - pendingCount
    const maxPerSender = tx.type === 3 ? MAX_BLOB_TRANSACTIONS_PER_SENDER : limits.maxPerSender
    if (entries.length < maxPerSender && (isNext || queued < limits.maxQueuedPerSender)) return undefined
    const last = entries.at(-1)
    if (last !== undefined && last.tx.nonce > tx.nonce) return last
    const message = `account limit exceeded: pooled ${entries.length} txs`
    throw new TransactionRejected('ACCOUNT_LIMIT', message, { pending: pendingCount, queued })
  }

  /** Nobody leaves before it is certain that there will be room. */
  function makeRoom(tx: Transaction, bytes: number, queue: SenderQueue, baseFeePerGas: bigint | undefined): void {
    const own = ownVictim(tx, queue)
    let free = limits.maxBytes - held + (own?.bytes ?? 0)
    let places = limits.maxTransactions - byHash.size + (own === undefined ? 0 : 1)
    let counted = 0
    const victims = evictions.victimsFor(tx, baseFeePerGas, (others) => {
      for (; counted < others.length; counted++) {
        free += others[counted]?.bytes ?? 0
        places += 1
      }
      return free >= bytes && places > 0
    })
    if (victims === undefined) throw full()
    for (const victim of own === undefined ? victims : [own, ...victims]) {
      remove(victim)
      deps.logger.debug('made room in the pool', { evicted: victim.tx.hash, for: tx.hash })
    }
  }

  return {
    authorities,
    find: (key) => byHash.get(key),
    queueOf(sender) {
      const senderKey = bytesToHex(sender)
      return queues.get(senderKey) ?? createSenderQueue(sender, senderKey)
    },
    knownQueue: (senderKey) => queues.get(senderKey),
    queues: () => queues.values(),
    status() {
      let pending = 0
      for (const queue of queues.values()) pending += queue.pendingCount
      return { pending, queued: byHash.size - pending }
    },
    list() {
      const pending: Transaction[] = []
      const queued: Transaction[] = []
      for (const { entries, pendingCount } of queues.values()) {
        for (const [index, { tx }] of entries.entries()) (index < pendingCount ? pending : queued).push(tx)
      }
      return { pending, queued }
    },
    insert({ tx, bytes, authorities: signers }, queue, baseFeePerGas) {
      const there = entryAt(queue, tx.nonce)
      if (there === undefined) makeRoom(tx, bytes, queue, baseFeePerGas)
      // A replacement takes no new place, but it may be larger than what it replaces.
      else if (bytes > there.bytes && held + bytes - there.bytes > limits.maxBytes) throw full()
      const key = bytesToHex(tx.hash)
      const { senderKey } = queue
      arrivals += 1
      const entry: PooledTransaction = {
        tx,
        key,
        senderKey,
        arrival: arrivals,
        cost: costOf(tx),
        bytes,
        authorities: signers,
        announced: false,
      }
      queues.set(senderKey, queue)
      byHash.set(key, entry)
      held += bytes
      authorities.add(signers)
      const replaced = placeEntry(queue, entry)
      if (replaced !== undefined) forget([replaced])
      const fresh = replaced === undefined ? promoteFurther(queue) : promote(queue)
      evictions.note(queue)
      announce(fresh)
    },
    remove,
    takeOut,
    settle,
  }
}
