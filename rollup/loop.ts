import type { Logger } from '../node/types.ts'
import { NodeError } from '../stateless/errors.ts'

/** A loop that never dies: `step` runs, waits, runs again; failures are logged and waited out. */
export type Loop = {
  start(): void
  /** ends the wait between two steps; a wait after a failure is served in full */
  wake(): void
  /** forgets the failures and ends any wait: what they were about is gone */
  restart(): void
  /** resolves when the running step is over */
  close(): Promise<void>
}

export type LoopOptions = {
  name: string
  /** pause after a good step */
  idleMs: number
  /** pause after the first failure; doubles with each further one */
  minBackoffMs?: number
  maxBackoffMs?: number
  onBackoff?(milliseconds: number): void
}

/** A step that answers 'undecided' was no failure, and no success that ends the row of failures before it either. */
export function createLoop(options: LoopOptions, step: () => Promise<unknown>, logger: Logger): Loop {
  const minBackoffMs = options.minBackoffMs ?? 200
  const maxBackoffMs = options.maxBackoffMs ?? 15_000
  let closed = false
  let woken = false
  let backingOff = false
  let failures = 0
  let endWait: (() => void) | undefined
  let running: Promise<void> | undefined

  const pause = (ms: number): Promise<void> =>
    new Promise((resolve) => {
      if (woken || closed) return resolve()
      const timer = setTimeout(() => endWait?.(), ms)
      endWait = () => {
        clearTimeout(timer)
        endWait = undefined
        resolve()
      }
    })

  async function run(): Promise<void> {
    while (!closed) {
      woken = false
      try {
        if ((await step()) !== 'undecided') failures = 0
        await pause(options.idleMs)
      } catch (error) {
        failures += 1
        reportFailure(logger, options.name, error, failures)
        // a wake-up must not turn an outage into a busy loop
        backingOff = true
        woken = false
        const backoffMs = Math.min(maxBackoffMs, minBackoffMs * 2 ** Math.min(failures - 1, 10))
        options.onBackoff?.(backoffMs)
        await pause(backoffMs)
        backingOff = false
      }
    }
  }

  return {
    start() {
      running ??= run()
    },
    wake() {
      if (backingOff) return
      woken = true
      endWait?.()
    },
    restart() {
      failures = 0
      woken = true
      endWait?.()
    },
    async close() {
      closed = true
      endWait?.()
      await running
    },
  }
}

/** The first failure and every tenth are warnings; a failure that is not a NodeError is a bug and always an error. */
function reportFailure(logger: Logger, name: string, error: unknown, failures: number): void {
  if (error instanceof NodeError) {
    const fields = { code: error.code, reason: error.message, failures }
    if (failures === 1 || failures % 10 === 0) logger.warn(`${name} failed, retrying`, fields)
    else logger.debug(`${name} failed, retrying`, fields)
    return
  }
  logger.error(`${name} failed unexpectedly, retrying`, {
    reason: error instanceof Error ? (error.stack ?? error.message) : String(error),
    failures,
  })
}
