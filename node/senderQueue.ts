import type { Transaction } from '../execution/types.ts'
import { bytesToHex } from '../stateless/bytes.ts'

/** A transaction in the pool. Keys are hex without prefix. */
export type PooledTransaction = {
  tx: Transaction
  key: string
  senderKey: string
  /** counts up with every transaction; earlier wins between equal tips */
  arrival: number
  /** the most it can take from its sender, in wei */
  cost: bigint
  /** as it came in, blobs included */
  bytes: number
  /** who signed its authorizations (EIP-7702) */
  authorities: readonly string[]
  /** has been reported as pending */
  announced: boolean
}

/** One sender's transactions by nonce. The first `pendingCount` of them can run now, one after another. */
export type SenderQueue = {
  sender: Uint8Array
  /** the same, hex without prefix */
  senderKey: string
  entries: PooledTransaction[]
  pendingCount: number
  /** the most that those can take from the sender, in wei */
  pendingCost: bigint
  nonce: bigint
  balance: bigint
  /** the pool's head version that nonce and balance are of */
  version: number
}

export function createSenderQueue(sender: Uint8Array, senderKey = bytesToHex(sender)): SenderQueue {
  return { sender, senderKey, entries: [], pendingCount: 0, pendingCost: 0n, nonce: 0n, balance: 0n, version: -1 }
}

export function entryAt(queue: SenderQueue, nonce: bigint): PooledTransaction | undefined {
  const index = insertionIndex(queue, nonce)
  const entry = queue.entries[index]
  return entry?.tx.nonce === nonce ? entry : undefined
}

/** Like `entryAt`, for transactions that can run now. */
export function pendingAt(queue: SenderQueue, nonce: bigint): PooledTransaction | undefined {
  const first = queue.entries[0]
  if (first === undefined) return undefined
  const index = nonce - first.tx.nonce
  return index >= 0n && index < BigInt(queue.pendingCount) ? queue.entries[Number(index)] : undefined
}

/** Puts an entry at its nonce and returns the one that it replaces. */
export function placeEntry(queue: SenderQueue, entry: PooledTransaction): PooledTransaction | undefined {
  const index = insertionIndex(queue, entry.tx.nonce)
  const there = queue.entries[index]
  if (there?.tx.nonce === entry.tx.nonce) {
    queue.entries[index] = entry
    return there
  }
  queue.entries.splice(index, 0, entry)
  return undefined
}

export function removeEntry(queue: SenderQueue, entry: PooledTransaction): void {
  const index = insertionIndex(queue, entry.tx.nonce)
  if (queue.entries[index] === entry) queue.entries.splice(index, 1)
}

/** Does it hold blob transactions? Then it holds nothing else, and without gaps. */
export function holdsBlobs({ entries }: SenderQueue): boolean {
  return entries[0]?.tx.type === 3
}

/** The first nonce that nothing here has. */
export function firstGap({ entries, nonce }: SenderQueue): bigint {
  const gap = entries.findIndex(({ tx }, index) => tx.nonce !== nonce + BigInt(index))
  return nonce + BigInt(gap === -1 ? entries.length : gap)
}

/** Removes what comes after the first gap, and returns it. */
export function takeGapped(queue: SenderQueue): PooledTransaction[] {
  return queue.entries.splice(Number(firstGap(queue) - queue.nonce))
}

/** Removes what the state has passed, and returns it. */
export function takeUsed(queue: SenderQueue): PooledTransaction[] {
  return queue.entries.splice(0, insertionIndex(queue, queue.nonce))
}

/** Counts anew how many run without a gap and within the balance; returns those that were not announced yet. */
export function promote(queue: SenderQueue): PooledTransaction[] {
  queue.pendingCount = 0
  queue.pendingCost = 0n
  return promoteFurther(queue)
}

/** Like `promote` when nothing before the first waiting transaction has changed: does not count those again. */
export function promoteFurther(queue: SenderQueue): PooledTransaction[] {
  const fresh: PooledTransaction[] = []
  for (;;) {
    const entry = queue.entries[queue.pendingCount]
    if (entry?.tx.nonce !== queue.nonce + BigInt(queue.pendingCount)) return fresh
    const cost = queue.pendingCost + entry.cost
    if (cost > queue.balance) return fresh
    queue.pendingCount += 1
    queue.pendingCost = cost
    if (!entry.announced) fresh.push(entry)
  }
}

function insertionIndex({ entries }: SenderQueue, nonce: bigint): number {
  let low = 0
  let high = entries.length
  while (low < high) {
    const middle = (low + high) >> 1
    const entry = entries[middle]
    if (entry !== undefined && entry.tx.nonce < nonce) low = middle + 1
    else high = middle
  }
  return low
}
