import type { RollupConfig } from '../../rollup/types.ts'
import { toQuantity } from '../hex.ts'
import { method } from '../params.ts'
import type { MethodTable } from '../types.ts'
import type { ReaderDeps } from './deps.ts'

/** rollup_config: everything a client needs to know about this rollup. */
export function rollupConfigMethods({ reader }: ReaderDeps): MethodTable {
  return { rollup_config: method([], () => formatConfig(reader().config())) }
}

/** `blockTimes` are plain numbers of seconds, possibly fractions; every other number is a quantity. */
function formatConfig(config: RollupConfig) {
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
