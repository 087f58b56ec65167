import { encodeFunctionData, type Hex } from 'viem'
import type { GenesisJson } from '../execution/genesisJson.ts'
import { bytesToHex } from '../stateless/bytes.ts'
import type { Block } from '../stateless/types.ts'
import { l1Messenger } from './generated/L1Messenger.ts'
import { l1TokenBridge } from './generated/L1TokenBridge.ts'
import { nativeRollup } from './generated/NativeRollup.ts'
import { rollupFactory } from './generated/RollupFactory.ts'
import { l2Backing } from './l2Genesis.ts'
import { ROLLUP_DEFAULTS } from './parameters.ts'

/** Arguments of `RollupFactory.create`; see contracts/l1/NativeRollup.sol RollupConfig for units. */
export type RollupCreation = {
  config: {
    chainId: bigint
    gasLimit: bigint
    feeRecipient: Hex
    sequencer: Hex
    genesisHash: Hex
    genesisStateRoot: Hex
    genesisTimestamp: bigint
    maxAnchorAge: bigint
    maxTimestampLag: bigint
    finalityDelay: bigint
    sequencerTimeout: bigint
    forcedDeadline: bigint
    forcedExpiry: bigint
    forcedBond: bigint
  }
  maxMessageGas: bigint
  value: bigint
}

/** How long an unsettled block stays acceptable, and how long the sequencer may be silent or ignore what is forced. */
export type Windows = {
  maxAnchorAge: number
  maxTimestampLag: number
  sequencerTimeout: number
  forcedDeadline: number
  forcedExpiry: number
}

export type CreationOptions = {
  /** who may advance; zero address: anyone */
  sequencer: Hex
  /** seconds */
  finalityDelay: number
  /** default: those of the design */
  windows?: Partial<Windows>
}

/** What creates the rollup of an L2 genesis: `block` is its genesis block; its balances are backed by the value. */
export function creationOf(genesis: GenesisJson, block: Block, options: CreationOptions): RollupCreation {
  const windows = { ...ROLLUP_DEFAULTS, ...options.windows }
  return {
    config: {
      chainId: BigInt(genesis.config.chainId),
      gasLimit: block.header.gasLimit,
      feeRecipient: ROLLUP_DEFAULTS.feeRecipient,
      sequencer: options.sequencer,
      genesisHash: `0x${bytesToHex(block.hash)}`,
      genesisStateRoot: `0x${bytesToHex(block.header.stateRoot)}`,
      genesisTimestamp: block.header.timestamp,
      maxAnchorAge: BigInt(windows.maxAnchorAge),
      maxTimestampLag: BigInt(windows.maxTimestampLag),
      finalityDelay: BigInt(options.finalityDelay),
      sequencerTimeout: BigInt(windows.sequencerTimeout),
      forcedDeadline: BigInt(windows.forcedDeadline),
      forcedExpiry: BigInt(windows.forcedExpiry),
      forcedBond: ROLLUP_DEFAULTS.forcedBond,
    },
    maxMessageGas: BigInt(ROLLUP_DEFAULTS.maxMessageGas),
    value: l2Backing(genesis),
  }
}

/** Calldata of `RollupFactory.create`, creation codes included. */
export function encodeCreation({ config, maxMessageGas }: RollupCreation): Hex {
  const creationCodes = [nativeRollup.creationCode, l1Messenger.creationCode, l1TokenBridge.creationCode]
  return encodeFunctionData({
    abi: rollupFactory.abi,
    functionName: 'create',
    args: [{ config, maxMessageGas, creationCodes }],
  })
}
