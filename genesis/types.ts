import type { GenesisJson } from '../execution/genesisJson.ts'

export type { GenesisAccount, GenesisConfig, GenesisJson } from '../execution/genesisJson.ts'

/** Everything a client, a sequencer or a settler needs to know about one rollup; JSON-safe. */
export type RollupDeployment = {
  l1ChainId: number
  l2ChainId: number
  l1: {
    rollup: `0x${string}`
    messenger: `0x${string}`
    tokenBridge: `0x${string}`
    /** what the tokens that the bridge makes on L1 are clones of */
    tokenImplementation: `0x${string}`
    withdrawalVerifier: `0x${string}`
    factory: `0x${string}`
    /** where this software's L1 genesis puts the router; code there is not a condition of running the rollup */
    router: `0x${string}`
  }
  l2: {
    messenger: `0x${string}`
    tokenBridge: `0x${string}`
    l1State: `0x${string}`
    crossMessenger: `0x${string}`
  }
  /** L1 block in which the contracts appeared (0: genesis) */
  deployBlock: number
  l2GenesisHash: `0x${string}`
  l2GenesisStateRoot: `0x${string}`
  l2GasLimit: number
  parameters: {
    maxAnchorAge: number
    maxTimestampLag: number
    finalityDelay: number
    sequencerTimeout: number
    forcedDeadline: number
    forcedExpiry: number
    /** wei, decimal */
    forcedBond: string
    maxMessageGas: number
    /** zero address: free */
    feeRecipient: `0x${string}`
    sequencer: `0x${string}`
  }
}

export type DevnetGenesis = { l1: GenesisJson; rollups: readonly { l2: GenesisJson; deployment: RollupDeployment }[] }
