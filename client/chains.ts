import { type Address, type Chain, type ChainContract, defineChain } from 'viem'
import { NotARollupError } from './errors.ts'

/** A contract by the chain id of the L1 that it is on. */
export type ContractBySource = { [sourceId: number]: ChainContract }

/** Contracts of a native rollup as viem's chains carry them; the first five are on L1. */
export type NativeRollupContracts = {
  rollup: ContractBySource
  l1Messenger: ContractBySource
  l1TokenBridge: ContractBySource
  withdrawalVerifier: ContractBySource
  router: ContractBySource
  l2Messenger: ChainContract
  l2TokenBridge: ChainContract
  l1State: ChainContract
  crossMessenger: ChainContract
  multicall3: ChainContract
}

/** A native rollup as viem's actions take it; `sourceId` is the chain id of its L1. */
export type NativeRollupChain = Omit<Chain, 'contracts' | 'sourceId'> & {
  contracts: NativeRollupContracts
  sourceId: number
}

/** Addresses on L1 differ from rollup to rollup; those on L2 are the same everywhere unless given. */
export type NativeRollupChainOptions = {
  id: number
  name: string
  /** of L2 */
  rpcUrl: string
  webSocketUrl?: string
  /** chain id of the L1 */
  sourceId: number
  l1: { rollup: Address; messenger: Address; tokenBridge: Address; withdrawalVerifier: Address; router: Address }
  l2?: { messenger: Address; tokenBridge: Address; l1State: Address; crossMessenger: Address }
  /** L1 block in which the contracts appeared; default 0 */
  deployBlock?: bigint
  /** milliseconds between L2 blocks, by which viem's clients choose how often they ask while they wait */
  blockTime?: number
  testnet?: boolean
}

/** docs/contracts.md: where every rollup of this kind has its own contracts. */
export const L2_CONTRACTS = {
  messenger: '0x8079000000000000000000000000000000000001',
  tokenBridge: '0x8079000000000000000000000000000000000002',
  l1State: '0x8079000000000000000000000000000000000003',
  crossMessenger: '0x8079000000000000000000000000000000000005',
} as const
const MULTICALL3 = '0xcA11bde05977b3631167028862bE2a173976CA11'
export const ETHER = { name: 'Ether', symbol: 'ETH', decimals: 18 } as const

/** A viem chain that knows the contracts of a native rollup on both sides. */
export function defineNativeRollupChain(options: NativeRollupChainOptions): NativeRollupChain {
  const {
    id,
    name,
    rpcUrl,
    webSocketUrl,
    sourceId,
    l1,
    l2 = L2_CONTRACTS,
    deployBlock = 0n,
    blockTime,
    testnet,
  } = options
  const onL1 = (address: Address): ContractBySource => ({ [sourceId]: { address, blockCreated: Number(deployBlock) } })
  const chain = defineChain({
    id,
    name,
    nativeCurrency: ETHER,
    rpcUrls: {
      default: { http: [rpcUrl], ...(webSocketUrl === undefined ? {} : { webSocket: [webSocketUrl] }) },
    },
    ...(blockTime === undefined ? {} : { blockTime }),
    ...(testnet === undefined ? {} : { testnet }),
  })
  const contracts: NativeRollupContracts = {
    rollup: onL1(l1.rollup),
    l1Messenger: onL1(l1.messenger),
    l1TokenBridge: onL1(l1.tokenBridge),
    withdrawalVerifier: onL1(l1.withdrawalVerifier),
    router: onL1(l1.router),
    l2Messenger: { address: l2.messenger },
    l2TokenBridge: { address: l2.tokenBridge },
    l1State: { address: l2.l1State },
    crossMessenger: { address: l2.crossMessenger },
    multicall3: { address: MULTICALL3 },
  }
  return { ...chain, contracts, sourceId }
}

/** Both chain ids and all addresses of a rollup: what every action works with. */
export type Rollup = {
  l1ChainId: number
  l2ChainId: number
  /** L1 block before which the contracts say nothing */
  deployBlock: bigint
  rollup: Address
  l1Messenger: Address
  l1TokenBridge: Address
  withdrawalVerifier: Address
  router: Address
  l2Messenger: Address
  l2TokenBridge: Address
  crossMessenger: Address
}

/**
 * The rollup of a chain.
 *
 * @throws NotARollupError for a chain that was not made by defineNativeRollupChain, or none
 */
export function rollupOf(chain: Chain | NativeRollupChain | undefined): Rollup {
  if (chain === undefined) throw new NotARollupError('Which rollup is not said')
  const { contracts = {}, sourceId } = chain as Chain
  if (sourceId === undefined) throw new NotARollupError(`Chain ${chain.id} (${chain.name}) is no native rollup`)
  const find = (name: string): ChainContract => {
    const entry = (contracts as Record<string, ChainContract | ContractBySource | undefined>)[name]
    const found = entry !== undefined && 'address' in entry ? entry : entry?.[sourceId]
    if (found === undefined) throw new NotARollupError(`Chain ${chain.id} (${chain.name}) has no contract \`${name}\``)
    return found as ChainContract
  }
  return {
    l1ChainId: sourceId,
    l2ChainId: chain.id,
    deployBlock: BigInt(find('rollup').blockCreated ?? 0),
    rollup: find('rollup').address,
    l1Messenger: find('l1Messenger').address,
    l1TokenBridge: find('l1TokenBridge').address,
    withdrawalVerifier: find('withdrawalVerifier').address,
    router: find('router').address,
    l2Messenger: find('l2Messenger').address,
    l2TokenBridge: find('l2TokenBridge').address,
    crossMessenger: find('crossMessenger').address,
  }
}
