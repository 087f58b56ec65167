import type { Timers } from '../../node/clock.ts'
import type { L1Watcher } from '../l1/l1Watcher.ts'
import type { Sequencer } from '../sequencer.ts'
import type { L1View } from '../types.ts'
import type { AttemptJournal } from './attempts.ts'
import type { Settler } from './settler.ts'
import type { SettlerStep } from './settlerMoves.ts'

type Hex = `0x${string}`

/** `upTo`: the last block to settle. `signal`: waits no longer for what is on its way. */
export type SettleRequest = { upTo?: bigint; signal?: AbortSignal }

export type SettleNowDeps = {
  watcher: Pick<L1Watcher, 'step'> & Pick<L1View, 'settledHead' | 'settledAt'>
  sequencer: Pick<Sequencer, 'reconcile'>
  settler: Pick<Settler, 'step' | 'status'>
  attempts: Pick<AttemptJournal, 'of'>
  timers: Timers
}

/**
 * Settles everything that L1 time allows; gives this node's L1 transactions that are on their way or have settled what was
 * not settled before, also those that its loop had sent already, in the order of sending. Throws RollupError.
 */
export async function settleNow(deps: SettleNowDeps, { upTo, signal }: SettleRequest): Promise<readonly Hex[]> {
  const { watcher, sequencer, settler, timers } = deps
  const before = watcher.settledHead()?.number ?? 0n
  // the first may have been under way before and miss the newest blocks; the second begins now
  await watcher.step()
  await watcher.step()
  await sequencer.reconcile()
  const sent = new Set<Hex>()
  while (signal?.aborted !== true) {
    const step: SettlerStep = await settler.step(upTo)
    const { lastTx } = settler.status()
    // beside the loop, which may have sent it
    if ((step === 'sent' || step === 'waiting') && lastTx !== undefined) sent.add(lastTx)
    if (step === 'idle' || step === 'blocked') break
    if (step === 'waiting') await new Promise<void>((resolve) => void timers.after(50, resolve))
  }
  await watcher.step()
  const earlier = settledByUs(deps, before).filter((txHash) => !sent.has(txHash))
  return [...new Set([...earlier, ...sent])]
}

/** In the order of their blocks. */
function settledByUs({ watcher, attempts }: SettleNowDeps, before: bigint): Hex[] {
  const hashes: Hex[] = []
  for (let number = before + 1n; number <= (watcher.settledHead()?.number ?? 0n); number++) {
    const txHash = watcher.settledAt(number)?.l1TxHash
    if (txHash !== undefined && attempts.of(number).some((attempt) => attempt.txHash === txHash)) hashes.push(txHash)
  }
  return hashes
}
