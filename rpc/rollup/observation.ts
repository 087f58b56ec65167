import * as z from 'zod'
import { LOG_RING_LEVELS, type LogEntry } from '../../node/logRing.ts'
import { HEALTH_CHECKS } from '../../rollup/health.ts'
import { RpcError } from '../errors.ts'
import { toQuantity } from '../hex.ts'
import { withDefault } from '../params.ts'
import type { MethodTable } from '../types.ts'
import type { ProcessFacts, RollupDeps } from './deps.ts'
import { rollupMethod } from './method.ts'
import { countIn, from, named, quantity64 } from './wire.ts'

const texts = z.record(z.string(), z.string())

export const Metric = named('Metric', {
  name: z.string(),
  help: z.string(),
  type: z.string(),
  /** plain numbers, possibly fractions */
  samples: z.array(z.object({ name: z.string(), labels: texts, value: z.number() })),
})
export type Metric = z.infer<typeof Metric>

export const Health = named('Health', {
  /** all of them are */
  ok: z.boolean(),
  checks: z.array(z.object({ name: z.enum(HEALTH_CHECKS), ok: z.boolean(), detail: z.string() })),
})
export type Health = z.infer<typeof Health>

export const LogLine = named('LogLine', {
  index: quantity64,
  /** seconds since the epoch */
  time: quantity64,
  level: z.enum(LOG_RING_LEVELS),
  room: z.string(),
  event: z.string(),
  fields: texts,
})
export type LogLine = z.infer<typeof LogLine>

/** `next` is the `since` that goes on behind them. */
export const LogLines = named('LogLines', { lines: z.array(LogLine), next: quantity64 })
export type LogLines = z.infer<typeof LogLines>

const MAX_LINES = 1_000
const logQuery = z.strictObject({
  level: z.enum(LOG_RING_LEVELS).default('info'),
  since: countIn.default(0),
  limit: countIn.refine((count) => count >= 1 && count <= MAX_LINES, `expected 1 to ${MAX_LINES}`).default(100),
})

/** What a node and its process tell about themselves. */
export function rollupObservationMethods({ rollup }: RollupDeps): MethodTable {
  return {
    rollup_metrics: rollupMethod(
      { summary: 'The figures of GET /metrics as values.', params: [], result: z.array(Metric) },
      async () => (await processOf(rollup().process).metrics()) as Metric[],
    ),
    rollup_health: rollupMethod(
      {
        summary: 'Whether L1 is read, blocks are made and settled, and both chains agree.',
        params: [],
        result: Health,
      },
      async () => {
        const checks = await rollup().health()
        return { ok: checks.every(({ ok }) => ok), checks: [...checks] }
      },
    ),
    rollup_logs: rollupMethod(
      {
        summary: 'The newest lines of the log; with `since`, those from an index on.',
        params: [withDefault('query', from(logQuery), logQuery.parse({}))],
        result: LogLines,
      },
      ([query]) => readLogs(processOf(rollup().process), query),
    ),
  }
}

/** Without a place to go on from, the newest are wanted. */
function readLogs({ logs }: ProcessFacts, { level, since, limit }: z.output<typeof logQuery>): LogLines {
  const found = logs.read({ level, since })
  const lines = since === 0 ? found.slice(-limit) : found.slice(0, limit)
  const last = lines.at(-1)
  const isWhole = last === undefined || last === found.at(-1)
  return { lines: lines.map(formatLine), next: toQuantity(BigInt(isWhole ? logs.next() : last.index + 1)) }
}

function formatLine({ index, timeMs, ...line }: LogEntry): LogLine {
  return {
    index: toQuantity(BigInt(index)),
    time: toQuantity(BigInt(Math.floor(timeMs / 1000))),
    ...line,
    fields: { ...line.fields },
  }
}

function processOf(process: ProcessFacts | undefined): ProcessFacts {
  if (process !== undefined) return process
  throw new RpcError('METHOD_REFUSED', 'this node runs inside a program that keeps no metrics and no log for callers')
}
