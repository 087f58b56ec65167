/**
 * Tells work that it is no longer wanted: the caller has gone, or the time is over. It costs next to nothing until
 * somebody listens; most calls are answered before anybody does.
 */
export type Stop = {
  readonly stopped: boolean
  /** the same as an AbortSignal, made when it is first asked for */
  readonly signal: AbortSignal
  /** Calls `listener` once, at once when it has already stopped. The result takes the listener back. */
  onStop(listener: () => void): () => void
  stop(): void
  /** lets go of the parent: what this stood for is over */
  release(): void
}

/** Stops by itself or together with `parent`. */
export function createStop(parent?: Stop): Stop {
  return new LiveStop(parent)
}

class LiveStop implements Stop {
  readonly #parent: Stop | undefined
  #leaveParent: (() => void) | undefined
  #listeners: Set<() => void> | undefined
  #controller: AbortController | undefined
  #stopped = false

  constructor(parent: Stop | undefined) {
    this.#parent = parent
  }

  get stopped(): boolean {
    return this.#stopped || this.#parent?.stopped === true
  }

  get signal(): AbortSignal {
    if (this.#controller !== undefined) return this.#controller.signal
    const controller = new AbortController()
    this.#controller = controller
    this.onStop(() => controller.abort())
    return controller.signal
  }

  onStop(listener: () => void): () => void {
    if (this.stopped) {
      listener()
      return () => {}
    }
    this.#listeners ??= new Set()
    this.#listeners.add(listener)
    this.#leaveParent ??= this.#parent?.onStop(() => this.stop())
    return () => this.#listeners?.delete(listener)
  }

  stop(): void {
    if (this.#stopped) return
    this.#stopped = true
    this.release()
    const listeners = [...(this.#listeners ?? [])]
    this.#listeners = undefined
    for (const listener of listeners) listener()
  }

  release(): void {
    this.#leaveParent?.()
    this.#leaveParent = undefined
  }
}
