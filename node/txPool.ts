import { TransactionRejected } from '../execution/errors.ts'
import type { Transaction } from '../execution/types.ts'
import { bytesToHex } from '../stateless/bytes.ts'
import { keccak256 } from '../stateless/keccak.ts'
import type { Block, Hash32, StateView } from '../stateless/types.ts'
import { bestCandidates } from './candidates.ts'
import { giveWay, isTurnOver } from './eventLoop.ts'
import { leastWorth } from './eviction.ts'
import {
  costOf,
  type NextBlock,
  requireBump,
  requireExternallyOwned,
  requireFunds,
  requireNonce,
  requireRules,
  requireSidecar,
  requireSize,
} from './poolRules.ts'
import {
  costBefore,
  createSenderQueue,
  entryAt,
  type PooledTransaction,
  placeEntry,
  promote,
  promoteFurther,
  removeEntry,
  type SenderQueue,
  takeUsed,
} from './senderQueue.ts'
import type { Chain, Clock, HeadChange, Logger, PoolStatus, TxPool } from './types.ts'

export type TxPoolOptions = {
  /** of all senders; default 10,000 */
  maxTransactions?: number
  /** of all transactions, blobs included; default 256 MiB */
  maxBytes?: number
  /** of one sender; default 1,024 */
  maxPerSender?: number
  /** of one sender, waiting for a nonce or for funds; default 64 */
  maxQueuedPerSender?: number
  /** fee cap that a transaction must have, wei; default 1 */
  minFeePerGas?: bigint
}

export type TxPoolDeps = {
  chain: Chain
  clock: Clock
  logger: Logger
  /** an extra rule of this chain; throws TransactionRejected */
  accepts?: (tx: Transaction) => void
  /** which transactions of a block that left the chain come back; default: all */
  returns?: (tx: Transaction) => boolean
}

/** A pool whose background work can be awaited. */
export type LiveTxPool = TxPool & {
  /** resolves when every sender has been brought up to the head */
  idle(): Promise<void>
  /** takes what is decoded already: of an impersonated sender, or what the pool held before. Throws TransactionRejected. */
  admit(tx: Transaction): void
}

export function createTxPool(options: TxPoolOptions, deps: TxPoolDeps): LiveTxPool {
  return new Pool(options, deps)
}

const LOOKUPS_PER_VIEW = 20_000

function headState(chain: Chain): StateView {
  return chain.stateAt(chain.head().header.stateRoot)
}

class Pool implements LiveTxPool {
  readonly #limits: Required<TxPoolOptions>
  readonly #deps: TxPoolDeps
  readonly #byHash = new Map<string, PooledTransaction>()
  readonly #queues = new Map<string, SenderQueue>()
  readonly #listeners = new Set<(tx: Transaction) => void>()
  readonly #unsubscribe: () => void
  /** raw transactions of blocks that left the chain, oldest first */
  readonly #returning: { raw: Uint8Array; block: Block }[] = []
  #state: StateView
  #lookups = 0
  /** counts head changes */
  #version = 0
  #arrivals = 0
  #bytes = 0
  #catchUp: Promise<void> | undefined
  #closed = false

  constructor(options: TxPoolOptions, deps: TxPoolDeps) {
    this.#limits = {
      maxTransactions: 10_000,
      maxBytes: 256 * 1024 * 1024,
      maxPerSender: 1_024,
      maxQueuedPerSender: 64,
      minFeePerGas: 1n,
      ...options,
    }
    this.#deps = deps
    this.#state = headState(deps.chain)
    this.#unsubscribe = deps.chain.onHead((change) => this.#onHead(change))
  }

  async add(raw: Uint8Array): Promise<Transaction> {
    requireSize(raw)
    const next = this.#nextBlock()
    const tx = this.#deps.chain.engine.decodeTransaction(raw, next)
    requireSidecar(tx)
    this.#admit(tx, raw.length, next)
    return tx
  }

  admit(tx: Transaction): void {
    this.#admit(tx, tx.raw.length, this.#nextBlock())
  }

  get(hash: Hash32): Transaction | undefined {
    return this.#byHash.get(bytesToHex(hash))?.tx
  }

  nextNonce(address: Uint8Array): bigint {
    const queue = this.#queues.get(bytesToHex(address))
    if (queue === undefined) return this.#view().getAccount(address)?.nonce ?? 0n
    this.#refresh(queue)
    return queue.nonce + BigInt(queue.pendingCount)
  }

  status(): PoolStatus {
    let pending = 0
    for (const queue of this.#queues.values()) pending += queue.pendingCount
    return { pending, queued: this.#byHash.size - pending }
  }

  content(): { pending: readonly Transaction[]; queued: readonly Transaction[] } {
    const pending: Transaction[] = []
    const queued: Transaction[] = []
    for (const { entries, pendingCount } of this.#queues.values()) {
      for (const [index, { tx }] of entries.entries()) (index < pendingCount ? pending : queued).push(tx)
    }
    return { pending, queued }
  }

  candidates(baseFeePerGas: bigint | undefined): Iterable<Transaction> {
    return bestCandidates(this.#queues.values(), (queue) => this.#refresh(queue), baseFeePerGas)
  }

  drop(hash: Hash32, reason: string): void {
    const entry = this.#byHash.get(bytesToHex(hash))
    if (entry === undefined) return
    this.#remove(entry)
    this.#deps.logger.debug('dropped a transaction', { hash: entry.tx.hash, reason })
  }

  onPending(listener: (tx: Transaction) => void): () => void {
    this.#listeners.add(listener)
    return () => {
      this.#listeners.delete(listener)
    }
  }

  async idle(): Promise<void> {
    while (this.#catchUp !== undefined) await this.#catchUp
  }

  close(): void {
    this.#closed = true
    this.#unsubscribe()
    this.#listeners.clear()
  }

  #nextBlock(): NextBlock {
    const { chain, clock } = this.#deps
    const { header } = chain.head()
    const now = BigInt(Math.floor(clock.nowMs() / 1000))
    const timestamp = now > header.timestamp ? now : header.timestamp + 1n
    const baseFeePerGas = chain.engine.nextBaseFee(header, timestamp)
    return { number: header.number + 1n, timestamp, gasLimit: header.gasLimit, baseFeePerGas }
  }

  #admit(tx: Transaction, bytes: number, next: NextBlock): void {
    const { engine } = this.#deps.chain
    if (this.#byHash.has(bytesToHex(tx.hash))) throw new TransactionRejected('ALREADY_KNOWN', 'already known')
    requireRules(tx, engine, next, this.#limits.minFeePerGas)
    this.#deps.accepts?.(tx)
    const queue = this.#queueOf(tx.sender)
    if (tx.impersonated !== true) requireExternallyOwned(tx.sender, this.#view())
    requireNonce(tx, queue.nonce)
    const replaced = entryAt(queue, tx.nonce)
    if (replaced !== undefined) requireBump(replaced.tx, tx)
    requireFunds(tx, queue.balance, costBefore(queue, tx.nonce))
    if (replaced === undefined) this.#makeRoom(tx, bytes, queue, next)
    else this.#requireBytes(bytes - replaced.bytes)
    this.#insert(tx, bytes, queue)
  }

  /** The sender's queue, up to date; a new one joins the pool only with its first transaction. */
  #queueOf(sender: Uint8Array): SenderQueue {
    const queue = this.#queues.get(bytesToHex(sender)) ?? createSenderQueue(sender)
    this.#refresh(queue)
    return queue
  }

  #insert(tx: Transaction, bytes: number, queue: SenderQueue): void {
    const senderKey = bytesToHex(tx.sender)
    const key = bytesToHex(tx.hash)
    this.#arrivals += 1
    const entry = { tx, key, senderKey, arrival: this.#arrivals, cost: costOf(tx), bytes, announced: false }
    this.#queues.set(senderKey, queue)
    this.#byHash.set(key, entry)
    this.#bytes += bytes
    const replaced = placeEntry(queue, entry)
    if (replaced !== undefined) this.#forget(replaced)
    this.#announce(replaced === undefined ? promoteFurther(queue) : promote(queue))
  }

  #makeRoom(tx: Transaction, bytes: number, queue: SenderQueue, next: NextBlock): void {
    const { maxPerSender, maxQueuedPerSender } = this.#limits
    const isNext = tx.nonce === queue.nonce + BigInt(queue.pendingCount)
    const last = queue.entries.at(-1)
    const queued = queue.entries.length - queue.pendingCount
    if (queue.entries.length >= maxPerSender || (!isNext && queued >= maxQueuedPerSender)) {
      // A lower nonce is worth more to the sender than the last one, which cannot run before it anyway.
      if (last !== undefined && last.tx.nonce > tx.nonce) {
        this.#remove(last)
        return
      }
      const message = `account limit exceeded: ${queue.entries.length} transactions of this sender are waiting`
      throw new TransactionRejected('ACCOUNT_LIMIT', message, { pending: queue.pendingCount, queued })
    }
    while (this.#isFullFor(bytes)) {
      const victim = leastWorth(this.#queues.values(), tx, next.baseFeePerGas)
      if (victim === undefined) throw this.#full()
      this.#remove(victim)
      this.#deps.logger.debug('made room in the pool', { evicted: victim.tx.hash, for: tx.hash })
    }
  }

  /** A replacement takes no new place, but it may be larger than what it replaces. */
  #requireBytes(added: number): void {
    if (added > 0 && this.#bytes + added > this.#limits.maxBytes) throw this.#full()
  }

  #full(): TransactionRejected {
    const held = { transactions: this.#byHash.size, bytes: this.#bytes }
    return new TransactionRejected('POOL_FULL', `txpool is full: ${held.transactions} transactions`, held)
  }

  #isFullFor(bytes: number): boolean {
    return this.#byHash.size >= this.#limits.maxTransactions || this.#bytes + bytes > this.#limits.maxBytes
  }

  #remove(entry: PooledTransaction): void {
    const queue = this.#takeOut(entry)
    if (queue !== undefined) this.#settle(queue)
  }

  /** Takes an entry out without counting its queue anew. */
  #takeOut(entry: PooledTransaction): SenderQueue | undefined {
    this.#forget(entry)
    const queue = this.#queues.get(entry.senderKey)
    if (queue !== undefined) removeEntry(queue, entry)
    return queue
  }

  #forget(entry: PooledTransaction): void {
    if (this.#byHash.delete(entry.key)) this.#bytes -= entry.bytes
  }

  /** Counts a queue anew after entries went; an empty one leaves the pool. */
  #settle(queue: SenderQueue): void {
    const fresh = promote(queue)
    if (queue.entries.length === 0) this.#queues.delete(bytesToHex(queue.sender))
    this.#announce(fresh)
  }

  #refresh(queue: SenderQueue): void {
    if (queue.version === this.#version) return
    const account = this.#view().getAccount(queue.sender)
    queue.nonce = account?.nonce ?? 0n
    queue.balance = account?.balance ?? 0n
    queue.version = this.#version
    for (const used of takeUsed(queue)) this.#forget(used)
    this.#settle(queue)
  }

  /** A view remembers all that it was asked; strangers must not make it grow while no block comes. */
  #view(): StateView {
    this.#lookups += 1
    if (this.#lookups % LOOKUPS_PER_VIEW === 0) this.#state = headState(this.#deps.chain)
    return this.#state
  }

  #announce(entries: readonly PooledTransaction[]): void {
    for (const entry of entries) {
      entry.announced = true
      for (const listener of this.#listeners) this.#notify(listener, entry.tx)
    }
  }

  /** The transaction is in the pool already, so a broken listener must not look like a refusal. */
  #notify(listener: (tx: Transaction) => void, tx: Transaction): void {
    try {
      listener(tx)
    } catch (error) {
      this.#deps.logger.error('a listener for pending transactions failed', { error, hash: tx.hash })
    }
  }

  #onHead({ added, removed }: HeadChange): void {
    this.#version += 1
    this.#state = headState(this.#deps.chain)
    this.#removeMined(added)
    for (const { block } of removed.toReversed()) {
      for (const raw of block.transactions) this.#returning.push({ raw, block })
    }
    this.#catchUp ??= this.#run()
      .catch((error) => this.#deps.logger.error('the pool could not follow the head', { error }))
      .finally(() => {
        this.#catchUp = undefined
      })
  }

  /** Takes mined transactions out at once; their senders' balances follow with the next refresh. */
  #removeMined(added: HeadChange['added']): void {
    const touched = new Set<SenderQueue>()
    for (const { block } of added) {
      for (const raw of block.transactions) {
        const entry = this.#byHash.get(bytesToHex(keccak256(raw)))
        const queue = entry === undefined ? undefined : this.#takeOut(entry)
        if (entry === undefined || queue === undefined) continue
        if (queue.nonce <= entry.tx.nonce) queue.nonce = entry.tx.nonce + 1n
        touched.add(queue)
      }
    }
    for (const queue of touched) this.#settle(queue)
  }

  /** Returns transactions of removed blocks and refreshes every sender, which may be many: in slices. */
  async #run(): Promise<void> {
    for (const step of this.#steps()) {
      step()
      if (!isTurnOver()) continue
      await giveWay()
      if (this.#closed) return
    }
  }

  *#steps(): Iterable<() => void> {
    for (let version = -1; version !== this.#version; ) {
      version = this.#version
      for (let item = this.#returning.shift(); item !== undefined; item = this.#returning.shift()) {
        const { raw, block } = item
        yield () => this.#bringBack(raw, block)
      }
      for (const queue of this.#queues.values()) yield () => this.#refresh(queue)
    }
  }

  #bringBack(raw: Uint8Array, block: Block): void {
    const { chain, logger, returns } = this.#deps
    if (chain.getTransactionLocation(keccak256(raw)) !== undefined) return
    const tx = chain.engine.decodeStored(raw, block.header)
    if (returns !== undefined && !returns(tx)) return
    try {
      this.#admit(tx, raw.length, this.#nextBlock())
    } catch (error) {
      if (!(error instanceof TransactionRejected)) throw error
      logger.debug('a transaction of a removed block does not come back', { hash: tx.hash, reason: error.message })
    }
  }
}
