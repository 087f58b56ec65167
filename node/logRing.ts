import type { Logger } from './types.ts'

export const LOG_RING_LEVELS = ['info', 'warn', 'error'] as const
export type LogRingLevel = (typeof LOG_RING_LEVELS)[number]

/** One logged line. `index` counts all lines from 0 on, and `fields` are in words. */
export type LogEntry = {
  readonly index: number
  readonly timeMs: number
  readonly level: LogRingLevel
  readonly room: string
  readonly event: string
  readonly fields: Readonly<Record<string, string>>
}

/** The newest lines of a log, for those who cannot see where it goes. */
export type LogRing = {
  /** the same logger, whose lines from `info` on are kept here too, whatever level it writes from */
  recording(logger: Logger): Logger
  /** lines of this level or above with an index from `since` on, oldest first */
  read(query: { level: LogRingLevel; since: number }): readonly LogEntry[]
  /** the index that the next line gets */
  next(): number
}

/** Kept of each level, so that many small events do not push out the few errors. */
const MAX_ENTRIES = 1_000
const MAX_FIELDS = 32
const MAX_TEXT = 512
/** Lines between two times at which the oldest are thrown away. */
const SLACK = 128

/** What strangers may read is short and has neither stack traces nor more of a URL than its host: paths carry API keys. */
export function createLogRing(): LogRing {
  const kept: Record<LogRingLevel, LogEntry[]> = { info: [], warn: [], error: [] }
  let count = 0

  function keep(level: LogRingLevel, room: string, event: string, fields: Record<string, unknown> = {}): void {
    const entries = kept[level]
    const words = Object.entries(fields)
      .slice(0, MAX_FIELDS)
      .map(([name, value]) => [name, shorten(wordsOf(value))])
    entries.push({
      index: count++,
      timeMs: Date.now(),
      level,
      room,
      event: shorten(event),
      fields: Object.fromEntries(words),
    })
    if (entries.length >= MAX_ENTRIES + SLACK) entries.splice(0, SLACK)
  }

  const recordingAs = (logger: Logger, room: string): Logger => ({
    debug: (event, fields) => logger.debug(event, fields),
    info(event, fields) {
      keep('info', room, event, fields)
      logger.info(event, fields)
    },
    warn(event, fields) {
      keep('warn', room, event, fields)
      logger.warn(event, fields)
    },
    error(event, fields) {
      keep('error', room, event, fields)
      logger.error(event, fields)
    },
    child: (child) => recordingAs(logger.child(child), child),
  })

  return {
    recording: (logger) => recordingAs(logger, 'node'),
    read({ level, since }) {
      const levels = LOG_RING_LEVELS.slice(LOG_RING_LEVELS.indexOf(level))
      return levels
        .flatMap((name) => kept[name].slice(-MAX_ENTRIES).filter(({ index }) => index >= since))
        .sort((a, b) => a.index - b.index)
    },
    next: () => count,
  }
}

function wordsOf(value: unknown): string {
  if (typeof value === 'string') return value
  if (value instanceof Uint8Array) return `0x${Buffer.from(value.subarray(0, MAX_TEXT)).toString('hex')}`
  if (value instanceof Error) return value.message
  if (typeof value !== 'object' || value === null) return String(value)
  if (Array.isArray(value)) return value.slice(0, MAX_FIELDS).map(wordsOf).join(', ')
  return JSON.stringify(value, (_, field: unknown) => (typeof field === 'bigint' ? `${field}` : field))
}

/** The first line of a text: what follows is a stack. */
function shorten(text: string): string {
  const [line = ''] = text.slice(0, 4 * MAX_TEXT).split('\n', 1)
  const plain = line.replace(/\b([a-z][a-z0-9+.-]*:\/\/)([^\s"'<>]*@)?([^\s"'<>/?#@]+)[^\s"'<>]*/gi, '$1$3')
  return plain.length > MAX_TEXT ? `${plain.slice(0, MAX_TEXT - 3)}...` : plain
}
