import { WaitTimeoutError } from '../errors.ts'

/** How an action waits. Without a `timeout` it waits for as long as it takes, or until `signal` is aborted. */
export type WaitOptions = {
  /** milliseconds between two questions; default: the client's */
  pollingInterval?: number | undefined
  /** milliseconds after which it ends with WaitTimeoutError */
  timeout?: number | undefined
  /** ends the wait with its reason */
  signal?: AbortSignal | undefined
}

/** What one look found: what was waited for, or how far it got, in words for WaitTimeoutError. */
export type Look<Found> = { found: Found } | { reached: string }

/** What is waited for, in words: "settlement of L2 block 5", and what to look at when it does not come. */
export type Awaited = { what: string; advice: string }

/**
 * Looks until something is found; the first time at once.
 *
 * @throws WaitTimeoutError, the reason of the signal, and whatever `look` throws
 */
export async function poll<Found>(
  client: { pollingInterval: number },
  { pollingInterval = client.pollingInterval, timeout, signal }: WaitOptions,
  { what, advice }: Awaited,
  look: () => Promise<Look<Found>>,
): Promise<Found> {
  const end = timeout === undefined ? Number.POSITIVE_INFINITY : Date.now() + timeout
  for (;;) {
    signal?.throwIfAborted()
    const seen = await look()
    if ('found' in seen) return seen.found
    const left = end - Date.now()
    if (timeout !== undefined && left <= 0) throw new WaitTimeoutError({ timeout, what, advice, ...seen })
    await pause(Math.min(pollingInterval, left), signal)
  }
}

/** Ends early, by the signal's reason, when it is aborted. Leaves neither a timer nor a listener behind. */
function pause(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer)
      reject(signal?.reason)
    }
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop)
      resolve()
    }, milliseconds)
    if (signal?.aborted) stop()
    else signal?.addEventListener('abort', stop, { once: true })
  })
}
