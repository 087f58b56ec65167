import type { Block } from '../stateless/types.ts'
import type { Timers } from './clock.ts'
import type { Logger, Sealer, SealMode } from './types.ts'

/** Why a block is sealed: work may be there, the interval is over, or somebody asked for one now. */
export type SealTrigger = 'wake' | 'interval' | 'now'

export type SealerOptions = { mode: SealMode }

export type SealerDeps = {
  /** Makes the next block and appends it; undefined when there is nothing that may be sealed. */
  seal(trigger: SealTrigger): Promise<Block | undefined>
  logger: Logger
  timers: Timers
}

/** The same mode set again would begin its interval anew. */
export function isSameMode(a: SealMode, b: SealMode): boolean {
  return a.kind === b.kind && (a.kind !== 'interval' || b.kind !== 'interval' || a.seconds === b.seconds)
}

/** A seal that failed is tried again after this long. */
const RETRY_MS = 1_000

/**
 * Decides when a block is sealed. Instant: a wake-up seals after the current turn of the event loop, and again until
 * nothing is left; interval: a block every so many seconds; manual: only on request.
 */
export function createSealer(options: SealerOptions, deps: SealerDeps): Sealer {
  return new LiveSealer(options, deps)
}

class LiveSealer implements Sealer {
  readonly #deps: SealerDeps
  #mode: SealMode
  #started = false
  /** instant mode: something came since the last seal began */
  #wanted = false
  #cancelTimer: (() => void) | undefined
  /** seals run one after another; the tail never rejects */
  #seals: Promise<unknown> = Promise.resolve()
  #pump: Promise<void> | undefined
  #failures = 0

  constructor(options: SealerOptions, deps: SealerDeps) {
    this.#mode = options.mode
    this.#deps = deps
  }

  get mode(): SealMode {
    return this.#mode
  }

  get failures(): number {
    return this.#failures
  }

  setMode(mode: SealMode): void {
    this.#mode = mode
    this.#stopTimer()
    if (this.#started) this.#arm()
  }

  wake(): void {
    this.#wanted = true
    if (this.#started && this.#mode.kind === 'instant') this.#schedulePump(0)
  }

  sealNow(): Promise<Block | undefined> {
    return this.#seal('now')
  }

  between<Result>(work: () => Promise<Result>): Promise<Result> {
    const result = this.#seals.then(work)
    this.#seals = result.catch(() => undefined)
    return result
  }

  start(): void {
    if (this.#started) return
    this.#started = true
    this.#arm()
  }

  async close(): Promise<void> {
    this.#started = false
    this.#stopTimer()
    await this.#pump
    await this.#seals
  }

  #arm(): void {
    if (this.#mode.kind === 'interval') this.#scheduleTick(this.#mode.seconds * 1000)
    // Work that came before the start, or in another mode, has had no wake-up that counted.
    if (this.#mode.kind === 'instant') this.wake()
  }

  #stopTimer(): void {
    this.#cancelTimer?.()
    this.#cancelTimer = undefined
  }

  #scheduleTick(intervalMs: number): void {
    this.#cancelTimer = this.#deps.timers.after(intervalMs, () => {
      this.#scheduleTick(intervalMs)
      if (this.#pump === undefined) this.#startPump('interval')
    })
  }

  /** Several wake-ups in one turn of the event loop make one block. */
  #schedulePump(delayMs: number): void {
    if (this.#cancelTimer !== undefined || this.#pump !== undefined) return
    this.#cancelTimer = this.#deps.timers.after(delayMs, () => {
      this.#cancelTimer = undefined
      this.#startPump('wake')
    })
  }

  #startPump(trigger: 'wake' | 'interval'): void {
    this.#pump = this.#run(trigger).then((failed) => {
      this.#pump = undefined
      if (!this.#started || this.#mode.kind !== 'instant') return
      if (failed) this.#schedulePump(RETRY_MS)
      else if (this.#wanted) this.#schedulePump(0)
    })
  }

  /** True when a seal failed and should be tried again. */
  async #run(trigger: 'wake' | 'interval'): Promise<boolean> {
    try {
      let block: Block | undefined
      do {
        this.#wanted = false
        block = await this.#seal(trigger)
      } while (block !== undefined && trigger === 'wake' && this.#started && this.#mode.kind === 'instant')
      return false
    } catch (error) {
      this.#wanted = true
      this.#deps.logger.error('sealing failed', { error })
      return true
    }
  }

  /** While it waited for its turn, somebody may have gone back to a time of another mode. */
  #isDue(trigger: SealTrigger): boolean {
    return trigger === 'now' || this.#mode.kind === (trigger === 'wake' ? 'instant' : 'interval')
  }

  #seal(trigger: SealTrigger): Promise<Block | undefined> {
    const result = this.between(async () => (this.#isDue(trigger) ? this.#deps.seal(trigger) : undefined))
    result.then(
      () => {
        this.#failures = 0
      },
      () => {
        this.#failures++
      },
    )
    return result
  }
}
