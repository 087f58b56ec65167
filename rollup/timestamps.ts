import type { Clock } from '../node/types.ts'
import type { Block } from '../stateless/types.ts'
import type { Anchor } from './anchor.ts'
import type { L1View } from './types.ts'

/** Seconds that a block may be ahead of the L1 block that could settle it next; more and it waits for L1's time. */
export const MAX_LEAD = 10n

/** max(now, parent + 1, anchor), in seconds. */
export function timestampAfter(parent: Block, anchor: Pick<Anchor, 'timestamp'>, clock: Clock): bigint {
  const times = [seconds(clock), parent.header.timestamp + 1n, anchor.timestamp]
  return times.reduce((latest, time) => (time > latest ? time : latest))
}

/** A block later than this could not be settled soon (README 9). */
export function latestTimestamp(view: L1View, clock: Clock): bigint {
  const now = seconds(clock)
  const afterHead = view.head().timestamp + 1n
  return (now > afterHead ? now : afterHead) + MAX_LEAD
}

function seconds(clock: Clock): bigint {
  return BigInt(Math.floor(clock.nowMs() / 1000))
}
