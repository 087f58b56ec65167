import type { Transaction } from '../execution/types.ts'
import { bytesToHex } from '../stateless/bytes.ts'
import { effectiveTip } from './fees.ts'
import type { PooledTransaction, SenderQueue } from './senderQueue.ts'

/** How many are remembered of one look at the whole pool. */
const REMEMBERED = 64

type Victim = { queue: SenderQueue; entry: PooledTransaction; waits: boolean; tip: bigint }

/** What a full pool gives up first: a sender's last transaction, one that waits before one that could run, then the lowest tip. */
export type Evictions = {
  /** Undefined when everything of other senders is worth at least as much as `tx`. */
  victimFor(tx: Transaction, baseFeePerGas: bigint | undefined): PooledTransaction | undefined
  /** After a change of this queue: its last transaction may now be worth less than what is known. */
  note(queue: SenderQueue): void
}

/**
 * Looks at every sender once in a while and remembers those who lose first: a full pool is what floods meet, and they
 * must not make every arrival as dear as the pool is large.
 */
export function createEvictions(queues: () => Iterable<SenderQueue>): Evictions {
  /** the least worth first */
  let known: Victim[] = []
  let baseFee: bigint | undefined

  const candidate = (queue: SenderQueue): Victim | undefined => {
    const entry = queue.entries.at(-1)
    if (entry === undefined) return undefined
    const waits = queue.entries.length > queue.pendingCount
    return { queue, entry, waits, tip: effectiveTip(entry.tx, baseFee) }
  }
  const insert = (victim: Victim): void => {
    let low = 0
    for (let high = known.length; low < high; ) {
      const middle = (low + high) >> 1
      if (compare(known[middle] as Victim, victim) < 0) low = middle + 1
      else high = middle
    }
    known.splice(low, 0, victim)
    if (known.length > REMEMBERED) known.pop()
  }
  const look = (): void => {
    known = []
    for (const queue of queues()) {
      const victim = candidate(queue)
      const last = known.at(-1)
      if (victim === undefined) continue
      if (known.length < REMEMBERED || last === undefined || compare(victim, last) < 0) insert(victim)
    }
  }
  const firstOfOthers = (own: string): Victim | undefined => {
    known = known.filter(isCurrent)
    return known.find(({ entry }) => entry.senderKey !== own)
  }

  return {
    victimFor(tx, baseFeePerGas) {
      if (baseFeePerGas !== baseFee) known = []
      baseFee = baseFeePerGas
      const own = bytesToHex(tx.sender)
      let victim = firstOfOthers(own)
      if (victim === undefined) {
        look()
        victim = firstOfOthers(own)
      }
      if (victim === undefined) return undefined
      return victim.waits || victim.tip < effectiveTip(tx, baseFee) ? victim.entry : undefined
    },
    note(queue) {
      const last = known.at(-1)
      if (last === undefined) return
      known = known.filter((victim) => victim.queue !== queue)
      const victim = candidate(queue)
      if (victim !== undefined && compare(victim, last) < 0) insert(victim)
    },
  }
}

/** Negative when `a` goes first. */
function compare(a: Victim, b: Victim): number {
  if (a.waits !== b.waits) return a.waits ? -1 : 1
  return a.tip < b.tip ? -1 : a.tip > b.tip ? 1 : 0
}

function isCurrent({ queue, entry, waits }: Victim): boolean {
  return queue.entries.at(-1) === entry && waits === queue.entries.length > queue.pendingCount
}
