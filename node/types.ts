import type { BlockOutcome, Engine, InjectedChanges, Log, Receipt, Transaction } from '../execution/types.ts'
import type { Block, BlockHeader, Hash32, NodeSource, StateView } from '../stateless/types.ts'

/** Injected wall clock; tests and time travel replace it. */
export type Clock = { nowMs(): number }

/** Structured logs: `event` is a short constant phrase, `fields` carry the numbers. */
export type Logger = {
  debug(event: string, fields?: Record<string, unknown>): void
  info(event: string, fields?: Record<string, unknown>): void
  warn(event: string, fields?: Record<string, unknown>): void
  error(event: string, fields?: Record<string, unknown>): void
  child(room: string): Logger
}

/** Key-value store of one chain. Reads are synchronous; writes are atomic batches, head pointer last. */
export type Store = {
  get(key: string): Uint8Array | undefined
  /** ascending keys in [from, to) of the state at the call; asynchronous because LevelDB iterates only so */
  range(from: string, to: string, options?: { reverse?: boolean; limit?: number }): AsyncIterable<[string, Uint8Array]>
  /** all of them, of the state at the call, in any order; to be read to the end or let go by `return` */
  entries(): AsyncIterableIterator<[string, Uint8Array]>
  batch(operations: readonly StoreOperation[]): Promise<void>
  close(): Promise<void>
}
export type StoreOperation = { type: 'put'; key: string; value: Uint8Array } | { type: 'del'; key: string }

/** Where a transaction stands in the canonical chain. */
export type TransactionLocation = { blockHash: Hash32; blockNumber: bigint; index: number }

export type StoredBlock = {
  block: Block
  receipts: readonly Receipt[]
  blockAccessList?: Uint8Array
  /** what a devnet changed by hand in this block: without it the block cannot be run again */
  changes?: InjectedChanges
}

/** A change of the canonical chain: `removed` newest first, `added` oldest first. */
export type HeadChange = { head: Block; added: readonly StoredBlock[]; removed: readonly StoredBlock[] }

/** Tags that each chain resolves in its own way (README 12 for L1; built, settled, final for L2). */
export type BlockTag = 'latest' | 'safe' | 'finalized' | 'earliest'

export type LogFilter = {
  fromBlock: bigint
  toBlock: bigint
  addresses?: readonly Uint8Array[]
  /** per position: undefined is a wildcard, else any of these */
  topics?: readonly (readonly Uint8Array[] | undefined)[]
}
export type FoundLog = {
  log: Log
  blockHash: Hash32
  blockNumber: bigint
  blockTimestamp: bigint
  transactionHash: Hash32
  transactionIndex: number
  logIndex: number
}

/**
 * The one owner of blocks, receipts, state and the head of a chain. Lookups by number see the canonical chain only;
 * lookups by hash see every stored block.
 */
export type Chain = {
  readonly chainId: bigint
  readonly genesis: Block
  readonly engine: Engine
  /** nodes and codes of every stored state */
  readonly nodes: NodeSource
  head(): Block
  /** resolves a tag to a canonical block number */
  resolveTag(tag: BlockTag): bigint
  getBlockByNumber(number: bigint): StoredBlock | undefined
  getBlockByHash(hash: Hash32): StoredBlock | undefined
  getHeaderByNumber(number: bigint): BlockHeader | undefined
  getHashByNumber(number: bigint): Hash32 | undefined
  isCanonical(hash: Hash32): boolean
  /** decoded with cached senders, all at once: a full block takes a tenth of a second */
  getTransactions(block: Block): readonly Transaction[]
  /** the same, giving way to other work */
  readTransactions(block: Block): Promise<readonly Transaction[]>
  /** one of them, without the others */
  getTransaction(block: Block, index: number): Transaction | undefined
  getTransactionLocation(hash: Hash32): TransactionLocation | undefined
  /** the state after a block; throws ChainError STATE_UNAVAILABLE */
  stateAt(root: Hash32): StateView
  /** BLOCKHASH source for a block on top of `parent` */
  ancestorHashes(parent: Block): (number: bigint) => Hash32 | undefined
  /** all matching logs of the canonical chain, oldest first, lazily */
  getLogs(filter: LogFilter): Iterable<FoundLog>
  /**
   * the canonical blocks that may hold matching logs, oldest first, lazily; undefined now and then, also when nothing is
   * found for long: a moment at which the caller may let others in
   */
  findLogBlocks(filter: LogFilter): Iterable<StoredBlock | undefined>
  /** persists a built or executed block on top of its parent and makes it the head; one atomic batch */
  append(outcome: BlockOutcome): Promise<void>
  /** executes a foreign sealed block in full, then appends it; throws InvalidBlock */
  importBlock(block: Block, blockAccessList?: Uint8Array): Promise<void>
  /** the last blocks that failed to import because they are invalid, newest first; forgotten with the process */
  badBlocks(): readonly Block[]
  /** makes a stored block the head again; blocks above it leave the canonical chain */
  rewindTo(hash: Hash32): Promise<void>
  onHead(listener: (change: HeadChange) => void): () => void
  /** small durable values of other owners (settler, watcher), in the same store */
  getMeta(key: string): Uint8Array | undefined
  putMeta(key: string, value: Uint8Array): Promise<void>
  close(): Promise<void>
}

export type PoolStatus = { pending: number; queued: number }

/** Per-sender nonce-ordered transactions. `pending` can run now, `queued` waits for a nonce. */
export type TxPool = {
  /** throws TransactionRejected; resolves after the transaction is in the pool */
  add(raw: Uint8Array): Promise<Transaction>
  get(hash: Hash32): Transaction | undefined
  /** next nonce including pending ones */
  nextNonce(address: Uint8Array): bigint
  status(): PoolStatus
  content(): { pending: readonly Transaction[]; queued: readonly Transaction[] }
  /** best first by effective tip, each sender in nonce order; live: transactions dropped meanwhile are not yielded */
  candidates(baseFeePerGas: bigint | undefined): Iterable<Transaction>
  /** a transaction that can never be included; its sender's later ones become queued */
  drop(hash: Hash32, reason: string): void
  onPending(listener: (tx: Transaction) => void): () => void
  close(): void
}

export type SealMode = { kind: 'instant' } | { kind: 'interval'; seconds: number } | { kind: 'manual' }

/** Decides when a block is sealed; `seal` knows how. One seal at a time; a wake-up during a seal is not lost. */
export type Sealer = {
  readonly mode: SealMode
  /** seals that failed since the last one that did not */
  readonly failures: number
  setMode(mode: SealMode): void
  /** something to include may exist now (instant mode) */
  wake(): void
  /** seal now, in any mode; resolves with the block, or undefined when there is nothing that may be sealed */
  sealNow(): Promise<Block | undefined>
  /** runs `work` while no block is being sealed, and none begins before it is done */
  between<Result>(work: () => Promise<Result>): Promise<Result>
  start(): void
  close(): Promise<void>
}
