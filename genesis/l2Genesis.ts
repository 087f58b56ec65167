import type { GenesisAccount, GenesisJson } from '../execution/genesisJson.ts'
import { DEV_ADDRESSES, RELAYER_ADDRESS } from './accounts.ts'
import { bridgedERC20 } from './generated/BridgedERC20.ts'
import { crossMessenger } from './generated/CrossMessenger.ts'
import { inertRequest } from './generated/inertRequest.ts'
import { l1State } from './generated/L1State.ts'
import { l2Messenger } from './generated/L2Messenger.ts'
import { l2TokenBridge } from './generated/L2TokenBridge.ts'
import {
  BLOCK_GAS_LIMIT,
  CROSS_MESSENGER_ADDRESS,
  INITIAL_BASE_FEE,
  L1_CHAIN_ID,
  L1_STATE_ADDRESS,
  L2_BRIDGED_ERC20_ADDRESS,
  L2_DEV_BALANCE,
  L2_MESSENGER_ADDRESS,
  L2_TOKEN_BRIDGE_ADDRESS,
  MESSENGER_SUPPLY,
} from './parameters.ts'
import { preinstalls } from './preinstalls.ts'
import {
  BEACON_ROOTS_ADDRESS,
  BEACON_ROOTS_CODE,
  CREATE2_FACTORY_ADDRESS,
  CREATE2_FACTORY_CODE,
  HISTORY_ADDRESS,
  HISTORY_CODE,
  REQUEST_ADDRESSES,
} from './systemContracts.ts'

/**
 * Slot of L2Messenger and of CrossMessenger that names their peer on L1, the messenger or the factory, in the low 160
 * bits, and the chain id of L1 in the 64 above (compiler's layout, tested).
 */
const L1_PEER_SLOT = 35n
/** Slots of L2Messenger that name rollup and token bridge on L1. */
const L1_ROLLUP_SLOT = 101n
const L1_TOKEN_BRIDGE_SLOT = 102n
/** Slot of L2TokenBridge that names the bridge on L1. */
const PEER_SLOT = 2n
/** ERC-7201 slot of OpenZeppelin's Initializable, and the version after which nothing can be initialized any more. */
const INITIALIZABLE_SLOT = 0xf0c57e16840df040f15088dc2f81fe391c3923bec73e23a9662efc9c229c6a00n
const NO_INITIALIZERS = 2n ** 64n - 1n

export const hex = (value: bigint): `0x${string}` => `0x${value.toString(16)}`
const word = (value: bigint): string => `0x${value.toString(16).padStart(64, '0')}`

/** Forks of both chains: everything up to Amsterdam from the first block on. */
export const AMSTERDAM_FORKS = {
  homesteadBlock: 0,
  eip150Block: 0,
  eip155Block: 0,
  eip158Block: 0,
  byzantiumBlock: 0,
  constantinopleBlock: 0,
  petersburgBlock: 0,
  istanbulBlock: 0,
  berlinBlock: 0,
  londonBlock: 0,
  mergeNetsplitBlock: 0,
  terminalTotalDifficulty: 0,
  shanghaiTime: 0,
  cancunTime: 0,
  pragueTime: 0,
  osakaTime: 0,
  bpo1Time: 0,
  bpo2Time: 0,
  amsterdamTime: 0,
  blobSchedule: {
    cancun: { target: 3, max: 6, baseFeeUpdateFraction: 3_338_477 },
    prague: { target: 6, max: 9, baseFeeUpdateFraction: 5_007_716 },
    osaka: { target: 6, max: 9, baseFeeUpdateFraction: 5_007_716 },
    bpo1: { target: 10, max: 15, baseFeeUpdateFraction: 8_346_193 },
    bpo2: { target: 14, max: 21, baseFeeUpdateFraction: 11_684_671 },
    amsterdam: { target: 14, max: 21, baseFeeUpdateFraction: 11_684_671 },
  },
} as const

export type L2GenesisOptions = {
  chainId: number
  /** seconds */
  timestamp: number
  /** this rollup's contracts on L1; they make the genesis of every rollup its own */
  l1: L1Peers
  /** default: the devnet's */
  l1ChainId?: number
  /** wei by address; default: the dev accounts and the relayer of a devnet */
  balances?: Readonly<Record<string, bigint>>
}

/** The contracts on L1 that those of an L2 genesis know. */
export type L1Peers = {
  factory: `0x${string}`
  rollup: `0x${string}`
  messenger: `0x${string}`
  tokenBridge: `0x${string}`
}

/** The genesis of one rollup in geth's format: system contracts, inert request contracts, messenger, funded accounts. */
export function buildL2Genesis(options: L2GenesisOptions): GenesisJson {
  const l1ChainId = options.l1ChainId ?? L1_CHAIN_ID
  const alloc: Record<string, GenesisAccount> = {
    [BEACON_ROOTS_ADDRESS]: { balance: '0x0', nonce: '0x1', code: BEACON_ROOTS_CODE },
    [HISTORY_ADDRESS]: { balance: '0x0', nonce: '0x1', code: HISTORY_CODE },
    [CREATE2_FACTORY_ADDRESS]: { balance: '0x0', nonce: '0x1', code: CREATE2_FACTORY_CODE },
    ...preinstalls(),
    ...bridgeContracts(l1ChainId, options.l1),
  }
  // The real request contracts would let any user put a request into a block, which EXECUTE refuses; without code every
  // block would be invalid. So: nothing for the system, a revert for everybody else (docs/spec-gaps.md).
  for (const address of REQUEST_ADDRESSES)
    alloc[address] = { balance: '0x0', nonce: '0x1', code: inertRequest.runtimeCode }
  for (const [address, balance] of Object.entries(options.balances ?? devnetBalances(L2_DEV_BALANCE))) {
    alloc[address.toLowerCase()] = { balance: hex(balance) }
  }
  return {
    config: { chainId: options.chainId, ...AMSTERDAM_FORKS },
    timestamp: hex(BigInt(options.timestamp)),
    gasLimit: hex(BLOCK_GAS_LIMIT),
    baseFeePerGas: hex(INITIAL_BASE_FEE),
    difficulty: '0x0',
    alloc,
  }
}

/** The accounts of a devnet's L2: the dev accounts and the relayer, wei each. */
export function devnetBalances(each: bigint): Record<string, bigint> {
  return Object.fromEntries([...DEV_ADDRESSES, RELAYER_ADDRESS].map((address) => [address, each]))
}

function peerStorage(l1ChainId: number, peer: `0x${string}`): Record<string, string> {
  return { [word(L1_PEER_SLOT)]: word((BigInt(l1ChainId) << 160n) | BigInt(peer)) }
}

/** The contracts that talk to L1, with the storage that constructors would have written. */
function bridgeContracts(l1ChainId: number, l1: L1Peers): Record<string, GenesisAccount> {
  return {
    [L2_MESSENGER_ADDRESS]: {
      balance: hex(MESSENGER_SUPPLY),
      nonce: '0x1',
      code: l2Messenger.runtimeCode,
      storage: {
        ...peerStorage(l1ChainId, l1.messenger),
        [word(L1_ROLLUP_SLOT)]: word(BigInt(l1.rollup)),
        [word(L1_TOKEN_BRIDGE_SLOT)]: word(BigInt(l1.tokenBridge)),
      },
    },
    [L1_STATE_ADDRESS]: { balance: '0x0', nonce: '0x1', code: l1State.runtimeCode },
    [CROSS_MESSENGER_ADDRESS]: {
      balance: '0x0',
      nonce: '0x1',
      code: crossMessenger.runtimeCode,
      storage: peerStorage(l1ChainId, l1.factory),
    },
    [L2_TOKEN_BRIDGE_ADDRESS]: {
      balance: '0x0',
      nonce: '0x1',
      code: l2TokenBridge.runtimeCode,
      storage: { [word(PEER_SLOT)]: word(BigInt(l1.tokenBridge)) },
    },
    [L2_BRIDGED_ERC20_ADDRESS]: {
      balance: '0x0',
      nonce: '0x1',
      code: bridgedERC20.runtimeCode,
      storage: { [word(INITIALIZABLE_SLOT)]: word(NO_INITIALIZERS) },
    },
  }
}

/** What an L2 genesis owes: the sum of all balances outside the messenger. L1's escrow must hold exactly this. */
export function l2Backing(genesis: GenesisJson): bigint {
  return Object.entries(genesis.alloc)
    .filter(([address]) => address.toLowerCase() !== L2_MESSENGER_ADDRESS)
    .reduce((sum, [, account]) => sum + BigInt(account.balance), 0n)
}
