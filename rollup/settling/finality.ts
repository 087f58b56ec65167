import type { Clock } from '../../node/types.ts'
import { STATE_ROOT_HISTORY } from '../contracts.ts'
import type { L1View, SettledBlock } from '../types.ts'
import { createCheckpoints } from './checkpoints.ts'
import { newestSettledWhere } from './settledSearch.ts'

/** Which settled L2 blocks the messenger on L1 takes proofs of. */
export type Finality = {
  /** seconds since the epoch at which a settled block becomes final */
  finalAt(settled: SettledBlock): bigint
  isFinal(settled: SettledBlock): boolean
  /** the newest block that is settled and final; undefined before the first */
  newestFinal(): SettledBlock | undefined
  /** L1 has its state root: in the contract's ring, or as a checkpoint */
  isKept(settled: SettledBlock): boolean
  /** the contract was created with the state root of genesis, and has it until the ring comes round */
  keepsGenesis(): boolean
  /** the newest block that is final and kept: every message up to it can be claimed */
  newestProvable(): SettledBlock | undefined
  /**
   * seconds since the epoch at which the messages of a settled block can be claimed: when it becomes final, or, if L1
   * has lost its state root by then, when the next checkpoint does; undefined while there is none
   */
  provableAt(settled: SettledBlock): bigint | undefined
}

export function createFinality(view: L1View, clock: Clock): Finality {
  const delay = BigInt(view.deployment.parameters.finalityDelay)
  const checkpoints = createCheckpoints(view, delay)
  const now = (): bigint => {
    const seconds = BigInt(Math.floor(clock.nowMs() / 1000))
    const { timestamp } = view.head()
    return seconds > timestamp ? seconds : timestamp
  }
  const finalAt = (settled: SettledBlock): bigint => settled.l1Timestamp + delay
  const isFinal = (settled: SettledBlock): boolean => delay === 0n || finalAt(settled) <= now()
  const isInRing = ({ number }: { number: bigint }): boolean =>
    (view.settledHead()?.number ?? 0n) - number < STATE_ROOT_HISTORY

  const newestFinal = (): SettledBlock | undefined => newestSettledWhere(view, isFinal)

  return {
    finalAt,
    isFinal,
    newestFinal,
    isKept: (settled) => isInRing(settled) || checkpoints().some(({ number }) => number === settled.number),
    keepsGenesis: () => isInRing({ number: 0n }),
    newestProvable() {
      const newest = newestFinal()
      return newest === undefined || isInRing(newest) ? newest : checkpoints().findLast(isFinal)
    },
    provableAt(settled) {
      if (isInRing(settled)) return finalAt(settled)
      const checkpoint = checkpoints().find(({ number }) => number >= settled.number)
      return checkpoint === undefined ? undefined : finalAt(checkpoint)
    },
  }
}
