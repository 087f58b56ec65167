import type { Transaction } from '../execution/types.ts'
import { bytesToHex } from '../stateless/bytes.ts'
import { effectiveTip } from './fees.ts'
import type { PooledTransaction, SenderQueue } from './senderQueue.ts'

/** How many are remembered of one look at the whole pool. */
const REMEMBERED = 64
/** One arrival is not worth more of others than this, nor the time to find them. */
const MAX_VICTIMS = 256

type Victim = { queue: SenderQueue; entry: PooledTransaction; waits: boolean; tip: bigint }

/** What a full pool gives up first: a sender's last transaction, one that waits before one that could run, then the lowest tip. */
export type Evictions = {
  /**
   * Those of other senders that have to go, in this order, until `suffice` holds; nothing is removed here. Undefined when
   * all that are worth less than `tx` do not suffice.
   */
  victimsFor(
    tx: Transaction,
    baseFeePerGas: bigint | undefined,
    suffice: (victims: readonly PooledTransaction[]) => boolean,
  ): readonly PooledTransaction[] | undefined
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

  /** `taken`: how many of the queue's last are victims already. */
  const candidate = (queue: SenderQueue, taken = 0): Victim | undefined => {
    const entry = queue.entries.at(-1 - taken)
    if (entry === undefined) return undefined
    const waits = queue.entries.length - taken > queue.pendingCount
    return { queue, entry, waits, tip: effectiveTip(entry.tx, baseFee) }
  }
  const insert = (ranked: Victim[], victim: Victim): void => {
    let low = 0
    for (let high = ranked.length; low < high; ) {
      const middle = (low + high) >> 1
      if (compare(ranked[middle] as Victim, victim) < 0) low = middle + 1
      else high = middle
    }
    ranked.splice(low, 0, victim)
    if (ranked.length > REMEMBERED) ranked.pop()
  }
  const look = (taken: ReadonlyMap<SenderQueue, number>): Victim[] => {
    const ranked: Victim[] = []
    for (const queue of queues()) {
      const victim = candidate(queue, taken.get(queue))
      const last = ranked.at(-1)
      if (victim === undefined) continue
      if (ranked.length < REMEMBERED || last === undefined || compare(victim, last) < 0) insert(ranked, victim)
    }
    return ranked
  }

  return {
    victimsFor(tx, baseFeePerGas, suffice) {
      known = baseFeePerGas === baseFee ? known.filter(isCurrent) : []
      baseFee = baseFeePerGas
      const own = bytesToHex(tx.sender)
      const worth = effectiveTip(tx, baseFee)
      const isOthers = ({ entry }: Victim) => entry.senderKey !== own
      const taken = new Map<SenderQueue, number>()
      const victims: PooledTransaction[] = []
      let ranked = [...known]
      while (!suffice(victims)) {
        if (!ranked.some(isOthers)) {
          ranked = look(taken)
          if (victims.length === 0) known = [...ranked]
        }
        const at = ranked.findIndex(isOthers)
        const [victim, last] = [ranked[at], ranked.at(-1)]
        if (victim === undefined || last === undefined || victims.length === MAX_VICTIMS) return undefined
        if (!victim.waits && victim.tip >= worth) return undefined
        victims.push(victim.entry)
        const { queue } = victim
        taken.set(queue, (taken.get(queue) ?? 0) + 1)
        ranked.splice(at, 1)
        const next = candidate(queue, taken.get(queue))
        // Whoever is not ranked is worth at least as much as the last one that is.
        if (next !== undefined && compare(next, last) < 0) insert(ranked, next)
      }
      return victims
    },
    note(queue) {
      const last = known.at(-1)
      if (last === undefined) return
      known = known.filter((victim) => victim.queue !== queue)
      const victim = candidate(queue)
      if (victim !== undefined && compare(victim, last) < 0) insert(known, victim)
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
