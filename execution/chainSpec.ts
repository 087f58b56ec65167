import type { ChainConfig, CommonOpts, HardforksDict, ParamsDict } from '@ethereumjs/common'
import { type BlobParams, blobParamsByFork } from './blobSchedule.ts'
import { type ChainConfigCode, InvalidChainConfig } from './chainConfigError.ts'
import type { Crypto } from './crypto.ts'
import type { GenesisConfig } from './genesisJson.ts'
import { NATIVE_ROLLUPS_EIP, NATIVE_ROLLUPS_FORK } from './internal.ts'
import { createNodeCommon, createSharedCommon, type NodeCommon, type SharedCommon } from './nodeCommon.ts'
import type { ScheduledFork } from './types.ts'

export { type ChainConfigCode, InvalidChainConfig }

/** A place in a chain, as far as fork rules depend on it. `timestamp` in seconds. */
export type ForkPoint = { number: bigint; timestamp: bigint }

/** The fork rules of one chain. */
export type ChainSpec = {
  readonly chainId: bigint
  /** deposit contract of EIP-6110, 0x hex, when the genesis file names one */
  readonly depositContractAddress?: string
  /** Forks in order, the first from block 0. */
  readonly forks: readonly ScheduledFork[]
  /** Blob rules of a fork; undefined before Cancun. */
  blobParams(fork: string): BlobParams | undefined
  /** Name of the fork that is active there, EthereumJS spelling ("amsterdam", "nativeRollups"). */
  forkAt(at: ForkPoint): string
  /** Is this EIP part of the rules there? Knows the EIPs before Berlin too. */
  hasEip(eip: number, at: ForkPoint): boolean
  /** A private copy for one VM, its fork already set. */
  commonAt(at: ForkPoint): NodeCommon
  /** One object per fork, for decoding and fee rules. Read only: see SharedCommon. */
  sharedCommonAt(at: ForkPoint): SharedCommon
}

type Scheduled = ScheduledFork
type ForkRow = { name: string; key: string; by: 'block' | 'time'; optional?: true }

/** Protocol order. Optional forks change nothing that a chain without them would need (as geth's fork order check). */
const FORKS: readonly ForkRow[] = [
  { name: 'homestead', key: 'homesteadBlock', by: 'block' },
  { name: 'dao', key: 'daoForkBlock', by: 'block', optional: true },
  { name: 'tangerineWhistle', key: 'eip150Block', by: 'block' },
  { name: 'spuriousDragon', key: 'eip155Block', by: 'block' },
  { name: 'byzantium', key: 'byzantiumBlock', by: 'block' },
  { name: 'constantinople', key: 'constantinopleBlock', by: 'block' },
  { name: 'petersburg', key: 'petersburgBlock', by: 'block' },
  { name: 'istanbul', key: 'istanbulBlock', by: 'block' },
  { name: 'muirGlacier', key: 'muirGlacierBlock', by: 'block', optional: true },
  { name: 'berlin', key: 'berlinBlock', by: 'block' },
  { name: 'london', key: 'londonBlock', by: 'block' },
  { name: 'arrowGlacier', key: 'arrowGlacierBlock', by: 'block', optional: true },
  { name: 'grayGlacier', key: 'grayGlacierBlock', by: 'block', optional: true },
  { name: 'paris', key: 'mergeNetsplitBlock', by: 'block' },
  { name: 'shanghai', key: 'shanghaiTime', by: 'time' },
  { name: 'cancun', key: 'cancunTime', by: 'time' },
  { name: 'prague', key: 'pragueTime', by: 'time' },
  { name: 'osaka', key: 'osakaTime', by: 'time' },
  { name: 'bpo1', key: 'bpo1Time', by: 'time', optional: true },
  { name: 'bpo2', key: 'bpo2Time', by: 'time', optional: true },
  { name: 'bpo3', key: 'bpo3Time', by: 'time', optional: true },
  { name: 'bpo4', key: 'bpo4Time', by: 'time', optional: true },
  { name: 'bpo5', key: 'bpo5Time', by: 'time', optional: true },
  { name: 'amsterdam', key: 'amsterdamTime', by: 'time' },
  { name: NATIVE_ROLLUPS_FORK, key: 'nativeRollupsTime', by: 'time', optional: true },
]

/** EIPs of the forks before Berlin, which EthereumJS knows only by their meta EIP. */
const EARLY_EIPS: Readonly<Record<string, readonly number[]>> = {
  homestead: [2, 7, 8],
  tangerineWhistle: [150],
  spuriousDragon: [155, 158, 160, 161, 170],
  byzantium: [100, 140, 196, 197, 198, 211, 214, 649, 658],
  constantinople: [145, 1014, 1052, 1234],
  istanbul: [152, 1108, 1344, 1884, 2028, 2200],
}

/**
 * Fork rules of a geth-format genesis `config`.
 *
 * Forks must be scheduled in protocol order without gaps (geth's rule). The merge happens at block 0 when
 * `terminalTotalDifficulty` is not above the genesis difficulty or `terminalTotalDifficultyPassed` is set, else at
 * `mergeNetsplitBlock`: a difficulty alone does not say which block is the first one of proof of stake.
 *
 * @throws InvalidChainConfig naming the field
 */
export function createChainSpec(
  config: GenesisConfig,
  deps: { crypto: Pick<Crypto, 'customCrypto'> },
  genesis: { difficulty?: bigint } = {},
): ChainSpec {
  const chainId = parseChainId(config.chainId)
  const forks = scheduleForks(config, genesis.difficulty ?? 0n)
  const blobs = blobParamsByFork(
    config.blobSchedule,
    forks.map((fork) => fork.name),
  )
  const options = commonOptions(config, chainId, forks, blobs, deps.crypto)
  return specOf(chainId, forks, blobs, options)
}

/** Every fork up to Amsterdam from block 0 on, as stateless inputs need it: the input says nothing but the chain id. */
export function amsterdamSpec(chainId: bigint, crypto: Pick<Crypto, 'customCrypto'>): ChainSpec {
  const forks: Scheduled[] = []
  for (const { name, by, optional } of FORKS) {
    if (optional && name !== 'bpo1' && name !== 'bpo2') continue
    forks.push(by === 'block' ? { name, block: 0n } : { name, time: 0n })
  }
  forks.unshift({ name: 'chainstart', block: 0n })
  const blobs = blobParamsByFork(
    undefined,
    forks.map((fork) => fork.name),
  )
  return specOf(chainId, forks, blobs, commonOptions({ chainId: 0 }, chainId, forks, blobs, crypto))
}

function specOf(
  chainId: bigint,
  forks: readonly Scheduled[],
  blobs: ReadonlyMap<string, BlobParams>,
  options: CommonOpts & { params: ParamsDict },
): ChainSpec {
  const forkAt = (at: ForkPoint) => activeFork(forks, at)
  const shared = keepByFork((fork) => createSharedCommon(options, fork))
  // Setting a fork rebuilds all parameters; copying a Common that has it set costs nothing.
  const templates = keepByFork((fork) => {
    const common = createNodeCommon(options)
    common.setHardfork(fork)
    return common
  })
  const sharedCommonAt = (at: ForkPoint) => shared(forkAt(at))
  const deposit = options.chain.depositContractAddress
  return {
    chainId,
    ...(deposit === undefined ? {} : { depositContractAddress: deposit }),
    forks,
    blobParams: (fork) => blobs.get(fork),
    forkAt,
    sharedCommonAt,
    hasEip(eip, at) {
      const common = sharedCommonAt(at)
      if (common.isActivatedEIP(eip)) return true
      return Object.entries(EARLY_EIPS).some(([fork, eips]) => eips.includes(eip) && common.gteHardfork(fork))
    },
    commonAt: (at) => templates(forkAt(at)).copy() as NodeCommon,
  }
}

function keepByFork<T>(create: (fork: string) => T): (fork: string) => T {
  const kept = new Map<string, T>()
  return (fork) => {
    const known = kept.get(fork) ?? create(fork)
    kept.set(fork, known)
    return known
  }
}

function activeFork(forks: readonly Scheduled[], at: ForkPoint): string {
  let active = 'chainstart'
  for (const fork of forks) {
    const reached = 'block' in fork ? at.number >= fork.block : at.timestamp >= fork.time
    if (!reached) break
    active = fork.name
  }
  return active
}

function scheduleForks(config: GenesisConfig, genesisDifficulty: bigint): Scheduled[] {
  refuseUnknownForks(config)
  const values = { ...config, ...impliedValues(config, genesisDifficulty) }
  const forks: Scheduled[] = [{ name: 'chainstart', block: 0n }]
  let missing: ForkRow | undefined
  for (const row of FORKS) {
    const value = forkValue(values[row.key], row.key)
    if (value === undefined) {
      if (!row.optional) missing ??= row
      continue
    }
    if (row.name === 'dao' && config.daoForkSupport !== true) continue
    if (missing !== undefined) {
      throw orderError(`${missing.key} not scheduled, but ${row.key} is (${value})`, missing.key, row.key)
    }
    requireOrder(forks.at(-1), row, value)
    forks.push(row.by === 'block' ? { name: row.name, block: value } : { name: row.name, time: value })
  }
  return forks
}

function requireOrder(previous: Scheduled | undefined, row: ForkRow, value: bigint): void {
  if (previous === undefined) return
  const before = 'block' in previous ? previous.block : previous.time
  if ('block' in previous !== (row.by === 'block') || before <= value) return
  throw orderError(`${previous.name} at ${before}, but ${row.key} at ${value}`, previous.name, row.key)
}

/** Values that geth derives: Petersburg with Constantinople, EIP-158 with EIP-155, the merge from the difficulty. */
function impliedValues(config: GenesisConfig, genesisDifficulty: bigint): Record<string, unknown> {
  if (forkValue(config.eip155Block, 'eip155Block') !== forkValue(config.eip158Block, 'eip158Block')) {
    throw orderError('eip155Block and eip158Block differ; both are Spurious Dragon', 'eip155Block', 'eip158Block')
  }
  return {
    petersburgBlock: config.petersburgBlock ?? config.constantinopleBlock,
    mergeNetsplitBlock: mergeBlock(config, genesisDifficulty),
  }
}

function mergeBlock(config: GenesisConfig, genesisDifficulty: bigint): bigint | undefined {
  const named = forkValue(config.mergeNetsplitBlock ?? config.mergeForkBlock, 'mergeNetsplitBlock')
  const total = forkValue(config.terminalTotalDifficulty, 'terminalTotalDifficulty')
  if (total !== undefined && total <= genesisDifficulty) return 0n
  if (named !== undefined) return named
  const hasTimeForks = FORKS.some((row) => row.by === 'time' && forkValue(config[row.key], row.key) !== undefined)
  if (config.terminalTotalDifficultyPassed === true) return 0n
  if (!hasTimeForks) return undefined
  if (total === undefined) return 0n
  throw new InvalidChainConfig(
    'MERGE_BLOCK_UNKNOWN',
    `genesis config: terminalTotalDifficulty ${total} needs mergeNetsplitBlock, the first block of proof of stake, unless a chain file is imported that shows it`,
    { path: 'config.mergeNetsplitBlock' },
  )
}

const NOT_FORKS: ReadonlySet<string> = new Set(['mergeForkBlock', 'mergeNetsplitBlock', 'eip158Block'])

/** A scheduled fork that this node does not know would be silently ignored rules: refuse to run such a chain. */
function refuseUnknownForks(config: GenesisConfig): void {
  for (const [key, value] of Object.entries(config)) {
    if (!/(Block|Time)$/.test(key) || value === null || value === undefined) continue
    if (NOT_FORKS.has(key) || FORKS.some((row) => row.key === key)) continue
    throw new InvalidChainConfig('UNKNOWN_FORK', `genesis config: unknown fork ${key}`, { path: `config.${key}` })
  }
}

/** A block number or time: JSON number, decimal or 0x hex string. Absent and null mean "not scheduled". */
function forkValue(value: unknown, key: string): bigint | undefined {
  if (value === undefined || value === null) return undefined
  const parsed = quantity(value)
  if (parsed !== undefined) return parsed
  throw new InvalidChainConfig(
    'BAD_FORK_VALUE',
    `genesis config: ${key} is not a block number or time: ${JSON.stringify(value)}`,
    { path: `config.${key}` },
  )
}

function parseChainId(value: unknown): bigint {
  const chainId = quantity(value)
  if (chainId !== undefined && chainId > 0n && chainId < 1n << 64n) return chainId
  throw new InvalidChainConfig(
    'BAD_CHAIN_ID',
    `genesis config: chainId is not a positive 64-bit integer: ${JSON.stringify(value)}`,
    { path: 'config.chainId' },
  )
}

function quantity(value: unknown): bigint | undefined {
  if (typeof value === 'bigint') return value >= 0n ? value : undefined
  if (typeof value === 'number') return Number.isSafeInteger(value) && value >= 0 ? BigInt(value) : undefined
  if (typeof value === 'string' && /^(0x[0-9a-fA-F]{1,64}|[0-9]{1,78})$/.test(value)) return BigInt(value)
  return undefined
}

function orderError(detail: string, first: string, second: string): InvalidChainConfig {
  return new InvalidChainConfig('FORK_ORDER', `genesis config: unsupported fork ordering: ${detail}`, { first, second })
}

/** EthereumJS's form of the same: it copies the chain through JSON, so every number is a string or a safe integer. */
function commonOptions(
  config: GenesisConfig,
  chainId: bigint,
  forks: readonly Scheduled[],
  blobs: ReadonlyMap<string, BlobParams>,
  crypto: Pick<Crypto, 'customCrypto'>,
): CommonOpts & { params: ParamsDict } {
  const names = new Set(forks.map((fork) => fork.name))
  const chain: ChainConfig = {
    name: 'reenact',
    chainId: chainId.toString(),
    defaultHardfork: 'chainstart',
    genesis: { gasLimit: '0x0', difficulty: '0x0', nonce: '0x0000000000000000', extraData: '0x' },
    hardforks: forks.map((fork) =>
      'block' in fork
        ? { name: fork.name, block: Number(fork.block) }
        : { name: fork.name, block: null, timestamp: fork.time.toString() },
    ),
    customHardforks: customForks(names, blobs),
    bootstrapNodes: [],
    consensus: consensusOf(config),
    ...depositContract(config),
  }
  const params: ParamsDict = {}
  for (const [fork, values] of blobs) if (!fork.startsWith('bpo')) params[fork] = values
  return { chain, params, customCrypto: crypto.customCrypto }
}

function customForks(names: ReadonlySet<string>, blobs: ReadonlyMap<string, BlobParams>): HardforksDict {
  const custom: HardforksDict = {}
  // EthereumJS's London lacks its difficulty bomb delay.
  if (names.has('london')) custom.london = { eips: [1559, 3198, 3529, 3541, 3554] }
  if (names.has(NATIVE_ROLLUPS_FORK)) custom[NATIVE_ROLLUPS_FORK] = { eips: [NATIVE_ROLLUPS_EIP] }
  for (const [fork, params] of blobs) if (fork.startsWith('bpo')) custom[fork] = { eips: [], params }
  return custom
}

function consensusOf(config: GenesisConfig): ChainConfig['consensus'] {
  const clique = config.clique
  if (typeof clique !== 'object' || clique === null) return { type: 'pow', algorithm: 'ethash', ethash: {} }
  const period = 'period' in clique ? Number(clique.period) : 0
  const epoch = 'epoch' in clique ? Number(clique.epoch) : 30_000
  return { type: 'poa', algorithm: 'clique', clique: { period, epoch } }
}

function depositContract(config: GenesisConfig): { depositContractAddress?: `0x${string}` } {
  const address = config.depositContractAddress
  if (address === undefined) return {}
  if (/^0x[0-9a-fA-F]{40}$/.test(address)) return { depositContractAddress: address as `0x${string}` }
  throw new InvalidChainConfig('BAD_ADDRESS', 'genesis config: depositContractAddress is not a 20-byte address', {
    path: 'config.depositContractAddress',
  })
}
