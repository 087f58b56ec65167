import * as z from 'zod'
import { ENGINE_PATHS } from '../execution/paths.ts'
import { MAX_DEVNET_ROLLUPS } from '../genesis/parameters.ts'

const port = z.coerce.number().int().min(0).max(65535)
const seconds = z.coerce.number().min(0).max(86_400)
const flag = z.union([
  z.boolean(),
  z.enum(['true', 'false', '1', '0', '']).transform((v) => v !== 'false' && v !== '0'),
])
/** Flags that may be given several times. */
export const LIST_FLAGS: ReadonlySet<string> = new Set(['tx'])
/** Flags whose values are never shown. */
export const SECRET_FLAGS: ReadonlySet<string> = new Set(['control-token'])
/** Flags that stand alone; each also as `--no-<name>`. */
export const BOOLEAN_FLAGS: ReadonlySet<string> = new Set([
  'json',
  'settle',
  'mining',
  'execute',
  'follow',
  'permit2',
  'search',
  'execute-worker',
])

const address = z.string().regex(/^0x[0-9a-fA-F]{40}$/, 'must be an address')
/** in one `reenact advance` */
const MAX_TRANSACTIONS = 256
const logLevel = z.enum(['debug', 'info', 'warn', 'error', 'silent'])
const timestamp = z.coerce.number().int().min(1).max(4_294_967_295)
const finalityDelay = z.coerce
  .number()
  .int()
  .min(0)
  .max(2_592_000)
  .default(0)
  .describe('seconds from settlement to finality')

const permit2 = flag.default(false).describe('put Permit2 into the genesis of every chain')

const censor = z
  .string()
  .regex(/^0x[0-9a-fA-F]{40}(,0x[0-9a-fA-F]{40})*$/, 'must be addresses, separated by commas')
  .optional()
  .describe('rehearse a censoring sequencer: L2 ignores these senders, ADDRESS[,ADDRESS]')

/** RFC 6750's alphabet, so that any client can send it as it is. */
const controlToken = z
  .string()
  .regex(/^[A-Za-z0-9._~+/-]{16,1024}=*$/, 'must be 16 to 1024 letters, digits or ._~+/-')
  .optional()
  .describe('control methods only with this bearer token; better as REENACT_CONTROL_TOKEN')

/** Absent: what `defaultPaths` gives, so that tests of a devnet need not say it. */
const engine = z
  .enum(ENGINE_PATHS)
  .optional()
  .describe("what runs blocks: fast, or reference: the library's own code wherever it is right, slow (default fast)")

/** Of nodes that run EXECUTE again and again: an L1, and an L2 that settles. */
const executeWorker = flag
  .default(false)
  .describe('run EXECUTE in a thread of its own, which keeps RPC answers fast beside it')

/** Settings that every node has. */
const shared = {
  engine,
  host: z.string().min(1).default('127.0.0.1').describe('address to listen on'),
  'data-dir': z.string().min(1).optional().describe('keep the chains here; without it they live in memory'),
  'allow-host': z.string().optional().describe('further Host header names to accept, separated by commas'),
  'log-level': logLevel.default('info').describe('debug, info, warn, error or silent'),
  json: flag.default(false).describe('log as JSON lines; the banner too'),
  config: z.string().optional().describe('JSON file with any of these settings'),
}

export const devnetSchema = z.object({
  ...shared,
  'execute-worker': executeWorker,
  'l1-port': port.default(8545).describe('HTTP and WebSocket port of L1'),
  'l2-port': port.default(9545).describe('HTTP and WebSocket port of L2; further rollups take the next ones'),
  rollups: z.coerce
    .number()
    .int()
    .min(1)
    .max(MAX_DEVNET_ROLLUPS)
    .optional()
    .describe(`rollups on this L1, 1 to ${MAX_DEVNET_ROLLUPS} (default 1, or what --data-dir holds)`),
  'l1-block-time': seconds.default(0).describe('seconds between L1 blocks, 0: a block for every transaction'),
  'l2-block-time': seconds.default(0).describe('seconds between L2 blocks, 0: a block for every transaction'),
  'finality-delay': finalityDelay,
  settle: flag.default(true).describe('--no-settle: build L2 blocks but do not settle them'),
  censor,
  'control-token': controlToken,
  'genesis-time': timestamp.optional().describe('timestamp of both genesis blocks, for reproducible hashes'),
  permit2,
  'load-state': z.string().min(1).optional().describe('begin with the chains of this file (rollup_dumpState)'),
})

export const l1Schema = z.object({
  ...shared,
  'execute-worker': executeWorker,
  port: port.default(8545).describe('HTTP and WebSocket port'),
  genesis: z
    .string()
    .optional()
    .describe('geth-format genesis JSON; default: the devnet genesis with rollup contracts'),
  import: z.string().optional().describe('file of RLP blocks to import before serving'),
  'block-time': seconds.default(0).describe('seconds between blocks, 0: a block for every transaction'),
  mining: flag.default(true).describe('--no-mining: seal nothing'),
  'genesis-time': timestamp.optional().describe('timestamp of the default genesis'),
})

const rollupGenesis = z
  .string()
  .optional()
  .describe('L2 genesis JSON, as `reenact genesis l2` or `reenact rollup create` makes it; default: asked of L1')

export const l2Schema = z.object({
  ...shared,
  'execute-worker': executeWorker,
  l1: z.url().describe('HTTP URL of the L1 node'),
  rollup: address.describe('address of the NativeRollup contract on L1'),
  genesis: rollupGenesis,
  port: port.default(9545).describe('HTTP and WebSocket port'),
  'block-time': seconds.default(0).describe('seconds between blocks, 0: a block for every transaction'),
  settle: flag.default(true).describe('--no-settle: build blocks but do not settle them'),
  censor,
  'control-token': controlToken,
  follow: flag.default(false).describe('rebuild L2 from L1 and make no blocks; needs no keys'),
  sequencer: z.url().optional().describe('with --follow: HTTP URL that transactions are handed to'),
})

export const rollupSchema = z.object({
  l1: z.url().describe('HTTP URL of the L1 node'),
  'chain-id': z.coerce
    .number()
    .int()
    .min(1)
    .max(Number.MAX_SAFE_INTEGER)
    .optional()
    .describe('chain id of the new L2 (default: the next free one)'),
  sequencer: address.optional().describe('who may settle; the zero address lets anyone'),
  balance: z
    .string()
    .regex(/^\d{1,9}(\.\d{1,18})?$/, 'must be an amount of ETH')
    .optional()
    .describe('ETH of each funded account of L2, backed on L1 by the creator (default 10 on a devnet, else 1)'),
  out: z.string().min(1).optional().describe('file for the L2 genesis (default rollup-CHAINID.json)'),
  'finality-delay': finalityDelay,
  json: flag.default(false).describe('print what came out as JSON'),
  config: z.string().optional().describe('JSON file with any of these settings'),
})

export const advanceSchema = z.object({
  l1: z.url().describe('HTTP URL of the L1 node'),
  rollup: address.describe('address of the NativeRollup contract on L1'),
  genesis: rollupGenesis,
  tx: z
    .union([z.string(), z.array(z.string())])
    .default([])
    .transform((list) => [list].flat().flatMap((item) => item.split(',')))
    .pipe(
      z
        .array(z.string().regex(/^0x([0-9a-fA-F]{2})+$/, 'must be a signed transaction, 0x and hex'))
        .max(MAX_TRANSACTIONS),
    )
    .describe('signed L2 transaction to include; may be given several times'),
  'data-dir': z.string().min(1).optional().describe('keep the rebuilt L2 here; without it it lives in memory'),
  'log-level': logLevel.default('error').describe('debug, info, warn, error or silent'),
  engine,
  json: flag.default(false).describe('print what came out as JSON'),
  config: z.string().optional().describe('JSON file with any of these settings'),
})

export const loadSchema = z.object({
  l1: z.url().optional().describe('HTTP URL of L1 of a running devnet; with --l2. Default: a devnet of its own'),
  l2: z.url().optional().describe("HTTP URL of the rollup's node"),
  duration: z.coerce.number().min(1).max(3_600).default(60).describe('seconds of mixed traffic'),
  rate: z.coerce
    .number()
    .min(0)
    .max(10_000)
    .default(40)
    .describe('transactions per second on both chains together, 0: as many as get into blocks'),
  seed: z.coerce.number().int().min(0).max(4_294_967_295).default(1).describe('makes the accounts that send'),
  report: z.string().min(1).optional().describe('file for the report (JSON); what is there is replaced'),
  search: flag.default(true).describe('--no-search: do not look for the largest L2 block that settles'),
  'l1-block-time': seconds.default(2).describe('of its own devnet: seconds between L1 blocks, 0: one per transaction'),
  'l2-block-time': seconds.default(1).describe('of its own devnet: seconds between L2 blocks, 0: one per transaction'),
  'log-level': logLevel.default('error').describe('of its own devnet: debug, info, warn, error or silent'),
  engine,
  json: flag.default(false).describe('print the report as JSON instead of the summary'),
  config: z.string().optional().describe('JSON file with any of these settings'),
})

export const verifySchema = z.object({
  execute: flag.default(false).describe("apply EXECUTE's L2 constraints and gas too"),
  gas: z.coerce.bigint().min(0n).default(16_777_216n).describe('gas forwarded to EXECUTE (with --execute)'),
  parent: z
    .string()
    .regex(/^0x[0-9a-fA-F]{64}$/, 'must be a block hash')
    .optional()
    .describe('hash of the settled head: refuse a block on any other parent, as the rollup contract does'),
  fixtures: z.string().optional().describe('run a folder of fixtures'),
  engine,
  json: flag.default(false).describe('print the verdict as JSON'),
})

export const genesisSchema = z.object({
  'genesis-time': timestamp.optional().describe('timestamp of both genesis blocks'),
  'finality-delay': finalityDelay,
  permit2,
})

/** One subcommand: its flags, how many arguments it takes beside them, and what the first one may be. */
type Command = { schema: z.ZodObject; positionals: number; words?: readonly string[]; about: string }

export const COMMANDS = {
  devnet: { schema: devnetSchema, positionals: 0, about: 'L1 and L2 in one process' },
  l1: { schema: l1Schema, positionals: 0, about: 'an L1 node alone, any geth-format genesis' },
  l2: {
    schema: l2Schema,
    positionals: 0,
    about: 'an L2 node alone: sequences and settles through an L1 node, or follows it',
  },
  rollup: {
    schema: rollupSchema,
    positionals: 1,
    words: ['create'],
    about: 'create: a further rollup on a running L1; the key is REENACT_KEY',
  },
  advance: {
    schema: advanceSchema,
    positionals: 0,
    about: 'rebuild L2 from L1 and settle a block with own transactions, when anyone may; the key is REENACT_KEY',
  },
  load: {
    schema: loadSchema,
    positionals: 0,
    about: 'drive mixed traffic on both chains and say what the rollup costs L1; REENACT_KEY pays',
  },
  verify: {
    schema: verifySchema,
    positionals: 1,
    about: 'verify one StatelessInput (FILE or - for standard input), or --fixtures DIR',
  },
  genesis: {
    schema: genesisSchema,
    positionals: 1,
    words: ['l1', 'l2'],
    about: 'print the genesis of l1 or l2 as geth-format JSON',
  },
} as const satisfies Record<string, Command>

export type CommandName = keyof typeof COMMANDS
export type DevnetOptions = z.output<typeof devnetSchema>
export type L1Options = z.output<typeof l1Schema>
export type L2Options = z.output<typeof l2Schema>
export type RollupOptions = z.output<typeof rollupSchema>
export type AdvanceOptions = z.output<typeof advanceSchema>
export type LoadCommandOptions = z.output<typeof loadSchema>
export type VerifyOptions = z.output<typeof verifySchema>
export type GenesisOptions = z.output<typeof genesisSchema>
