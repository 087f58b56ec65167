/** Lets so much work go on at the same time; the rest waits in line, first come first served. */
export type Gate = {
  /**
   * Takes a place: undefined when one is free, else resolves when it has come. Rejects with the signal's reason when
   * that is aborted before; then there is nothing to leave.
   */
  enter(signal: AbortSignal): Promise<void> | undefined
  leave(): void
  /** Work between `enter` and `leave`. `onTurn` is told when it had to wait and begins now. */
  run<Result>(signal: AbortSignal, work: () => Promise<Result>, onTurn?: () => void): Promise<Result>
}

export function createGate(limit: number): Gate {
  let free = limit
  const waiting = new Set<() => void>()

  function enter(signal: AbortSignal): Promise<void> | undefined {
    signal.throwIfAborted()
    if (free === 0) return inLine(signal)
    free--
    return undefined
  }

  function inLine(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const begin = (): void => {
        signal.removeEventListener('abort', giveUp)
        resolve()
      }
      const giveUp = (): void => {
        waiting.delete(begin)
        reject(signal.reason)
      }
      waiting.add(begin)
      signal.addEventListener('abort', giveUp, { once: true })
    })
  }

  function leave(): void {
    const [next] = waiting
    if (next === undefined) {
      free++
      return
    }
    waiting.delete(next)
    next()
  }

  async function run<Result>(signal: AbortSignal, work: () => Promise<Result>, onTurn?: () => void): Promise<Result> {
    const turn = enter(signal)
    if (turn) {
      await turn
      onTurn?.()
    }
    try {
      return await work()
    } finally {
      leave()
    }
  }

  return { enter, leave, run }
}
