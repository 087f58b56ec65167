/** How long work may keep the event loop before it asks for another turn. */
export const TURN_MS = 10

/** Steps between two looks at the clock. */
const STEPS_PER_LOOK = 128
/**
 * Turns of the loop without any of our work between two that have some. An HTTP request takes several turns from its
 * connection to its answer (a server takes one connection a turn); without these each would wait for somebody's 10 ms.
 */
const OPEN_TURNS = 4

/**
 * The one event loop of this thread, as all long work in it sees it. Work that takes turns without knowing of the other
 * work would make a turn as long as all of it together, so this is shared, unlike everything else in the project.
 */
const loop = {
  /** when the current turn's work began; undefined: nothing long has run in this turn */
  turnStartedAt: undefined as number | undefined,
  /** who waits for a turn, first come first served */
  waiting: [] as (() => void)[],
  isTurnComing: false,
}

/** Is the time of this turn of the event loop used up, by whatever ran in it? Then it is time to `giveWay`. */
export function isTurnOver(ms: number = TURN_MS): boolean {
  const now = performance.now()
  if (loop.turnStartedAt === undefined) beginTurn(now)
  return now - (loop.turnStartedAt ?? now) >= ms
}

/**
 * Lets timers, sockets and other long work run, and resolves when it is our turn again: one waiting caller goes on per
 * turn of the event loop. Awaiting a settled promise would let nothing in between.
 */
export function giveWay(): Promise<void> {
  return new Promise((resolve) => {
    loop.waiting.push(resolve)
    if (!loop.isTurnComing) awaitTurn()
  })
}

function beginTurn(now: number): void {
  loop.turnStartedAt = now
  setImmediate(() => {
    // Work that was waiting may have begun a turn of its own meanwhile, which ends later.
    if (loop.turnStartedAt === now) loop.turnStartedAt = undefined
  })
}

function awaitTurn(): void {
  loop.isTurnComing = true
  let open = OPEN_TURNS
  const next = (): void => {
    if (open-- > 0) {
      setImmediate(next)
      return
    }
    loop.isTurnComing = false
    beginTurn(performance.now())
    loop.waiting.shift()?.()
    if (loop.waiting.length > 0) awaitTurn()
  }
  setImmediate(next)
}

/** A clock of one long run. Nothing that the EVM can see depends on it. */
export type YieldClock = {
  /** Counts one step; true when it is time to pause. */
  due(): boolean
  /** True when it is time to pause, looked at now: between two transactions. */
  dueNow(): boolean
  /** Gives way. Rejects with the signal's reason when the run was called off. */
  pause(): Promise<void>
}

/** Who pauses: `signal` calls the run off; it goes on when what `onPause` gives has resolved. */
export type PausingRun = { signal?: AbortSignal | undefined; onPause?: (() => Promise<void> | undefined) | undefined }

/**
 * Gives other work its turn while a long run goes on.
 *
 * Awaits inside the VM are microtasks and starve timers and sockets, so a run must ask for a turn itself: between
 * transactions, and inside one every so many steps (README, fixed point 10).
 */
export function createYieldClock(everyMs: number, run: () => PausingRun): YieldClock {
  let steps = 0
  const dueNow = () => isTurnOver(everyMs)
  return {
    due: () => ++steps % STEPS_PER_LOOK === 0 && dueNow(),
    dueNow,
    async pause() {
      const { signal, onPause } = run()
      await giveWay()
      signal?.throwIfAborted()
      await onPause?.()
    },
  }
}
