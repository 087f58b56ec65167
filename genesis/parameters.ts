/** Numbers of the design that genesis, contracts, node and command line share. */

export const L1_CHAIN_ID = 18_079
export const FIRST_L2_CHAIN_ID = 28_079
/** on one devnet; each has a settler of its own */
export const MAX_DEVNET_ROLLUPS = 16

export const BLOCK_GAS_LIMIT = 60_000_000n
export const INITIAL_BASE_FEE = 1_000_000_000n

const ETHER = 10n ** 18n
export const L1_DEV_BALANCE = 10_000n * ETHER
export const L2_DEV_BALANCE = 1_000n * ETHER
/** a settler, on L1 */
export const OPERATOR_BALANCE = 10_000n * ETHER

/** Pre-minted on L2 in the messenger, which is the only one that can release it: more than all ETH there is. */
export const MESSENGER_SUPPLY = 10n ** 27n

/** Contracts of every L2 genesis; contracts/ has their sources. */
export const L2_MESSENGER_ADDRESS = '0x8079000000000000000000000000000000000001'
export const L2_TOKEN_BRIDGE_ADDRESS = '0x8079000000000000000000000000000000000002'
export const L1_STATE_ADDRESS = '0x8079000000000000000000000000000000000003'
/** what every token that the L2 bridge makes is a clone of */
export const L2_BRIDGED_ERC20_ADDRESS = '0x8079000000000000000000000000000000000004'
/** messages between rollups by proof, without a stop on L1 */
export const CROSS_MESSENGER_ADDRESS = '0x8079000000000000000000000000000000000005'
export const L2_CONTRACT_ADDRESSES = [
  L2_MESSENGER_ADDRESS,
  L2_TOKEN_BRIDGE_ADDRESS,
  L1_STATE_ADDRESS,
  L2_BRIDGED_ERC20_ADDRESS,
  CROSS_MESSENGER_ADDRESS,
] as const

/** Contracts that wallets and libraries expect at these addresses, on both chains. */
export const MULTICALL3_ADDRESS = '0xca11bde05977b3631167028862be2a173976ca11'
export const WETH9_ADDRESS = '0x4200000000000000000000000000000000000006'
export const PERMIT2_ADDRESS = '0x000000000022d473030f116ddee9f6b43ac78ba3'
export const PREINSTALL_ADDRESSES = [MULTICALL3_ADDRESS, WETH9_ADDRESS, PERMIT2_ADDRESS] as const

/** Defaults of the contracts' constructor parameters. Seconds, L1 blocks and gas. */
export const ROLLUP_DEFAULTS = {
  maxAnchorAge: 7_200,
  maxTimestampLag: 7 * 24 * 3600,
  finalityDelay: 0,
  sequencerTimeout: 2 * 3600,
  forcedDeadline: 3600,
  forcedExpiry: 24 * 3600,
  forcedBond: ETHER / 100n,
  feeRecipient: '0x0000000000000000000000000000000000000000',
  maxMessageGas: 8_000_000,
} as const
