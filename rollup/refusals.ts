import type { Clock } from '../node/types.ts'
import type { RollupError } from './errors.ts'
import type { L1Watcher } from './l1/l1Watcher.ts'
import { createPostponed } from './postponed.ts'

type Hex = `0x${string}`

/** The settled block that this node refuses. */
export type Refusals = {
  /** throws the last refusal again while it stands: L1 has not reorganised since, and the pause is not over */
  throwStanding(): void
  note(error: RollupError): void
  clear(): void
}

/** Between two looks at a settled block that was refused: each reads its calldata and may run it. */
const PAUSE = { firstMs: 1_000, lastMs: 60_000 }

/** The first time may have been a slip of L1: the next look is not put off. */
export function createRefusals(view: Pick<L1Watcher, 'reorgs'>, clock: Clock): Refusals {
  const pauses = createPostponed(PAUSE, clock)
  let last: { error: RollupError; key: Hex; reorgs: number } | undefined
  return {
    throwStanding(): void {
      if (last !== undefined && last.reorgs === view.reorgs() && pauses.has(last.key)) throw last.error
    },
    note(error: RollupError): void {
      if (error.code !== 'REFUSED_BLOCK' || error === last?.error) return
      const key = error.data.l1TxHash as Hex
      last = { error, key, reorgs: view.reorgs() }
      pauses.add(key, pauses.get(key) === undefined ? { delayMs: 0 } : {})
    },
    clear(): void {
      last = undefined
      pauses.keepOnly(new Set())
    },
  }
}
