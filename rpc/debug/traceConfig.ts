import type { TracerOptions } from '../../execution/types.ts'
import { numberOrQuantity } from '../codec.ts'
import { invalidParams } from '../errors.ts'
import { bool, describe, described, type Parse, property, readObject, text } from '../params.ts'
import { BOOLEAN, type JsonSchema, objectOf, TEXT } from '../schema.ts'

/** Parsed TraceConfig of execution-apis. `timeoutMs` absent: as long as the server lets a call run. */
export type TraceConfig = { tracer: TracerOptions; timeoutMs?: number }

const MAX_MUXED = 16

type Read = (key: string) => unknown
type TracerParser = (read: Read, path: string) => TracerOptions

/** The tracers by their names in geth; the value reads `tracerConfig`. */
const TRACERS: Readonly<Record<string, TracerParser>> = {
  callTracer: (read, path) => ({
    tracer: 'callTracer',
    onlyTopCall: flag(read, path, 'onlyTopCall'),
    withLog: flag(read, path, 'withLog'),
  }),
  prestateTracer: (read, path) => ({
    tracer: 'prestateTracer',
    diffMode: flag(read, path, 'diffMode'),
    disableCode: flag(read, path, 'disableCode'),
    disableStorage: flag(read, path, 'disableStorage'),
    includeEmpty: flag(read, path, 'includeEmpty'),
  }),
  '4byteTracer': () => ({ tracer: '4byteTracer' }),
  noopTracer: () => ({ tracer: 'noopTracer' }),
  muxTracer: () => ({ tracer: 'muxTracer', tracers: [] }),
}

export const DEFAULT_TRACE: TraceConfig = {
  tracer: {
    tracer: 'structLogger',
    enableMemory: false,
    disableStack: false,
    disableStorage: false,
    enableReturnData: false,
    limit: 0,
  },
}

export const TRACER_NAMES: readonly string[] = Object.keys(TRACERS)

/** What every tracing method takes, by name. */
export const TRACE_PROPERTIES: Readonly<Record<string, JsonSchema>> = {
  tracer: { type: 'string', enum: TRACER_NAMES },
  tracerConfig: { type: 'object' },
  timeout: TEXT,
  enableMemory: BOOLEAN,
  disableStack: BOOLEAN,
  disableStorage: BOOLEAN,
  enableReturnData: BOOLEAN,
  limit: { type: 'integer', minimum: 0 },
}

/** Options of the opcode logger, or a named tracer with its `tracerConfig`. `debug`, `reexec` and others are ignored, as in geth. */
export const traceConfig: Parse<TraceConfig> = described(objectOf(TRACE_PROPERTIES), (value, path) => {
  const read = readObject(value, path)
  const name = read('tracer')
  const named = name !== undefined && name !== ''
  return {
    tracer: named ? namedTracer(text(name, `${path}.tracer`), read('tracerConfig'), path) : structOptions(read, path),
    ...property(read, path, 'timeout', 'timeoutMs', duration),
  }
})

function structOptions(read: Read, path: string): TracerOptions {
  return {
    tracer: 'structLogger',
    enableMemory: flag(read, path, 'enableMemory'),
    disableStack: flag(read, path, 'disableStack'),
    disableStorage: flag(read, path, 'disableStorage'),
    enableReturnData: flag(read, path, 'enableReturnData'),
    limit: property(read, path, 'limit', 'limit', numberOrQuantity).limit ?? 0,
  }
}

function namedTracer(name: string, config: unknown, path: string): TracerOptions {
  const parse = Object.hasOwn(TRACERS, name) ? TRACERS[name] : undefined
  if (parse === undefined) throw invalidParams(`${path}.tracer`, unknownTracer(name))
  const configPath = `${path}.tracerConfig`
  if (name === 'muxTracer') return muxOptions(config ?? {}, configPath)
  return parse(config === undefined ? () => undefined : readObject(config, configPath), configPath)
}

/** Names of tracers to run side by side, each with its own configuration. */
function muxOptions(config: unknown, path: string): TracerOptions {
  readObject(config, path)
  const entries = Object.entries(config as object)
  if (entries.length > MAX_MUXED) {
    throw invalidParams(path, `at most ${MAX_MUXED} tracers are allowed, got ${entries.length}`)
  }
  const tracers = entries.map(([name, inner]): TracerOptions => {
    if (name === 'muxTracer') throw invalidParams(path, 'muxTracer cannot hold another muxTracer')
    return namedTracer(name, inner ?? undefined, `${path}.${describe(name)}`)
  })
  return { tracer: 'muxTracer', tracers }
}

function unknownTracer(name: string): string {
  const known = TRACER_NAMES.join(', ')
  return /[{(;\s]/.test(name)
    ? `JavaScript tracers are not supported; the tracers are ${known}`
    : `unknown tracer ${describe(name)}; the tracers are ${known}`
}

function flag(read: Read, path: string, name: string): boolean {
  return property(read, path, name, name, bool)[name] ?? false
}

const UNIT_MS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
}
const DURATION = /^\+?(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+$/
const DURATION_PARTS = /(\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h)/g
const MAX_DURATION_LENGTH = 64

/** A duration as Go writes it ("300ms", "1m30s"), in milliseconds. */
const duration: Parse<number> = (value, path) => {
  const written = text(value, path)
  if (written === '0') return 0
  if (written.length > MAX_DURATION_LENGTH || !DURATION.test(written)) {
    throw invalidParams(path, `expected a duration such as "5s" or "300ms", got ${describe(value)}`)
  }
  let ms = 0
  for (const [, amount, unit = ''] of written.matchAll(DURATION_PARTS)) ms += Number(amount) * (UNIT_MS[unit] ?? 0)
  return ms
}
