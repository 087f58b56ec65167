/** Numbers of the design that genesis, contracts, node and command line share. */

export const L1_CHAIN_ID = 18_079
export const FIRST_L2_CHAIN_ID = 28_079

export const BLOCK_GAS_LIMIT = 60_000_000n
export const INITIAL_BASE_FEE = 1_000_000_000n

const ETHER = 10n ** 18n
export const L1_DEV_BALANCE = 10_000n * ETHER
export const L2_DEV_BALANCE = 1_000n * ETHER
/** settler on L1, relayer on L2 */
export const OPERATOR_BALANCE = 10_000n * ETHER
export const RELAYER_BALANCE = 1_000n * ETHER

/** Pre-minted on L2 in the messenger, which is the only one that can release it: more than all ETH there is. */
export const MESSENGER_SUPPLY = 10n ** 27n

export const L2_MESSENGER_ADDRESS = '0x8079000000000000000000000000000000000001'

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
