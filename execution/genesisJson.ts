/** geth-format genesis JSON, as `--genesis` reads it and `reenact genesis l1|l2` prints it. Quantities are hex strings. */
export type GenesisAccount = {
  balance: string
  nonce?: string
  code?: string
  storage?: Record<string, string>
}

export type GenesisConfig = {
  chainId: number
  terminalTotalDifficulty?: number | string
  blobSchedule?: Record<string, { target: number; max: number; baseFeeUpdateFraction: number }>
  depositContractAddress?: string
  /** Reenact: the fork that adds EXECUTE, a timestamp; only on L1 */
  nativeRollupsTime?: number
  [fork: string]: unknown
}

export type GenesisJson = {
  config: GenesisConfig
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
