/** Jumps or calls between two looks at the clock. */
const TICKS_PER_LOOK = 256

/**
 * Gives other work its turn while a long run goes on.
 *
 * Awaits inside the VM are microtasks and starve timers and sockets, so a run must ask for a macrotask itself: between
 * transactions, and inside one at jumps and calls (README, fixed point 10). Nothing that the EVM can see depends on it.
 */
export type YieldClock = {
  /** Counts one jump or call; true when it is time to pause. */
  due(): boolean
  /** True when it is time to pause, looked at now: between two transactions. */
  dueNow(): boolean
  /** Lets the event loop turn once. Rejects with the signal's reason when the run was called off. */
  pause(): Promise<void>
}

export function createYieldClock(everyMs: number, signal?: AbortSignal): YieldClock {
  let ticks = 0
  let last = performance.now()
  const dueNow = () => performance.now() - last >= everyMs
  return {
    due: () => (++ticks & (TICKS_PER_LOOK - 1)) === 0 && dueNow(),
    dueNow,
    async pause() {
      await new Promise<void>((resolve) => {
        setImmediate(resolve)
      })
      last = performance.now()
      signal?.throwIfAborted()
    },
  }
}
