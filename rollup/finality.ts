import type { Clock } from '../node/types.ts'
import { STATE_ROOT_HISTORY } from './contracts.ts'
import type { L1View, SettledBlock } from './types.ts'

/** Which settled L2 blocks the messenger on L1 takes proofs of. */
export type Finality = {
  /** seconds since the epoch at which a settled block becomes final */
  finalAt(settled: SettledBlock): bigint
  isFinal(settled: SettledBlock): boolean
  /** the newest block that is settled and final; undefined before the first */
  newestFinal(): SettledBlock | undefined
  /** its state root is still in the contract's ring */
  isInRing(settled: SettledBlock): boolean
}

export function createFinality(view: L1View, clock: Clock): Finality {
  const delay = BigInt(view.deployment.parameters.finalityDelay)
  const now = (): bigint => {
    const seconds = BigInt(Math.floor(clock.nowMs() / 1000))
    const { timestamp } = view.head()
    return seconds > timestamp ? seconds : timestamp
  }
  const finalAt = (settled: SettledBlock): bigint => settled.l1Timestamp + delay
  const isFinal = (settled: SettledBlock): boolean => delay === 0n || finalAt(settled) <= now()

  return {
    finalAt,
    isFinal,
    newestFinal() {
      const head = view.settledHead()
      if (head === undefined || isFinal(head)) return head
      // blocks become final in their order
      let low = 0n
      let high = head.number
      while (high - low > 1n) {
        const middle = (low + high) / 2n
        const settled = view.settledAt(middle)
        if (settled !== undefined && isFinal(settled)) low = middle
        else high = middle
      }
      return view.settledAt(low)
    },
    isInRing: (settled) => (view.settledHead()?.number ?? 0n) - settled.number < STATE_ROOT_HISTORY,
  }
}
