import { RpcError } from '../errors.ts'

/**
 * Runs work that heeds a signal for at most `timeoutMs`, without it as long as the caller waits. Throws RpcError TIMEOUT
 * when the time is over.
 */
export async function bounded<Result>(
  caller: AbortSignal,
  timeoutMs: number | undefined,
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  if (timeoutMs === undefined) return work(caller)
  const over = new AbortController()
  const expire = () => over.abort(new RpcError('TIMEOUT', `execution timeout: ${timeoutMs} ms are over`))
  const timer = setTimeout(expire, Math.min(timeoutMs, MAX_TIMER_MS))
  try {
    return await work(AbortSignal.any([caller, over.signal]))
  } finally {
    clearTimeout(timer)
  }
}

/** Longer timers fire at once in Node. */
const MAX_TIMER_MS = 2 ** 31 - 1

/** Lets at most `limit` pieces of work go on at the same time; the others wait in line until their signal is aborted. */
export function createTurns(
  limit: number,
): <Result>(signal: AbortSignal, work: () => Promise<Result>) => Promise<Result> {
  let free = limit
  const waiting: (() => void)[] = []
  const leave = (): void => {
    const next = waiting.shift()
    if (next === undefined) free += 1
    else next()
  }
  const enter = (signal: AbortSignal): Promise<void> => {
    if (free > 0) {
      free -= 1
      return Promise.resolve()
    }
    return new Promise((resolve, reject) => {
      const begin = (): void => {
        signal.removeEventListener('abort', giveUp)
        resolve()
      }
      const giveUp = (): void => {
        waiting.splice(waiting.indexOf(begin), 1)
        reject(signal.reason)
      }
      waiting.push(begin)
      signal.addEventListener('abort', giveUp, { once: true })
    })
  }
  return async (signal, work) => {
    signal.throwIfAborted()
    await enter(signal)
    try {
      return await work()
    } finally {
      leave()
    }
  }
}
