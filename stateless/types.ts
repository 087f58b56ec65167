import type { DecodedEnvelope } from './transactionFields.ts'

/**
 * Plain data that every room shares. Bytes are `Uint8Array`, amounts and gas are `bigint`; hex appears only at RPC and
 * JSON edges. Nothing here has behaviour.
 */

/** 32 bytes. */
export type Hash32 = Uint8Array
/** 20 bytes. */
export type Address20 = Uint8Array

/**
 * An execution header of any fork, Frontier to Amsterdam. Optional fields are absent before the fork that adds them and
 * appear in this order at the end of the RLP list (EELS amsterdam/blocks.py::Header).
 */
export type BlockHeader = {
  parentHash: Hash32
  ommersHash: Hash32
  coinbase: Address20
  stateRoot: Hash32
  transactionsRoot: Hash32
  receiptsRoot: Hash32
  /** 256 bytes */
  logsBloom: Uint8Array
  difficulty: bigint
  number: bigint
  gasLimit: bigint
  gasUsed: bigint
  /** seconds */
  timestamp: bigint
  /** at most 32 bytes */
  extraData: Uint8Array
  /** prev_randao since Paris, mixHash before */
  prevRandao: Hash32
  /** 8 bytes, zero since Paris */
  nonce: Uint8Array
  /** wei; London */
  baseFeePerGas?: bigint
  /** Shanghai */
  withdrawalsRoot?: Hash32
  /** Cancun */
  blobGasUsed?: bigint
  /** Cancun */
  excessBlobGas?: bigint
  /** Cancun; on our L2 the hash of the anchor block */
  parentBeaconBlockRoot?: Hash32
  /** Prague */
  requestsHash?: Hash32
  /** Amsterdam, EIP-7928 */
  blockAccessListHash?: Hash32
  /** Amsterdam, EIP-7843 */
  slotNumber?: bigint
}

/** EIP-4895; `amount` is in gwei. */
export type Withdrawal = { index: bigint; validatorIndex: bigint; address: Address20; amount: bigint }

/** A sealed block. `hash` is keccak256 of the header's RLP. `transactions` are the raw EIP-2718 envelopes. */
export type Block = {
  hash: Hash32
  header: BlockHeader
  transactions: readonly Uint8Array[]
  ommers: readonly BlockHeader[]
  /** absent before Shanghai */
  withdrawals?: readonly Withdrawal[]
}

/** `storageRoot` is that of the view's root; inside a running block only nonce, balance and codeHash are live. */
export type AccountState = { nonce: bigint; balance: bigint; storageRoot: Hash32; codeHash: Hash32 }

/**
 * The state as of one root, read synchronously. Every reader of state takes this and nothing wider.
 *
 * Full nodes answer from their store, EXECUTE from a witness. A witness view throws InvalidWitness when something that
 * is really needed is absent; it never answers "no such account" for a path it cannot walk.
 */
export type StateView = {
  readonly root: Hash32
  /** where its trie nodes come from, for whoever walks the same tries in another way */
  readonly nodes?: NodeSource
  getAccount(address: Address20): AccountState | undefined
  /** Minimal big-endian value of a 32-byte slot key; empty bytes for zero. */
  getStorage(address: Address20, slot: Uint8Array): Uint8Array
  /** Code by its hash; the hash of empty code gives empty bytes without a lookup. */
  getCode(codeHash: Hash32): Uint8Array
  /**
   * The root after `changes`, and the new trie nodes, without touching this view's own answers.
   * In every storage trie and in the account trie all inserts and updates come first, then the deletes: this order
   * decides which siblings a witness must hold (EELS witness_state).
   */
  commit(changes: StateChanges): StateCommit
}

/** What a block did to the state. Keys are lower-case hex without prefix. */
export type StateChanges = {
  /** address -> new account, or null when deleted. Every account whose storage changed is present too. */
  accounts: ReadonlyMap<string, { nonce: bigint; balance: bigint; codeHash: Hash32 } | null>
  /** address -> slot (64 hex digits) -> minimal big-endian value (empty bytes: delete) */
  storage: ReadonlyMap<string, ReadonlyMap<string, Uint8Array>>
  /** addresses whose whole storage was wiped before `storage` is applied */
  clearedStorage: ReadonlySet<string>
  /** code hash -> code, created by this block */
  codes: ReadonlyMap<string, Uint8Array>
}

/** `nodes`: hash (hex) -> RLP of every new node that is reachable from `root`, of all tries. */
export type StateCommit = { root: Hash32; nodes: ReadonlyMap<string, Uint8Array> }

/** Where trie nodes and codes come from, by hash in hex without prefix. `undefined` means "not there". */
export type NodeSource = {
  getNode(hash: string): Uint8Array | undefined
  getCode(hash: string): Uint8Array | undefined
}

/** EIP-8025 / tests-zkevm v21: `state` and `codes` sorted by bytes without duplicates, `headers` ascending, parent last. */
export type ExecutionWitness = {
  state: readonly Uint8Array[]
  codes: readonly Uint8Array[]
  /** RLP headers, oldest first */
  headers: readonly Uint8Array[]
}

/** The 19 fields of the SSZ ExecutionPayload, in wire order (protocol: execution_engine/types.py). */
export type ExecutionPayload = {
  parentHash: Hash32
  feeRecipient: Address20
  stateRoot: Hash32
  receiptsRoot: Hash32
  logsBloom: Uint8Array
  prevRandao: Hash32
  blockNumber: bigint
  gasLimit: bigint
  gasUsed: bigint
  timestamp: bigint
  extraData: Uint8Array
  baseFeePerGas: bigint
  blockHash: Hash32
  transactions: readonly Uint8Array[]
  withdrawals: readonly Withdrawal[]
  blobGasUsed: bigint
  excessBlobGas: bigint
  /** RLP of the EIP-7928 list */
  blockAccessList: Uint8Array
  slotNumber: bigint
}

/** The five EIP-7685 request lists as fixed-size SSZ items: 192, 76, 116, 184 and 68 bytes each. */
export type ExecutionRequests = {
  deposits: readonly Uint8Array[]
  withdrawals: readonly Uint8Array[]
  consolidations: readonly Uint8Array[]
  builderDeposits: readonly Uint8Array[]
  builderExits: readonly Uint8Array[]
}

export type NewPayloadRequest = {
  executionPayload: ExecutionPayload
  versionedHashes: readonly Hash32[]
  parentBeaconBlockRoot: Hash32
  executionRequests: ExecutionRequests
}

export type StatelessInput = {
  /** big-endian prefix of the input; 0x1501 for Amsterdam revision 1 */
  schemaId: number
  /** `v21` has three fields; `keyed` (v0.8) adds 65-byte public keys, which are never trusted */
  dialect: 'v21' | 'keyed'
  newPayloadRequest: NewPayloadRequest
  witness: ExecutionWitness
  chainId: bigint
  /** only in the keyed dialect */
  publicKeys?: readonly Uint8Array[]
}

/** 43 bytes on the wire. */
export type StatelessResult = {
  newPayloadRequestRoot: Hash32
  successfulValidation: boolean
  chainId: bigint
  schemaId: number
}

/** Parts of running a block, in their order: decoding its transactions, all of them with the first system calls, and the roots. */
export type RunPhase = 'transactions' | 'execution' | 'stateRoot'

/** What `verifyStatelessNewPayload` asks of the room that can run a block. */
export type RunBlockRequest = {
  chainId: bigint
  parent: BlockHeader
  block: Block
  /** what `readEnvelopes` has made of the block's transactions; absent: the runner reads them itself */
  envelopes?: readonly DecodedEnvelope[]
  state: StateView
  /** RLP of the block access list that the payload claims; the runner compares its own with it */
  blockAccessList: Uint8Array
  /** Hash of an ancestor inside the 256-block window; throws InvalidWitness MISSING_ANCESTOR. */
  blockHash(number: bigint): Hash32
  /** Metering: the regular gas that may be spent (see precompiles/). Absent: unmetered. */
  budget?: bigint
  /** Refuse code at the addresses of EIP-4788 and EIP-2935 that is not theirs (EXECUTE; docs/spec-gaps.md). Absent: run it. */
  refuseForeignSystemCode?: boolean
  /** keyed dialect: one 65-byte key per transaction to compare with the recovered one */
  publicKeys?: readonly Uint8Array[]
  /** told whenever a part of the run begins */
  onPhase?(phase: RunPhase): void
}

/**
 * What the run produced. The runner throws InvalidBlock, InvalidWitness or OverBudget for every rejection caused by the
 * input, whatever the libraries under it throw; any other error is a bug of ours.
 */
export type RunBlockOutcome = {
  stateRoot: Hash32
  receiptsRoot: Hash32
  logsBloom: Uint8Array
  /** the header's gas_used: the larger of the two EIP-8037 dimensions */
  gasUsed: bigint
  blobGasUsed: bigint
  /** type byte || data, non-empty ones only, ascending types (EIP-7685) */
  requests: readonly Uint8Array[]
  blockAccessList: Uint8Array
  /** regular gas of all transactions before refunds, with the calldata floor, plus the four request calls */
  regularGas: bigint
  /** gas that the interpreter really ran, system calls included; never above the budget when one was given */
  executedGas: bigint
}

export type RunBlock = (request: RunBlockRequest) => Promise<RunBlockOutcome>
