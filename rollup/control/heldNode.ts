import { isSameMode } from '../../node/sealer.ts'
import type { LiveTxPool } from '../../node/txPool.ts'
import type { Chain } from '../../node/types.ts'
import type { Parts } from '../parts/parts.ts'
import type { SettlingSwitch } from '../settling/settlingSwitch.ts'
import { noteForReorg, type RollupReorg } from './reorgReport.ts'

/** What may be done with a node that is held, and only then. */
export type HeldL2Node = {
  /** reads L1 up to its head; throws RollupError */
  readL1(): Promise<void>
  /** brings the chain in line with what was read of L1; transactions of blocks that go are run again at once */
  reconcile(): Promise<void>
  /**
   * Gives the function that brings everything back to now, for somebody who holds the node again: head, pool, seal mode,
   * whether it sequences and settles, coinbase, what waits to be run again, what is in flight to L1, what is postponed, the
   * fault that is armed. It ends with a look at L1, which the caller has taken back before. Throws RollupError when that
   * fails; the rest is done by then.
   */
  remember(): () => Promise<void>
  /** for a reorganisation of L1 above this block: the function tells, when it has happened, what became of everything */
  noteForReorg(ancestor: bigint): () => Promise<RollupReorg>
}

export type HeldNodeDeps = Parts & { chain: Chain; pool: LiveTxPool; settling: SettlingSwitch }

/** Only for whoever holds the node (L2Node.hold). */
export function heldNode(deps: HeldNodeDeps): HeldL2Node {
  const readL1 = async () => void (await deps.watcher.stepNow())
  return {
    readL1,
    reconcile: deps.sequencer.reconcileNow,
    remember: () => remember(deps, readL1),
    noteForReorg: (ancestor) => noteForReorg(deps, ancestor),
  }
}

function remember({ chain, pool, settling, ...parts }: HeldNodeDeps, readL1: () => Promise<void>): () => Promise<void> {
  const { sequencer, settler, sealer, attempts, replay, claims, forced, faults, coinbase } = parts
  const { hash } = chain.head()
  const transactions = Object.values(pool.content()).flat()
  const { mode } = sealer
  const tips = coinbase.current
  const isStopped = sequencer.isStopped()
  const isSettling = settling.isOn()
  const others = [replay, settler, attempts, claims, forced, faults].map((part) => part.remember())
  return async () => {
    await chain.rewindTo(hash)
    for (const bringBack of others) await bringBack()
    await pool.refill(transactions)
    coinbase.current = tips
    sequencer.setStopped(isStopped)
    if (settling.isOn() !== isSettling) settling.set(isSettling)
    if (!isSameMode(sealer.mode, mode)) sealer.setMode(mode)
    await readL1()
  }
}
