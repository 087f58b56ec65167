type Hex = `0x${string}`

/** The fields of an L1 block that the rollup's node reads, checked for shape. */
export type L1Block = {
  number: bigint
  hash: Hex
  parentHash: Hex
  timestamp: bigint
  baseFeePerGas: bigint
  gasLimit: bigint
  /** as answered, for the header codec */
  fields: Readonly<Record<string, unknown>>
}

export type L1Log = {
  address: Hex
  topics: readonly Hex[]
  data: Hex
  blockNumber: bigint
  blockHash: Hex
  transactionHash: Hex
  logIndex: bigint
}

export type L1Receipt = {
  transactionHash: Hex
  transactionIndex: bigint
  blockNumber: bigint
  blockHash: Hex
  succeeded: boolean
  gasUsed: bigint
  /** wei per gas */
  effectiveGasPrice: bigint
  logs: readonly L1Log[]
}

/** A transaction as L1 knows it; `at` is its place, absent while it waits. */
export type L1SentTransaction = {
  from: Hex
  to: Hex | undefined
  input: Hex
  type: bigint
  at?: { number: bigint; hash: Hex; index: bigint }
}

/** Where a call runs: behind so many transactions of a block, or behind all of them. */
export type L1Place = { block: Hex | 'latest' | 'pending'; txIndex?: bigint }

/** A transaction of an L1 block, as far as it calls a contract. */
export type L1Call = { hash: Hex; from: Hex; input: Hex }

export type L1StorageProof = { accountProof: readonly Hex[]; storageProof: readonly Hex[] }

/** As L1 understands them: how far it thinks that a block can no longer be taken back. */
export type L1Tag = 'latest' | 'safe' | 'finalized'

export type L1LogQuery = { addresses: readonly Hex[] } & ({ blockHash: Hex } | { fromBlock: bigint; toBlock: bigint })

/** What a call did; `error` in the node's words. `calls`: those that it made itself. */
export type L1CallFrame = {
  gasUsed: bigint
  output: Hex
  error?: string
  calls: readonly Omit<L1CallFrame, 'calls'>[]
}
