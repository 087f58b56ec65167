import type { Authorization, TransactionFields } from '../stateless/transactionFields.ts'
import type {
  AccountState,
  Block,
  BlockHeader,
  Hash32,
  NodeSource,
  RunBlock,
  StateChanges,
  StateView,
  Withdrawal,
} from '../stateless/types.ts'
import type { ReplayRequest, TraceBlockRequest, TraceOptions, TraceResult } from './traceTypes.ts'

export type * from './traceTypes.ts'

import type { BlobSidecar } from './blobSidecar.ts'

/** An ommer is up to six generations older than its block, so its parent is among so many ancestors. */
export const OMMER_ANCESTORS = 7

/** Which code runs blocks: ours, or the library's own wherever it is right. */
export type EnginePaths = 'fast' | 'reference'

/**
 * A decoded, strictly checked EIP-2718 transaction with its sender (recovered at most once per object, lazily).
 * `raw` is the canonical consensus form: a blob transaction that came in its network wrapper has `blobs` beside it.
 */
export type Transaction = TransactionFields & {
  readonly raw: Uint8Array
  readonly hash: Hash32
  /** 20 bytes; throws InvalidTransaction when the signature does not recover */
  readonly sender: Uint8Array
  /** what was signed; absent where nothing was */
  readonly signingHash?: Hash32
  /** only a blob transaction that came in its network wrapper has them */
  readonly blobs?: BlobSidecar
  /** nobody signed it: a devnet's L1 sends it in the name of this sender (execution/impersonation.ts), or it is simulated */
  readonly impersonated?: true
}

/** A transaction before anybody has signed it. */
export type UnsignedTransaction = Omit<
  Transaction,
  'raw' | 'hash' | 'signingHash' | 'v' | 'r' | 's' | 'blobs' | 'impersonated'
>

export type Log = { address: Uint8Array; topics: readonly Uint8Array[]; data: Uint8Array }

/** One transaction's outcome inside a block, with everything that eth_getTransactionReceipt needs from execution. */
export type Receipt = {
  type: number
  /** absent before Byzantium, where `stateRoot` stands in its place */
  status?: 0 | 1
  stateRoot?: Hash32
  /** after refunds, as EIP-658 receipts count it */
  cumulativeGasUsed: bigint
  /** what the sender pays for: after refunds, floor applied */
  gasUsed: bigint
  effectiveGasPrice: bigint
  logsBloom: Uint8Array
  logs: readonly Log[]
  /** creation only */
  contractAddress?: Uint8Array
  blobGasUsed?: bigint
  blobGasPrice?: bigint
}

/** What a header needs that does not follow from the parent and the transactions. */
export type BlockEnv = {
  number: bigint
  timestamp: bigint
  coinbase: Uint8Array
  gasLimit: bigint
  prevRandao: Hash32
  extraData?: Uint8Array
  /** Cancun */
  parentBeaconBlockRoot?: Hash32
  /** Amsterdam */
  slotNumber?: bigint
  /** default: computed from the parent by the fork's rule */
  baseFeePerGas?: bigint
  withdrawals?: readonly Withdrawal[]
}

export type TransactionOutcome = {
  receipt: Receipt
  /** EIP-8037 regular gas before refunds, floor applied: what the transaction adds to the block's regular dimension and to R */
  regularGas: bigint
  /** EIP-8037 state gas */
  stateGas: bigint
  /** return data or revert data of the outermost frame */
  output: Uint8Array
  /** name of the VM error, absent on success */
  error?: string
}

/** The sealed result of executing or building a block. Nothing has been persisted. */
export type BlockOutcome = {
  block: Block
  receipts: readonly Receipt[]
  changes: StateChanges
  /** new trie nodes by hash (hex), reachable from the header's stateRoot */
  nodes: ReadonlyMap<string, Uint8Array>
  /** RLP of the EIP-7928 list; absent before Amsterdam */
  blockAccessList?: Uint8Array
  requests: readonly Uint8Array[]
  /** R of the block: regular gas of all transactions and of the request calls */
  regularGas: bigint
  /** what was changed by hand, as the request said */
  injected?: InjectedChanges
}

/**
 * Accounts that a devnet's L1 changes by hand in a block, by address (40 hex digits): applied after the pre-block system
 * calls, at block access index 0, so that roots and block access list of the header are true. Part of the block.
 */
export type InjectedChanges = ReadonlyMap<string, AccountOverride>

export type ExecuteBlockRequest = {
  parent: BlockHeader
  block: Block
  state: StateView
  blockHash(number: bigint): Hash32 | undefined
  /** the last seven blocks, the parent first: asked for when the block has ommers, which are refused without unless it is `stored` */
  ancestors?(): readonly Block[]
  /** compare the generated list with this one besides the header's hash */
  blockAccessList?: Uint8Array
  /** what this chain's own record of the block holds; nobody else's block has any */
  changes?: InjectedChanges
  /** the block is one that this chain has stored: its ommers are good, and it may hold what `Engine.impersonate` made */
  stored?: boolean
  /** calls the run off, which then rejects with the signal's reason */
  signal?: AbortSignal
}

export type BeginBlockRequest = {
  parent: BlockHeader
  /** keccak256 of the parent header */
  parentHash: Hash32
  env: BlockEnv
  state: StateView
  blockHash(number: bigint): Hash32 | undefined
  changes?: InjectedChanges
}

/**
 * A block being built, one transaction at a time, on a private VM. Linear in the number of transactions. The same steps
 * that `executeBlock` takes, so that builder and verifier cannot disagree.
 */
export type BlockAssembly = {
  readonly env: BlockEnv
  readonly baseFeePerGas: bigint | undefined
  /** header gas_used so far */
  readonly gasUsed: bigint
  /** sum of regular gas so far */
  readonly regularGas: bigint
  readonly transactions: readonly Transaction[]
  /** State as the next transaction will see it (reads through to the pre-state). */
  getAccount(address: Uint8Array): Promise<Pick<AccountState, 'nonce' | 'balance' | 'codeHash'> | undefined>
  /**
   * Runs one transaction. Throws TransactionRejected when it cannot be in this block at all. `accept` may refuse the
   * outcome; a refused or rejected transaction leaves no trace, neither in state nor in the block access list.
   * Returns undefined when refused.
   */
  addTransaction(
    tx: Transaction,
    accept?: (outcome: TransactionOutcome) => boolean,
  ): Promise<TransactionOutcome | undefined>
  /** Withdrawals, request calls, roots and header. Fails loudly when a request contract is missing or fails. */
  seal(): Promise<BlockOutcome>
}

/** Fields as in eth_call's transaction object, parsed. */
export type CallRequest = {
  from?: Uint8Array
  to?: Uint8Array
  gas?: bigint
  gasPrice?: bigint
  maxFeePerGas?: bigint
  maxPriorityFeePerGas?: bigint
  value?: bigint
  data?: Uint8Array
  nonce?: bigint
  accessList?: readonly { address: Uint8Array; storageKeys: readonly Uint8Array[] }[]
  authorizationList?: readonly Authorization[]
  blobVersionedHashes?: readonly Hash32[]
  maxFeePerBlobGas?: bigint
}

export type AccountOverride = {
  nonce?: bigint
  balance?: bigint
  code?: Uint8Array
  /** replaces all storage */
  state?: ReadonlyMap<string, Uint8Array>
  /** changes these slots only; keys 64 hex digits */
  stateDiff?: ReadonlyMap<string, Uint8Array>
  /** the precompile of this address runs there instead; the account that is there stays as it is */
  movePrecompileTo?: Uint8Array
}

export type BlockOverride = Partial<{
  number: bigint
  timestamp: bigint
  gasLimit: bigint
  coinbase: Uint8Array
  prevRandao: Hash32
  baseFeePerGas: bigint
  blobBaseFee: bigint
  /** before the merge */
  difficulty: bigint
}>

export type CallContext = {
  /** the block in whose context the call runs (its header fields, on top of `state`) */
  header: BlockHeader
  state: StateView
  blockHash(number: bigint): Hash32 | undefined
  stateOverrides?: ReadonlyMap<string, AccountOverride>
  blockOverride?: BlockOverride
  /** stops a call that runs too long */
  signal?: AbortSignal
  /** told whenever the run lets other work go on; it waits for what this gives */
  onPause?: () => Promise<void> | undefined
}

export type CallOutcome =
  | { status: 'success'; output: Uint8Array; gasUsed: bigint; logs: readonly Log[] }
  | { status: 'reverted'; output: Uint8Array; gasUsed: bigint }
  /** any other VM error; `error` in geth's words: "out of gas", "invalid opcode: ...", ... */
  | { status: 'halted'; error: string; gasUsed: bigint }

/** What eth_createAccessList finds; a call that fails has a list as well, and `error` in geth's words. */
export type AccessListOutcome = {
  accessList: readonly { address: Uint8Array; storageKeys: readonly Uint8Array[] }[]
  /** with this list */
  gasUsed: bigint
  error?: string
}

/** One block of eth_simulateV1. */
export type SimulationBlock = {
  calls: readonly CallRequest[]
  stateOverrides?: ReadonlyMap<string, AccountOverride>
  blockOverride?: BlockOverride & { parentBeaconBlockRoot?: Hash32; withdrawals?: readonly Withdrawal[] }
}

export type SimulationRequest = {
  /** the block that the simulated ones follow */
  base: Block
  /** nodes and codes of the state after `base` */
  nodes: NodeSource
  /** hash of `base` or an ancestor of it */
  blockHash(number: bigint): Hash32 | undefined
  blocks: readonly SimulationBlock[]
  /** transfers of ether appear as ERC-20 transfer logs of 0xeeee...eeee; from EIP-7708 on the protocol's own logs do */
  traceTransfers: boolean
  /** nonces, base fee and fee caps as in real blocks; senders may be contracts all the same */
  validation: boolean
  /** gas of all calls together */
  gasCap: bigint
  signal?: AbortSignal
  /** told whenever the run lets other work go on; it waits for what this gives */
  onPause?: () => Promise<void> | undefined
}

/** `index` counts over the block, also logs and transfers that a revert took back (as geth). */
export type SimulatedLog = { log: Log; index: number }

export type SimulatedCall = {
  /** return data, or revert data */
  output: Uint8Array
  logs: readonly SimulatedLog[]
  gasUsed: bigint
  /** before refunds */
  maxUsedGas: bigint
} & ({ status: 'success' | 'reverted' } | { status: 'halted'; error: string })

/** A sealed block that nobody keeps; its transactions have no signature. */
export type SimulatedBlock = { block: Block; transactions: readonly Transaction[]; calls: readonly SimulatedCall[] }

export type EstimateOutcome =
  | { status: 'success'; gas: bigint; regularGas: bigint }
  | { status: 'reverted'; output: Uint8Array }
  /** `message` in geth's words, for instance "gas required exceeds allowance (30000)" */
  | { status: 'failed'; message: string }

/**
 * The EXECUTE precompile as the EVM calls it. The input is a window on the caller's memory: copy what outlives the call,
 * after charging for it. Never throws for input; a throw is a bug of ours and aborts the run.
 */
export type ExecutePrecompile = (
  input: Uint8Array,
  gasLimit: bigint,
) => Promise<{ ok: true; output: Uint8Array; gasUsed: bigint } | { ok: false }>

/** A fork of a chain and where it begins; `time` in seconds. */
export type ScheduledFork = { name: string; block: bigint } | { name: string; time: bigint }

/** What EIP-7910 reports about the rules at one point of a chain. Addresses have 20 bytes. */
export type ForkRules = {
  /** in blobs; absent before Cancun */
  blobs?: { target: number; max: number; baseFeeUpdateFraction: number }
  precompiles: ReadonlyMap<string, Uint8Array>
  systemContracts: ReadonlyMap<string, Uint8Array>
}

/**
 * Everything the project asks of an EVM. The only implementation today is EthereumJS; a faster one can replace it
 * without touching any other room. All methods are safe to call at the same time: each run owns its VM.
 */
export type Engine = {
  readonly chainId: bigint
  /** Strict decoding for the fork at this point; throws TransactionRejected. Accepts the blob network wrapper. */
  decodeTransaction(raw: Uint8Array, at: { number: bigint; timestamp: bigint }): Transaction
  /** Decodes what this chain has stored itself: where there is `impersonate`, also what that made. Never for foreign bytes. */
  decodeStored(raw: Uint8Array, at: { number: bigint; timestamp: bigint }): Transaction
  /**
   * The transaction of a sender that does not sign. Only an engine of a devnet's L1 has it; no other, no block import, no
   * verification ever accepts such a transaction. Throws TransactionRejected.
   */
  impersonate?(tx: UnsignedTransaction, at: { number: bigint; timestamp: bigint }): Transaction
  /** Name of the active hardfork, EthereumJS spelling ("amsterdam", "nativeRollups"). */
  forkAt(at: { number: bigint; timestamp: bigint }): string
  /** Wei that a block there creates for its miner (proof of work), uncles aside; 0 since the merge. */
  blockReward(at: { number: bigint; timestamp: bigint }): bigint
  /** Is this EIP active there? */
  hasEip(eip: number, at: { number: bigint; timestamp: bigint }): boolean
  /** Forks in order, the first from block 0. */
  readonly forks: readonly ScheduledFork[]
  rulesAt(at: { number: bigint; timestamp: bigint }): ForkRules
  /** Fee rules that follow from the parent header. */
  nextBaseFee(parent: BlockHeader, timestamp: bigint): bigint | undefined
  nextExcessBlobGas(parent: BlockHeader, timestamp: bigint): bigint | undefined
  blobBaseFee(header: BlockHeader): bigint | undefined
  /**
   * Do the proofs beside a blob transaction prove that its commitments are those of its blobs (EIP-4844, EIP-7594)? Throws
   * TransactionRejected. Takes a tenth of a second for a blob, in slices.
   */
  verifyBlobs(tx: Transaction): Promise<void>
  /** Who signed the authorizations of a set-code transaction for this chain (EIP-7702), each once; in slices. */
  authorities(tx: Transaction): Promise<readonly Uint8Array[]>
  /** Intrinsic gas and calldata floor: the least gas limit a transaction may have. Recovers the sender. */
  minimumGas(tx: Transaction, at: { number: bigint; timestamp: bigint }): bigint
  /** Runs and fully checks a sealed block against its header. Throws InvalidBlock. */
  executeBlock(request: ExecuteBlockRequest): Promise<BlockOutcome>
  beginBlock(request: BeginBlockRequest): Promise<BlockAssembly>
  /** eth_call semantics: no balance or nonce checks beyond what value transfer needs, base fee 0 without a gas price. */
  call(call: CallRequest, context: CallContext): Promise<CallOutcome>
  /**
   * Runs a sealed block again and tells what its transactions did, in their order. Throws InvalidBlock, TraceTooLarge and
   * the signal's reason.
   */
  traceBlock(request: TraceBlockRequest): Promise<readonly TraceResult[]>
  /** The same for a call. Throws TransactionRejected, TraceTooLarge. */
  traceCall(call: CallRequest, context: CallContext & TraceOptions): Promise<TraceResult>
  /** What a sealed block has changed before its transaction of this index (or, for their number, after the last). */
  changesBefore(request: ReplayRequest, index: number): Promise<StateChanges>
  /** Binary search up to `call.gas` or the block gas limit (EIP-8037: above 2^24 is legal for state gas). */
  estimateGas(call: CallRequest, context: CallContext): Promise<EstimateOutcome>
  /** Accounts and slots that the call uses, found by running it until its list no longer changes. */
  createAccessList(call: CallRequest, context: CallContext): Promise<AccessListOutcome>
  /** eth_simulateV1: blocks of calls on top of a block. Throws SimulationRejected. */
  simulate(request: SimulationRequest): Promise<readonly SimulatedBlock[]>
  /** The block runner for stateless verification: metered, senders never trusted. EXECUTE inactive inside. */
  readonly runBlock: RunBlock
}
