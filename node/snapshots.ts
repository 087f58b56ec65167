import type { Transaction } from '../execution/types.ts'
import { keccak256 } from '../stateless/keccak.ts'
import type { Hash32 } from '../stateless/types.ts'
import type { BlockSettings } from './blockSettings.ts'
import type { AdjustableClock } from './clock.ts'
import { ChainError } from './errors.ts'
import type { L1Node } from './l1Node.ts'
import { isSameMode } from './sealer.ts'
import type { SealMode } from './types.ts'

export type Snapshots = {
  /** remembers head, clock, seal mode, block settings and pool; gives the id, counted from 0 */
  take(): Promise<bigint>
  /** Everything as it was then; this snapshot and later ones are forgotten. False when there is none with this id. */
  revert(id: bigint): Promise<boolean>
  /** the same two, for somebody who holds the node's `between` already */
  takeNow(): bigint
  revertNow(id: bigint): Promise<boolean>
  list(): readonly { id: bigint; number: bigint; hash: Hash32 }[]
  /** As when the node started, on the genesis block, in real time; all snapshots are forgotten. */
  reset(): Promise<void>
  /** The block so many below the head is the head again; what was in the removed blocks is gone. Throws ChainError. */
  rollback(depth: bigint): Promise<void>
  /** The same, and then as many other blocks on top, without what was in the removed ones. Throws ChainError. */
  reorg(depth: bigint): Promise<void>
}

type Snapshot = {
  head: Hash32
  number: bigint
  offsetMs: number
  mode: SealMode
  settings: BlockSettings
  transactions: readonly Transaction[]
}

/** Each may hold a pool of its own; the oldest goes first. */
const MAX_SNAPSHOTS = 1_024

/** Going back in the history of an L1, as test suites do before each test. */
export function createSnapshots(node: L1Node, clock: AdjustableClock): Snapshots {
  const { chain, pool, sealer, producer, between, rewindTo } = node
  const kept = new Map<bigint, Snapshot>()
  let nextId = 0n

  const capture = (): Snapshot => {
    const { pending, queued } = pool.content()
    return {
      head: chain.head().hash,
      number: chain.head().header.number,
      offsetMs: clock.offsetMs(),
      mode: sealer.mode,
      settings: producer.settings(),
      transactions: [...pending, ...queued],
    }
  }
  const { hash: head, header } = chain.genesis
  const start: Snapshot = { ...capture(), head, number: header.number, offsetMs: 0, transactions: [] }

  async function goTo(snapshot: Snapshot): Promise<void> {
    await rewindTo(snapshot.head)
    clock.shift(snapshot.offsetMs - clock.offsetMs())
    producer.restore(snapshot.settings)
    await pool.refill(snapshot.transactions)
    if (!isSameMode(sealer.mode, snapshot.mode)) sealer.setMode(snapshot.mode)
  }

  function ancestor(depth: bigint): Hash32 {
    const hash = chain.getHashByNumber(chain.head().header.number - depth)
    if (hash !== undefined) return hash
    throw new ChainError('TOO_SHORT', `the chain has no ${depth} blocks above genesis`, { depth })
  }

  function takeNow(): bigint {
    const id = nextId++
    kept.set(id, capture())
    const [oldest] = kept.keys()
    if (kept.size > MAX_SNAPSHOTS && oldest !== undefined) kept.delete(oldest)
    return id
  }

  async function revertNow(id: bigint): Promise<boolean> {
    const snapshot = kept.get(id)
    if (snapshot === undefined) return false
    await goTo(snapshot)
    for (const later of [...kept.keys()]) if (later >= id) kept.delete(later)
    return true
  }

  return {
    takeNow,
    revertNow,
    take: () => between(async () => takeNow()),
    revert: (id) => between(() => revertNow(id)),
    list: () => [...kept].map(([id, { number, head }]) => ({ id, number, hash: head })),
    reset: () =>
      between(async () => {
        await goTo(start)
        kept.clear()
      }),
    rollback: (depth) => between(() => rewindTo(ancestor(depth))),
    reorg: (depth) =>
      between(async () => {
        const before = chain.head().hash
        await rewindTo(ancestor(depth))
        // otherwise the same blocks could come out again
        producer.setNext({ prevRandao: keccak256(before) })
        for (let block = 0n; block < depth; block++) await producer.seal('now')
      }),
  }
}
