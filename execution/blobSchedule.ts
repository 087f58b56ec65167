import { InvalidChainConfig } from './chainConfigError.ts'
import type { GenesisConfig } from './genesisJson.ts'

/** Blob rules of one fork under both sets of names that EthereumJS reads: per block in gas, from BPO1 on in blobs. */
export type BlobParams = {
  targetBlobGasPerBlock: number
  maxBlobGasPerBlock: number
  blobGasPriceUpdateFraction: number
  target: number
  max: number
}

type BlobCounts = { target: number; max: number; baseFeeUpdateFraction: number }

const GAS_PER_BLOB = 131_072

/** Forks that may change the blob rules, in order; a fork without a row inherits (EIP-4844, EIP-7691, EIP-7892). */
const BLOB_FORKS = ['cancun', 'prague', 'osaka', 'bpo1', 'bpo2', 'bpo3', 'bpo4', 'bpo5', 'amsterdam', 'nativeRollups']

const DEFAULTS: Readonly<Record<string, BlobCounts>> = {
  cancun: { target: 3, max: 6, baseFeeUpdateFraction: 3_338_477 },
  prague: { target: 6, max: 9, baseFeeUpdateFraction: 5_007_716 },
  bpo1: { target: 10, max: 15, baseFeeUpdateFraction: 8_346_193 },
  bpo2: { target: 14, max: 21, baseFeeUpdateFraction: 11_684_671 },
}

/**
 * What every scheduled fork from Cancun on allows: its entry in geth's `blobSchedule`, else mainnet's value, else what
 * the fork before it had. BPO forks without a mainnet value need an entry.
 *
 * @throws InvalidChainConfig BAD_BLOB_SCHEDULE
 */
export function blobParamsByFork(
  schedule: GenesisConfig['blobSchedule'],
  scheduledForks: readonly string[],
): ReadonlyMap<string, BlobParams> {
  for (const name of Object.keys(schedule ?? {})) {
    if (!BLOB_FORKS.includes(name)) throw scheduleError(name, 'is not a fork with blob parameters')
  }
  const params = new Map<string, BlobParams>()
  let current: BlobCounts | undefined
  for (const fork of BLOB_FORKS) {
    if (!scheduledForks.includes(fork)) continue
    const entry = schedule?.[fork]
    if (entry !== undefined) requireCounts(fork, entry)
    const counts: BlobCounts | undefined = entry ?? DEFAULTS[fork] ?? (fork.startsWith('bpo') ? undefined : current)
    if (counts === undefined) throw scheduleError(fork, 'is scheduled but has no entry')
    params.set(fork, {
      targetBlobGasPerBlock: counts.target * GAS_PER_BLOB,
      maxBlobGasPerBlock: counts.max * GAS_PER_BLOB,
      blobGasPriceUpdateFraction: counts.baseFeeUpdateFraction,
      target: counts.target,
      max: counts.max,
    })
    current = counts
  }
  return params
}

function requireCounts(fork: string, entry: unknown): void {
  if (typeof entry !== 'object' || entry === null) throw scheduleError(fork, 'is not an object')
  const { target, max, baseFeeUpdateFraction } = entry as Record<string, unknown>
  if (!isCount(target) || !isCount(max) || !isCount(baseFeeUpdateFraction)) {
    throw scheduleError(fork, 'needs target, max and baseFeeUpdateFraction, all whole numbers')
  }
  if (max === 0) throw scheduleError(fork, 'has max 0')
  if (target > max) throw scheduleError(fork, `has target ${target} above max ${max}`)
  if (baseFeeUpdateFraction === 0) throw scheduleError(fork, 'has baseFeeUpdateFraction 0')
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
}

function scheduleError(fork: string, problem: string): InvalidChainConfig {
  return new InvalidChainConfig('BAD_BLOB_SCHEDULE', `genesis config: blobSchedule.${fork} ${problem}`, {
    path: `config.blobSchedule.${fork}`,
  })
}
