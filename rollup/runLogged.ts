import type { Logger } from '../node/types.ts'

type Warnings = Pick<Logger, 'warn'>

/** Begins work that is tried again later: a failure is a warning. */
export function runLogged(logger: Warnings, what: string, work: () => Promise<unknown>): void {
  work().catch((error: unknown) => {
    const reason = error instanceof Error ? error.message : String(error)
    logger.warn(`${what} failed, trying again later`, { reason })
  })
}

/** Warns of the same thing once in a row: it is tried again every second. */
export function onceEach(logger: Logger): Warnings {
  let last: string | undefined
  return {
    warn(event, fields) {
      const text = `${event} ${fields?.reason}`
      if (text === last) logger.debug(event, fields)
      else logger.warn(event, fields)
      last = text
    },
  }
}
