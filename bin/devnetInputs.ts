import * as z from 'zod'
import { UnknownEngine } from '../execution/errors.ts'
import type { Logger } from '../node/types.ts'
import { nearestName } from '../rpc/nearestName.ts'
import { wordsOf } from '../rpc/rollup/wire.ts'
import { NodeError } from '../stateless/errors.ts'
import { type DevnetOptions, devnetSchema } from './commands.ts'
import { UsageError } from './options.ts'

/**
 * What `createDevnet` refuses. BAD_OPTION: an option is unknown, of the wrong kind or out of range, or does not fit to what
 * `dataDir` or `loadState` hold; BAD_ACCOUNT: there is no such test account; NO_ROLLUP: there is no rollup of that index;
 * UNFINISHED: L1 did not take everything in time; CLOSED: it was closed before.
 */
export class DevnetError extends NodeError<'BAD_OPTION' | 'BAD_ACCOUNT' | 'NO_ROLLUP' | 'UNFINISHED' | 'CLOSED'> {}

/** Where a devnet in this process tells what it does: `console` is one. What is left out is not told. */
export type DevnetLogger = {
  debug?(event: string, fields: Record<string, unknown>): void
  info?(event: string, fields: Record<string, unknown>): void
  warn?(event: string, fields: Record<string, unknown>): void
  error?(event: string, fields: Record<string, unknown>): void
}

/** All of them may be left out. */
export type CreateDevnetOptions = {
  /** native rollups on this L1, 1 to 16; default 1, or what `dataDir` or `loadState` hold */
  rollups?: number | undefined
  /** `instant`: a block for every transaction; `manual`: blocks only by `mine` and the clients' `mine`. Default `instant` */
  sealing?: 'instant' | 'manual' | undefined
  /** seconds between L1 blocks; default 0: as `sealing` says */
  l1BlockTime?: number | undefined
  /** seconds between L2 blocks; default 0: as `sealing` says */
  l2BlockTime?: number | undefined
  /** seconds from the settlement of a block until its withdrawals may be claimed; default 0 */
  finalityDelay?: number | undefined
  /** whether sealed L2 blocks are settled without being asked; default true */
  settle?: boolean | undefined
  /** addresses whose transactions the sequencer ignores, forced ones too */
  censor?: readonly `0x${string}`[] | undefined
  /** put Permit2 into the genesis of every chain; default false */
  permit2?: boolean | undefined
  /** seconds since the epoch: timestamp of both genesis blocks, for reproducible hashes; default: now */
  genesisTime?: number | undefined
  /** folder that keeps the chains; default: they live in memory */
  dataDir?: string | undefined
  /** file of `rollup_dumpState` to begin with */
  loadState?: string | undefined
  /**
   * what runs blocks: `fast`, or `reference`: the library's own code wherever it is right, much slower. Default: what the
   * environment variable REENACT_ENGINE says, else `fast`
   */
  engine?: 'fast' | 'reference' | undefined
  /** run EXECUTE in a thread of its own, which keeps RPC answers fast beside it; default false */
  executeWorker?: boolean | undefined
  /** address to listen on; default 127.0.0.1 */
  host?: string | undefined
  /** default 0: any free port */
  l1Port?: number | undefined
  /** default 0: any free port for each rollup; else the first of a row */
  l2Port?: number | undefined
  /** default: nothing is told */
  logger?: DevnetLogger | undefined
}

type Option = Exclude<keyof CreateDevnetOptions, 'logger' | 'sealing'>

/** What each option is called on the command line, whose schema knows the ranges. */
const FLAGS: Readonly<Record<Option, keyof DevnetOptions>> = {
  rollups: 'rollups',
  l1BlockTime: 'l1-block-time',
  l2BlockTime: 'l2-block-time',
  finalityDelay: 'finality-delay',
  settle: 'settle',
  censor: 'censor',
  permit2: 'permit2',
  genesisTime: 'genesis-time',
  dataDir: 'data-dir',
  loadState: 'load-state',
  engine: 'engine',
  executeWorker: 'execute-worker',
  host: 'host',
  l1Port: 'l1-port',
  l2Port: 'l2-port',
}

/** The command line takes numbers as text; a program has no reason to. */
const KINDS = z.strictObject({
  rollups: z.number().optional(),
  sealing: z.enum(['instant', 'manual']).optional(),
  l1BlockTime: z.number().optional(),
  l2BlockTime: z.number().optional(),
  finalityDelay: z.number().optional(),
  settle: z.boolean().optional(),
  censor: z.array(z.string()).readonly().optional(),
  permit2: z.boolean().optional(),
  genesisTime: z.number().optional(),
  dataDir: z.string().optional(),
  loadState: z.string().optional(),
  engine: z.string().optional(),
  executeWorker: z.boolean().optional(),
  host: z.string().optional(),
  l1Port: z.number().optional(),
  l2Port: z.number().optional(),
  logger: z
    .custom<DevnetLogger>((value) => typeof value === 'object' && value !== null, 'expected a logger')
    .optional(),
})

/**
 * The settings of a devnet as the command line has them, on free ports unless others are asked for.
 *
 * @throws DevnetError BAD_OPTION with every option that is wrong
 */
export function devnetOptionsOf(given: CreateDevnetOptions): DevnetOptions {
  const kinds = KINDS.safeParse(given)
  if (!kinds.success) throw refusal(given, kinds.error.issues)
  const { sealing = 'instant', censor = [], ...options } = kinds.data
  if (sealing === 'manual' && [options.l1BlockTime, options.l2BlockTime].some((seconds = 0) => seconds > 0)) {
    const message = "createDevnet: sealing 'manual' makes no blocks by itself: leave it out, or the block times"
    throw new DevnetError('BAD_OPTION', message)
  }
  const flags: Record<string, unknown> = { 'l1-port': 0, 'l2-port': 0 }
  for (const [option, flag] of Object.entries(FLAGS) as [Option, keyof DevnetOptions][]) {
    const value = option === 'censor' ? (censor.length === 0 ? undefined : censor.join(',')) : options[option]
    if (value !== undefined) flags[flag] = value
  }
  const parsed = devnetSchema.safeParse(flags)
  if (parsed.success) return parsed.data
  throw refusal(given, parsed.error.issues)
}

function refusal(given: CreateDevnetOptions, issues: readonly z.core.$ZodIssue[]): DevnetError {
  const problems = issues.flatMap((issue) => {
    if (issue.code === 'unrecognized_keys') return issue.keys.map(unknownOption)
    const [key = '', ...path] = issue.path.map(String)
    const option = optionOf(key)
    const value: unknown = path.reduce<unknown>(
      (inner, step) => (inner as Record<string, unknown>)[step],
      (given as Record<string, unknown>)[option],
    )
    return [`${[option, ...path].join('.')} ${shown(value)}: ${wordsOf(issue)}`]
  })
  return new DevnetError('BAD_OPTION', `createDevnet: ${problems.join('; ')}`)
}

function unknownOption(name: string): string {
  const nearest = nearestName(name, Object.keys(KINDS.shape))
  return `unknown option ${name}${nearest === undefined ? '' : ` (did you mean ${nearest}?)`}`
}

const optionOf = (flag: string): string => Object.entries(FLAGS).find(([, name]) => name === flag)?.[0] ?? flag

function shown(value: unknown): string {
  if (typeof value === 'bigint') return `${value}n`
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? 'an object' : JSON.stringify(value)
}

/** What the command line says about its flags is said about options, and a default from the environment is an option too. */
export function asOptionError(error: unknown): unknown {
  if (error instanceof UnknownEngine) {
    return new DevnetError('BAD_OPTION', `createDevnet: ${error.message}`, error.data, error)
  }
  if (!(error instanceof UsageError)) return error
  const message = error.message.replaceAll(/--([a-z0-9-]+)/g, (_, flag: string) => optionOf(flag))
  return new DevnetError('BAD_OPTION', `createDevnet: ${message}`, error.data, error)
}

/** The logger that the node's parts write to. */
export function devnetLogger(to: DevnetLogger, rooms = ''): Logger {
  const write =
    (level: keyof DevnetLogger) =>
    (event: string, fields: Record<string, unknown> = {}) =>
      to[level]?.(`${rooms}${event}`, fields)
  return {
    debug: write('debug'),
    info: write('info'),
    warn: write('warn'),
    error: write('error'),
    child: (room) => devnetLogger(to, `${rooms}${room}: `),
  }
}
