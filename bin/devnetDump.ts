import * as z from 'zod'
import { MAX_DEVNET_ROLLUPS } from '../genesis/parameters.ts'
import type { DevnetGenesis } from '../genesis/types.ts'
import type { BlockSettings } from '../node/blockSettings.ts'
import { type DumpLimits, encodeDump, type OpenDump, openDump } from '../node/dumpFile.ts'
import { DumpError } from '../node/errors.ts'
import type { Logger, SealMode, TxPool } from '../node/types.ts'
import { holdAll } from '../rollup/control/holdAll.ts'
import { decodeRecord, encodeRecord } from '../rollup/json.ts'
import { bytesToHex, hexToBytes } from '../stateless/bytes.ts'
import type { Chains } from './chains.ts'
import { isOfToday } from './devnetSetup.ts'

const raw = z.string().regex(/^([0-9a-f]{2})+$/)
const bytes = (length: number) => z.string().regex(new RegExp(`^[0-9a-f]{${2 * length}}$`))
const sealMode = z.union([
  z.strictObject({ kind: z.enum(['instant', 'manual']) }),
  z.strictObject({ kind: z.literal('interval'), seconds: z.number().positive().max(86_400) }),
])
const settings = z.strictObject({
  coinbase: bytes(20),
  gasLimit: z.bigint().optional(),
  timestampInterval: z.bigint().optional(),
  minGasPrice: z.bigint(),
  next: z.strictObject({
    timestamp: z.bigint().optional(),
    baseFeePerGas: z.bigint().optional(),
    prevRandao: bytes(32).optional(),
  }),
})
const chainGenesis = z.looseObject({ config: z.looseObject({}), alloc: z.looseObject({}) })
const header = z.strictObject({
  genesis: z.strictObject({
    l1: chainGenesis,
    rollups: z
      .array(z.strictObject({ l2: chainGenesis, deployment: z.looseObject({}) }))
      .min(1)
      .max(MAX_DEVNET_ROLLUPS),
  }),
  /** milliseconds that the devnet's clock was ahead */
  offsetMs: z.number().int(),
  l1: z.strictObject({ sealMode, settings, pool: z.array(raw) }),
  rollups: z.array(z.strictObject({ sealMode, pool: z.array(raw) })),
})
type Header = z.output<typeof header>

/** A dump that was read up to its stores, which `contents` has. */
export type DevnetDump = {
  readonly genesis: DevnetGenesis
  readonly offsetMs: number
  readonly modes: { l1: SealMode; rollups: readonly SealMode[] }
  readonly contents: OpenDump
  /** what no store holds: L1's settings at once, and the pools when the chains run */
  restoreSettings(chains: Chains): void
  restorePools(chains: Chains, logger: Logger): Promise<void>
}

/** Everything of a devnet as of one moment, at which no chain moves; what follows then takes its time. Throws DumpError. */
export async function dumpDevnet(chains: Chains, limits: DumpLimits, signal: AbortSignal): Promise<Uint8Array> {
  const { text, entries } = await held(chains, async () => {
    signal.throwIfAborted()
    return { text: headerOf(chains), entries: chains.stores.map((store) => store.entries()) }
  })
  return encodeDump(text, entries, { limits, signal })
}

/** Runs `work` while nothing moves. The rollups first: each of them may be waiting for a block of L1. */
function held<Result>({ l1, rollups }: Chains, work: () => Promise<Result>): Promise<Result> {
  const nodes = rollups.map(({ node }) => node)
  return holdAll(nodes, () => l1.between(work))
}

function headerOf({ genesis, clock, l1, rollups }: Chains): string {
  const { coinbase, next, ...numbers } = l1.producer.settings()
  const { prevRandao, ...nextNumbers } = next
  const facts = {
    genesis,
    offsetMs: clock.offsetMs(),
    l1: {
      sealMode: l1.sealer.mode,
      settings: {
        coinbase: bytesToHex(coinbase),
        ...numbers,
        next: { ...nextNumbers, ...(prevRandao === undefined ? {} : { prevRandao: bytesToHex(prevRandao) }) },
      },
      pool: rawsOf(l1.pool),
    },
    rollups: rollups.map(({ node }) => ({ sealMode: node.sealer.mode, pool: rawsOf(node.pool) })),
  }
  return Buffer.from(encodeRecord(facts)).toString()
}

/** Blobs are not kept: a blob transaction that waits has to be sent again. */
function rawsOf(pool: TxPool): string[] {
  const { pending, queued } = pool.content()
  return [...pending, ...queued].filter(({ type }) => type !== 3).map((tx) => bytesToHex(tx.raw))
}

/** Reads a dump up to its stores. Throws DumpError. */
export async function readDevnetDump(file: Uint8Array, limits?: DumpLimits): Promise<DevnetDump> {
  const contents = await openDump(file, limits)
  try {
    const { genesis, offsetMs, l1, rollups } = parseHeader(contents.header)
    return {
      genesis,
      offsetMs,
      modes: { l1: l1.sealMode, rollups: rollups.map(({ sealMode }) => sealMode) },
      contents,
      restoreSettings: (chains) => chains.l1.producer.restore(settingsOf(l1.settings)),
      restorePools: (chains, logger) =>
        restorePools(
          chains,
          [l1, ...rollups].map(({ pool }) => pool),
          logger,
        ),
    }
  } catch (error) {
    contents.close()
    throw error
  }
}

function parseHeader(text: string): Omit<Header, 'genesis'> & { genesis: DevnetGenesis } {
  let value: unknown
  try {
    value = decodeRecord(Buffer.from(text))
  } catch {
    throw new DumpError('DUMP_DAMAGED', 'the dump is damaged: its header is not JSON')
  }
  const parsed = header.safeParse(value)
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    throw new DumpError('DUMP_DAMAGED', `the dump is damaged: ${issue?.path.join('.')}: ${issue?.message}`)
  }
  const genesis = parsed.data.genesis as unknown as DevnetGenesis
  if (genesis.rollups.length !== parsed.data.rollups.length || !genesis.rollups.every(isOfToday)) {
    throw new DumpError('DUMP_VERSION', 'the dump is of a devnet with other contracts than this version has')
  }
  return { ...parsed.data, genesis }
}

function settingsOf({
  coinbase,
  gasLimit,
  timestampInterval,
  minGasPrice,
  next,
}: Header['l1']['settings']): BlockSettings {
  const { timestamp, baseFeePerGas, prevRandao } = next
  return {
    coinbase: hexToBytes(coinbase),
    gasLimit,
    timestampInterval,
    minGasPrice,
    next: {
      ...(timestamp === undefined ? {} : { timestamp }),
      ...(baseFeePerGas === undefined ? {} : { baseFeePerGas }),
      ...(prevRandao === undefined ? {} : { prevRandao: hexToBytes(prevRandao) }),
    },
  }
}

/** Those of L1 as its blocks have them: there may be some of impersonated senders. */
async function restorePools(
  { l1, rollups }: Chains,
  pools: readonly (readonly string[])[],
  logger: Logger,
): Promise<void> {
  const { number, timestamp } = l1.chain.head().header
  const at = { number: number + 1n, timestamp: timestamp + 1n }
  const addToL1 = (raw: Uint8Array) => l1.pool.admit(l1.chain.engine.decodeStored(raw, at))
  const adders = [
    addToL1,
    ...rollups.map(
      ({ node }) =>
        (raw: Uint8Array) =>
          node.pool.add(raw),
    ),
  ]
  for (const [index, add] of adders.entries()) {
    for (const text of pools[index] ?? []) {
      try {
        await add(hexToBytes(text))
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error)
        logger.warn('a transaction does not come back to the pool', { reason })
      }
    }
  }
}
