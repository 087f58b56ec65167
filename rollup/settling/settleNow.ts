import type { Timers } from '../../node/clock.ts'
import type { L1Watcher } from '../l1/l1Watcher.ts'
import type { Sequencer } from '../sequencer.ts'
import type { Settler } from './settler.ts'
import type { SettlerStep } from './settlerMoves.ts'

/** `upTo`: the last block to settle. `signal`: waits no longer for what is on its way. */
export type SettleRequest = { upTo?: bigint; signal?: AbortSignal }

export type SettleNowDeps = {
  watcher: Pick<L1Watcher, 'step'>
  sequencer: Pick<Sequencer, 'reconcile'>
  settler: Pick<Settler, 'step' | 'status'>
  timers: Timers
}

/** Settles everything that L1 time allows; gives the L1 transactions. Throws RollupError. */
export async function settleNow(
  { watcher, sequencer, settler, timers }: SettleNowDeps,
  { upTo, signal }: SettleRequest,
): Promise<readonly `0x${string}`[]> {
  // the first may have been under way before and miss the newest blocks; the second begins now
  await watcher.step()
  await watcher.step()
  await sequencer.reconcile()
  const sent = new Set<`0x${string}`>()
  while (signal?.aborted !== true) {
    const step: SettlerStep = await settler.step(upTo)
    const { lastTx } = settler.status()
    // beside the loop, which may have sent it
    if ((step === 'sent' || step === 'waiting') && lastTx !== undefined) sent.add(lastTx)
    if (step === 'idle' || step === 'blocked') break
    if (step === 'waiting') await new Promise<void>((resolve) => void timers.after(50, resolve))
  }
  await watcher.step()
  return [...sent]
}
