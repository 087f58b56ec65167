import { pino } from 'pino'
import type { Logger } from './types.ts'

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent'

export type LoggerOptions = {
  level: LogLevel
  /** one JSON object per line instead of readable text */
  json?: boolean
  /** where complete lines go; default: standard error */
  stream?: { write(line: string): unknown }
}

/** Structured logs on pino. Bytes become 0x hex, bigints decimal strings, errors their code, message and stack. */
export function createLogger(options: LoggerOptions): Logger {
  const target = options.stream ?? process.stderr
  const stream = options.json === true ? target : { write: (line: string) => target.write(readable(line)) }
  return wrap(pino({ level: options.level, base: null, messageKey: 'event' }, stream as pino.DestinationStream))
}

/** Writes nothing. */
export const silentLogger: Logger = {
  debug() {},
  info() {},
  warn() {},
  error() {},
  child: () => silentLogger,
}

function wrap(logger: pino.Logger): Logger {
  return {
    debug: (event, fields) => {
      if (logger.isLevelEnabled('debug')) logger.debug(plain(fields), event)
    },
    info: (event, fields) => logger.info(plain(fields), event),
    warn: (event, fields) => logger.warn(plain(fields), event),
    error: (event, fields) => logger.error(plain(fields), event),
    child: (room) => wrap(logger.child({ room })),
  }
}

function plain(fields: Record<string, unknown> = {}): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).map(([key, value]) => [key, plainValue(value)]))
}

function plainValue(value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString()
  if (value instanceof Uint8Array) return `0x${Buffer.from(value).toString('hex')}`
  if (value instanceof Error) {
    const code = 'code' in value ? { code: value.code } : {}
    const cause = value.cause === undefined ? {} : { cause: plainValue(value.cause) }
    return { ...code, message: value.message, stack: value.stack, ...cause }
  }
  if (Array.isArray(value)) return value.map(plainValue)
  if (typeof value === 'object' && value !== null) return plain(value as Record<string, unknown>)
  return value
}

const LEVEL_NAMES: Readonly<Record<number, string>> = { 20: 'DEBUG', 30: 'INFO ', 40: 'WARN ', 50: 'ERROR' }

/** `12:34:56.789 INFO  chain  sealed block  number=5 transactions=2` */
function readable(line: string): string {
  const { level, time, event, room, ...fields } = JSON.parse(line) as Record<string, unknown>
  const clock = new Date(Number(time)).toISOString().slice(11, 23)
  const name = LEVEL_NAMES[Number(level)] ?? String(level)
  const details = Object.entries(fields).map(([key, value]) => `${key}=${readableValue(value)}`)
  return `${[clock, name, room ?? 'node', event, ...details].join(' ')}\n`
}

function readableValue(value: unknown): string {
  if (typeof value === 'string') return /[\s"]/.test(value) ? JSON.stringify(value) : value
  if (typeof value === 'object' && value !== null && 'stack' in value) return `\n    ${String(value.stack)}`
  return JSON.stringify(value)
}
