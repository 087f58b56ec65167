import type { BlockEnv, Engine } from '../execution/types.ts'
import { keccak256 } from '../stateless/keccak.ts'
import type { Block, BlockHeader } from '../stateless/types.ts'
import { ChainError } from './errors.ts'

export type L1EnvOptions = {
  coinbase: Uint8Array
  /** the limit that blocks move to, by at most 1/1024 each */
  gasLimit: bigint
  extraData?: Uint8Array
}

export const L1_GAS_LIMIT = 60_000_000n

const GAS_LIMIT_BOUND_DIVISOR = 1024n
const NO_BEACON_ROOT = new Uint8Array(32)

const PROOF_OF_WORK_FORKS: ReadonlySet<string> = new Set([
  'chainstart',
  'homestead',
  'dao',
  'tangerineWhistle',
  'spuriousDragon',
  'byzantium',
  'constantinople',
  'petersburg',
  'istanbul',
  'muirGlacier',
  'berlin',
  'london',
  'arrowGlacier',
  'grayGlacier',
])

/** max(now, parent + 1), in seconds: the one place where an L1 block gets its time. */
export function nextTimestamp(parent: BlockHeader, nowMs: number): bigint {
  const now = BigInt(Math.floor(nowMs / 1000))
  return now > parent.timestamp ? now : parent.timestamp + 1n
}

/** Proof of stake rules hold for the next block; before them blocks can be imported only. */
export function canSeal(parent: Block, timestamp: bigint, engine: Engine): boolean {
  return !PROOF_OF_WORK_FORKS.has(engine.forkAt({ number: parent.header.number + 1n, timestamp }))
}

/**
 * The environment of the next L1 block. There is no consensus layer, so (ours): prev_randao is keccak256 of the parent
 * hash, different in every block and the same for everyone who rebuilds it, and no secret; the beacon root is zero; the
 * slot is one after the parent's.
 *
 * @throws ChainError CANNOT_SEAL while proof of work rules apply
 */
export function l1Env(parent: Block, timestamp: bigint, engine: Engine, options: L1EnvOptions): BlockEnv {
  const at = { number: parent.header.number + 1n, timestamp }
  if (!canSeal(parent, timestamp, engine)) {
    const fork = engine.forkAt(at)
    const message = `block ${at.number} is under proof of work rules (${fork}): it can be imported, not sealed`
    throw new ChainError('CANNOT_SEAL', message, { ...at, fork })
  }
  return {
    ...at,
    coinbase: options.coinbase,
    gasLimit: nextGasLimit(parent.header.gasLimit, options.gasLimit),
    prevRandao: keccak256(parent.hash),
    ...(options.extraData === undefined ? {} : { extraData: options.extraData }),
    ...(engine.hasEip(4788, at) ? { parentBeaconBlockRoot: NO_BEACON_ROOT } : {}),
    ...(engine.hasEip(7843, at) ? { slotNumber: (parent.header.slotNumber ?? parent.header.number) + 1n } : {}),
    ...(engine.hasEip(4895, at) ? { withdrawals: [] } : {}),
  }
}

/** One step from the parent's limit to the wanted one, strictly inside the bound. */
export function nextGasLimit(parent: bigint, wanted: bigint): bigint {
  const step = parent / GAS_LIMIT_BOUND_DIVISOR - 1n
  if (wanted > parent + step) return parent + step
  if (wanted < parent - step) return parent - step
  return wanted
}
