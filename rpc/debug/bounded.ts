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
