import type { Transaction } from '../execution/types.ts'
import { effectiveTip } from './fees.ts'
import { type PooledTransaction, pendingAt, type SenderQueue } from './senderQueue.ts'

type Candidate = { queue: SenderQueue; entry: PooledTransaction; tip: bigint }

/**
 * Pending transactions, the best effective tip first, then the earlier one; each sender in nonce order.
 *
 * `refresh` brings a queue up to the head before its transaction is given out. The queues are read as the iteration
 * goes: what was dropped meanwhile does not come, nor does what followed it.
 */
export function* bestCandidates(
  queues: Iterable<SenderQueue>,
  refresh: (queue: SenderQueue) => void,
  baseFeePerGas: bigint | undefined,
): Iterable<Transaction> {
  const candidate = (queue: SenderQueue, entry: PooledTransaction | undefined): Candidate | undefined => {
    if (entry === undefined) return undefined
    const tip = effectiveTip(entry.tx, baseFeePerGas)
    return tip < 0n ? undefined : { queue, entry, tip }
  }
  const heap = createHeap()
  for (const queue of queues) {
    if (queue.pendingCount > 0) heap.push(candidate(queue, queue.entries[0]))
  }
  const given = new Set<SenderQueue>()
  for (let best = heap.pop(); best !== undefined; best = heap.pop()) {
    const { queue, entry } = best
    refresh(queue)
    const first = given.has(queue) || queue.pendingCount === 0 ? undefined : queue.entries[0]
    const current = first ?? pendingAt(queue, entry.tx.nonce)
    if (current !== entry) {
      heap.push(candidate(queue, current))
      continue
    }
    given.add(queue)
    yield entry.tx
    heap.push(candidate(queue, pendingAt(queue, entry.tx.nonce + 1n)))
  }
}

/** A binary heap, the best candidate on top. */
function createHeap() {
  const items: Candidate[] = []
  const swap = (a: number, b: number): void => {
    const [first, second] = [items[a], items[b]]
    if (first === undefined || second === undefined) return
    items[a] = second
    items[b] = first
  }
  const isBetter = (a: number, b: number): boolean => {
    const [first, second] = [items[a], items[b]]
    if (first === undefined || second === undefined) return false
    return first.tip === second.tip ? first.entry.arrival < second.entry.arrival : first.tip > second.tip
  }
  const siftUp = (start: number): void => {
    for (let at = start; at > 0; ) {
      const parent = (at - 1) >> 1
      if (!isBetter(at, parent)) return
      swap(at, parent)
      at = parent
    }
  }
  const siftDown = (): void => {
    for (let at = 0; ; ) {
      const [left, right] = [2 * at + 1, 2 * at + 2]
      const child = isBetter(right, left) ? right : left
      if (!isBetter(child, at)) return
      swap(child, at)
      at = child
    }
  }
  return {
    push(item: Candidate | undefined): void {
      if (item === undefined) return
      items.push(item)
      siftUp(items.length - 1)
    },
    pop(): Candidate | undefined {
      swap(0, items.length - 1)
      const best = items.pop()
      siftDown()
      return best
    },
  }
}
