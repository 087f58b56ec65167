/** geth-format genesis JSON, as `--genesis` reads it and `reenact genesis l1|l2` prints it. Quantities are hex strings. */
export type GenesisAccount = {
  balance: string
  nonce?: string
  code?: string
  storage?: Record<string, string>
}

export type GenesisJson = {
  config: {
    chainId: number
    terminalTotalDifficulty?: number | string
    blobSchedule?: Record<string, { target: number; max: number; baseFeeUpdateFraction: number }>
    depositContractAddress?: string
    /** Reenact: the fork that adds EXECUTE, a timestamp; only on L1 */
    nativeRollupsTime?: number
    [fork: string]: unknown
  }
  nonce?: string
  timestamp: string
  extraData?: string
  gasLimit: string
  difficulty?: string
  mixHash?: string
  coinbase?: string
  baseFeePerGas?: string
  excessBlobGas?: string
  blobGasUsed?: string
  parentBeaconBlockRoot?: string
  number?: string
  gasUsed?: string
  parentHash?: string
  slotNumber?: string
  alloc: Record<string, GenesisAccount>
}

/** Everything a client, a sequencer or a settler needs to know about one rollup; JSON-safe. */
export type RollupDeployment = {
  l1ChainId: number
  l2ChainId: number
  l1: {
    rollup: `0x${string}`
    messenger: `0x${string}`
    tokenBridge?: `0x${string}`
    withdrawalVerifier: `0x${string}`
    factory: `0x${string}`
  }
  l2: { messenger: `0x${string}` }
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
    maxMessageGas: number
    /** zero address: free */
    feeRecipient: `0x${string}`
    sequencer: `0x${string}`
  }
}

export type DevnetGenesis = { l1: GenesisJson; rollups: readonly { l2: GenesisJson; deployment: RollupDeployment }[] }
