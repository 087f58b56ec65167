import type { AdjustableClock } from './clock.ts'
import { ChainError } from './errors.ts'
import type { L1Producer } from './l1Producer.ts'

/** Seconds; far beyond any use, and exact as a number of milliseconds. */
export const MAX_TIMESTAMP = (1n << 40n) - 1n

export const nowSeconds = (clock: AdjustableClock): bigint => BigInt(Math.floor(clock.nowMs() / 1000))

/** Moves the clock forward; gives by how many seconds it is ahead of the wall clock then. Throws ChainError BAD_TIMESTAMP. */
export function increaseTime(clock: AdjustableClock, seconds: bigint): bigint {
  requireTimestamp(nowSeconds(clock) + seconds)
  clock.shift(Number(seconds) * 1000)
  return BigInt(Math.trunc(clock.offsetMs() / 1000))
}

/** Sets the clock; gives by how many seconds it moved. Throws ChainError BAD_TIMESTAMP. */
export function setTime(clock: AdjustableClock, timestamp: bigint): bigint {
  requireTimestamp(timestamp)
  const moved = timestamp - nowSeconds(clock)
  clock.shift(Number(timestamp) * 1000 - clock.nowMs())
  return moved
}

/** The next L1 block has this time, and the clock goes on from there. Throws ChainError BAD_TIMESTAMP. */
export function setNextTimestamp(producer: L1Producer, clock: AdjustableClock, timestamp: bigint): void {
  requireTimestamp(timestamp)
  producer.setNext({ timestamp })
  setTime(clock, timestamp)
}

function requireTimestamp(timestamp: bigint): void {
  if (timestamp <= MAX_TIMESTAMP) return
  const message = `timestamp ${timestamp} is too far ahead, at most ${MAX_TIMESTAMP}`
  throw new ChainError('BAD_TIMESTAMP', message, { timestamp, limit: MAX_TIMESTAMP })
}
