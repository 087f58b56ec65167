import type { BlockEnv, Engine } from '../execution/types.ts'
import type { Block, Hash32 } from '../stateless/types.ts'
import { L1_GAS_LIMIT, l1Env, nextGasLimit, nextTimestamp } from './l1Env.ts'

/** What L1 blocks are made with beside what follows from the parent. A devnet changes it while it runs. */
export type BlockSettings = {
  readonly coinbase: Uint8Array
  /** every block has just this limit; undefined: the limit moves to the node's own by 1/1024 a block */
  readonly gasLimit: bigint | undefined
  /** every block is so many seconds after its parent, whatever the clock says */
  readonly timestampInterval: bigint | undefined
  /** least fee cap of a transaction, wei */
  readonly minGasPrice: bigint
  /** of one block: forgotten when a block was made with it */
  readonly next: NextBlockSettings
}

export type NextBlockSettings = { timestamp?: bigint; baseFeePerGas?: bigint; prevRandao?: Hash32 }

export function initialSettings(options: { coinbase?: Uint8Array }): BlockSettings {
  return {
    coinbase: options.coinbase ?? new Uint8Array(20),
    gasLimit: undefined,
    timestampInterval: undefined,
    minGasPrice: 0n,
    next: {},
  }
}

/** Seconds: what was set for the next block, if it is after the parent; else the interval; else the clock. */
export function timestampAfter(parent: Block, { next, timestampInterval }: BlockSettings, nowMs: number): bigint {
  const { timestamp } = parent.header
  if (next.timestamp !== undefined && next.timestamp > timestamp) return next.timestamp
  if (timestampInterval !== undefined) return timestamp + timestampInterval
  return nextTimestamp(parent.header, nowMs)
}

/** What the pool asks of the next block's environment, for every transaction that comes in: cheap, and without its forks. */
export function boundsWith(
  settings: BlockSettings,
  { parent, nowMs, gasLimit = L1_GAS_LIMIT }: { parent: Block; nowMs: number; gasLimit?: bigint | undefined },
): Pick<BlockEnv, 'timestamp' | 'gasLimit' | 'baseFeePerGas'> {
  const { baseFeePerGas } = settings.next
  return {
    timestamp: timestampAfter(parent, settings, nowMs),
    gasLimit: settings.gasLimit ?? nextGasLimit(parent.header.gasLimit, gasLimit),
    ...(baseFeePerGas === undefined ? {} : { baseFeePerGas }),
  }
}

/** The environment of a block on `parent` at this time. Throws ChainError CANNOT_SEAL. */
export function envWith(
  settings: BlockSettings,
  at: { parent: Block; timestamp: bigint; engine: Engine; gasLimit?: bigint | undefined },
): BlockEnv {
  const { coinbase, gasLimit, next } = settings
  const env = l1Env(at.parent, at.timestamp, at.engine, { coinbase, gasLimit: at.gasLimit ?? L1_GAS_LIMIT })
  return {
    ...env,
    ...(gasLimit === undefined ? {} : { gasLimit }),
    ...(next.baseFeePerGas === undefined ? {} : { baseFeePerGas: next.baseFeePerGas }),
    ...(next.prevRandao === undefined ? {} : { prevRandao: next.prevRandao }),
  }
}
