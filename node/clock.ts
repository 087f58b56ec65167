import type { Clock } from './types.ts'

/** Injected timers, so that sealing is tested without waiting. `after` returns the function that cancels. */
export type Timers = { after(delayMs: number, callback: () => void): () => void }

/** The wall clock of this machine. */
export const systemClock: Clock = { nowMs: () => Date.now() }

/** Timers of this process; they never keep it alive by themselves. */
export const systemTimers: Timers = {
  after(delayMs, callback) {
    if (delayMs === 0) {
      const immediate = setImmediate(callback)
      return () => clearImmediate(immediate)
    }
    const timeout = setTimeout(callback, delayMs)
    timeout.unref()
    return () => clearTimeout(timeout)
  },
}

export type ManualClock = Clock &
  Timers & {
    /** moves time forward and fires every timer that became due, in order of its time */
    advance(milliseconds: number): void
  }

/** A clock and timers that move only when told. */
export function manualClock(startMs = 1_700_000_000_000): ManualClock {
  let now = startMs
  const waiting = new Set<{ atMs: number; callback: () => void }>()
  const nextDue = (limitMs: number) =>
    [...waiting].filter((timer) => timer.atMs <= limitMs).sort((a, b) => a.atMs - b.atMs)[0]
  return {
    nowMs: () => now,
    after(delayMs, callback) {
      const timer = { atMs: now + delayMs, callback }
      waiting.add(timer)
      return () => {
        waiting.delete(timer)
      }
    },
    advance(milliseconds) {
      const limitMs = now + milliseconds
      for (let timer = nextDue(limitMs); timer !== undefined; timer = nextDue(limitMs)) {
        waiting.delete(timer)
        now = Math.max(now, timer.atMs)
        timer.callback()
      }
      now = limitMs
    },
  }
}

export type AdjustableClock = Clock & {
  /** moves this clock forward (or back) against the one it wraps */
  shift(milliseconds: number): void
  offsetMs(): number
}

/** A clock that runs like `base` with an offset: time travel on a devnet. */
export function adjustableClock(base: Clock = systemClock): AdjustableClock {
  let offset = 0
  return {
    nowMs: () => base.nowMs() + offset,
    shift(milliseconds) {
      offset += milliseconds
    },
    offsetMs: () => offset,
  }
}
