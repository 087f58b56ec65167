import * as z from 'zod'
import type { RollupConfig as Config } from '../../rollup/types.ts'
import { toQuantity } from '../hex.ts'
import type { MethodTable } from '../types.ts'
import type { ReaderDeps } from './deps.ts'
import { rollupMethod } from './method.ts'
import { address, hash, named, quantity, quantity64 } from './wire.ts'

/** What a rollup's contract was created with. Seconds, L1 blocks and wei. */
export const RollupParameters = named('RollupParameters', {
  maxAnchorAge: quantity64,
  maxTimestampLag: quantity64,
  finalityDelay: quantity64,
  sequencerTimeout: quantity64,
  forcedDeadline: quantity64,
  forcedExpiry: quantity64,
  forcedBond: quantity,
  maxMessageGas: quantity64,
  feeRecipient: address,
  sequencer: address,
})

/** `blockTimes` are plain numbers of seconds, possibly fractions; every other number is a quantity. */
export const RollupConfig = named('RollupConfig', {
  l1ChainId: quantity64,
  l2ChainId: quantity64,
  fork: z.string(),
  executeAddress: address,
  gasSchedule: z.enum(['metered', 'gas-limit', 'gas-used']),
  contracts: z.object({
    l1: z.object({
      rollup: address,
      messenger: address,
      tokenBridge: address,
      tokenImplementation: address,
      withdrawalVerifier: address,
      factory: address,
      router: address,
    }),
    l2: z.object({ messenger: address, tokenBridge: address, l1State: address, crossMessenger: address }),
  }),
  deployBlock: quantity64,
  l2GenesisHash: hash,
  l2GenesisStateRoot: hash,
  l2GasLimit: quantity64,
  finalityDelay: quantity64,
  blockTimes: z.object({ l1: z.number(), l2: z.number() }),
  parameters: RollupParameters,
})
export type RollupConfig = z.infer<typeof RollupConfig>

/** rollup_config: everything a client needs to know about this rollup. */
export function rollupConfigMethods({ reader }: ReaderDeps): MethodTable {
  return {
    rollup_config: rollupMethod(
      { summary: 'Chains, contracts and parameters of the rollup.', params: [], result: RollupConfig },
      () => formatConfig(reader().config()),
    ),
  }
}

function formatConfig(config: Config): RollupConfig {
  const { parameters } = config
  return {
    l1ChainId: toQuantity(config.l1ChainId),
    l2ChainId: toQuantity(config.l2ChainId),
    fork: config.fork,
    executeAddress: config.executeAddress,
    gasSchedule: config.gasSchedule,
    contracts: { l1: config.l1, l2: config.l2 },
    deployBlock: toQuantity(config.deployBlock),
    l2GenesisHash: config.l2GenesisHash,
    l2GenesisStateRoot: config.l2GenesisStateRoot,
    l2GasLimit: toQuantity(config.l2GasLimit),
    finalityDelay: toQuantity(parameters.finalityDelay),
    blockTimes: config.blockTimes,
    parameters: {
      maxAnchorAge: toQuantity(parameters.maxAnchorAge),
      maxTimestampLag: toQuantity(parameters.maxTimestampLag),
      finalityDelay: toQuantity(parameters.finalityDelay),
      sequencerTimeout: toQuantity(parameters.sequencerTimeout),
      forcedDeadline: toQuantity(parameters.forcedDeadline),
      forcedExpiry: toQuantity(parameters.forcedExpiry),
      forcedBond: toQuantity(BigInt(parameters.forcedBond)),
      maxMessageGas: toQuantity(parameters.maxMessageGas),
      feeRecipient: parameters.feeRecipient,
      sequencer: parameters.sequencer,
    },
  }
}
