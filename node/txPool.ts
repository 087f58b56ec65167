import { isDelegation } from '../execution/delegation.ts'
import { TransactionRejected } from '../execution/errors.ts'
import type { BlockEnv, Transaction } from '../execution/types.ts'
import { bytesToHex } from '../stateless/bytes.ts'
import type { Block, Hash32, StateView } from '../stateless/types.ts'
import { bestCandidates } from './candidates.ts'
import { giveWay, isTurnOver } from './eventLoop.ts'
import { createTurns } from './inTurn.ts'
import { nextTimestamp } from './l1Env.ts'
import { type Arrival, createPoolContents, type PoolContents } from './poolContents.ts'
import { createPoolFollower, type PoolFollower } from './poolFollower.ts'
import {
  type NextBlock,
  requireAuthorityFree,
  requireBump,
  requireExternallyOwned,
  requireFunds,
  requireNoGap,
  requireNonce,
  requireOneInFlight,
  requireRules,
  requireSidecar,
  requireSize,
  requireUnreserved,
} from './poolRules.ts'
import { entryAt, type SenderQueue } from './senderQueue.ts'
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
  /** of blob transactions in recent blocks, kept for a reorganisation; default 64 MiB */
  maxKeptBytes?: number
}

export type TxPoolDeps = {
  chain: Chain
  clock: Clock
  logger: Logger
  /** an extra rule of this chain; throws TransactionRejected */
  accepts?: (tx: Transaction) => void
  /** which transactions of a block that left the chain come back; default: all */
  returns?: (tx: Transaction) => boolean
  /** what a block on the head would begin with; default, also while it is undefined: what follows from the head */
  next?: (head: Block) => Pick<BlockEnv, 'timestamp' | 'gasLimit' | 'baseFeePerGas'> | undefined
}

/** A pool whose background work can be awaited. */
export type LiveTxPool = TxPool & {
  /** resolves when every sender has been brought up to the head */
  idle(): Promise<void>
  /** takes what is decoded already, as that of an impersonated sender; throws TransactionRejected */
  admit(tx: Transaction): Promise<void>
  /** holds these as far as its rules allow, and nothing else; for somebody who went back in history */
  refill(transactions: readonly Transaction[]): Promise<void>
}

export function createTxPool(options: TxPoolOptions, deps: TxPoolDeps): LiveTxPool {
  return new Pool(options, deps)
}

/** Transactions whose blobs may be waiting to be verified: a megabyte each at most. */
const MAX_UNVERIFIED = 64

function sidecarBytes({ blobs }: Transaction): number {
  if (blobs === undefined) return 0
  return [blobs.blobs, blobs.commitments, blobs.proofs].flat().reduce((sum, part) => sum + part.length, 0)
}

class Pool implements LiveTxPool {
  readonly #options: { minFeePerGas: bigint }
  readonly #deps: TxPoolDeps
  readonly #contents: PoolContents
  readonly #listeners = new Set<(tx: Transaction) => void>()
  readonly #unsubscribe: () => void
  readonly #verifying = createTurns()
  readonly #follower: PoolFollower
  /** counts head changes */
  #version = 0

  constructor(options: TxPoolOptions, deps: TxPoolDeps) {
    const limits = {
      maxTransactions: 10_000,
      maxBytes: 256 * 1024 * 1024,
      maxPerSender: 1_024,
      maxQueuedPerSender: 64,
      minFeePerGas: 1n,
      maxKeptBytes: 64 * 1024 * 1024,
      ...options,
    }
    this.#options = limits
    this.#deps = deps
    this.#contents = createPoolContents(limits, { logger: deps.logger, announce: (tx) => this.#announce(tx) })
    this.#follower = createPoolFollower(limits.maxKeptBytes, deps, {
      contents: this.#contents,
      refresh: (queue) => this.#refresh(queue),
      admit: (tx, bytes) => this.#admitWithAuthorities(tx, bytes),
    })
    this.#unsubscribe = deps.chain.onHead((change) => this.#onHead(change))
  }

  async add(raw: Uint8Array): Promise<Transaction> {
    requireSize(raw)
    const next = this.#nextBlock()
    const tx = this.#deps.chain.engine.decodeTransaction(raw, next)
    const queue = this.#check(tx, next)
    requireSidecar(tx)
    if (tx.type === 3) await this.#addVerified(tx, raw.length)
    else if (tx.type === 4) await this.#admitWithAuthorities(tx, raw.length)
    else this.#contents.insert({ tx, bytes: raw.length, authorities: [] }, queue, next.baseFeePerGas)
    return tx
  }

  admit(tx: Transaction): Promise<void> {
    return this.#admitWithAuthorities(tx, tx.raw.length + sidecarBytes(tx))
  }

  async refill(transactions: readonly Transaction[]): Promise<void> {
    await this.idle()
    for (const tx of Object.values(this.content()).flat()) {
      this.drop(tx.hash, 'went back in history')
      if (isTurnOver()) await giveWay()
    }
    for (const tx of transactions) {
      try {
        await this.admit(tx)
      } catch (error) {
        if (!(error instanceof TransactionRejected)) throw error
        this.#deps.logger.warn('a transaction does not come back to the pool', { hash: tx.hash, reason: error.message })
      }
      if (isTurnOver()) await giveWay()
    }
  }

  get(hash: Hash32): Transaction | undefined {
    return this.#contents.find(bytesToHex(hash))?.tx
  }

  nextNonce(address: Uint8Array): bigint {
    const queue = this.#contents.knownQueue(bytesToHex(address))
    if (queue === undefined) return this.#view().getAccount(address)?.nonce ?? 0n
    this.#refresh(queue)
    return queue.nonce + BigInt(queue.pendingCount)
  }

  status(): PoolStatus {
    return this.#contents.status()
  }

  content(): { pending: readonly Transaction[]; queued: readonly Transaction[] } {
    return this.#contents.list()
  }

  candidates(baseFeePerGas: bigint | undefined): Iterable<Transaction> {
    return bestCandidates(this.#contents.queues(), (queue) => this.#refresh(queue), baseFeePerGas)
  }

  drop(hash: Hash32, reason: string): void {
    const entry = this.#contents.find(bytesToHex(hash))
    if (entry === undefined) return
    this.#contents.remove(entry)
    this.#deps.logger.debug('dropped a transaction', { hash: entry.tx.hash, reason })
  }

  onPending(listener: (tx: Transaction) => void): () => void {
    this.#listeners.add(listener)
    return () => {
      this.#listeners.delete(listener)
    }
  }

  idle(): Promise<void> {
    return this.#follower.idle()
  }

  close(): void {
    this.#follower.close()
    this.#unsubscribe()
    this.#listeners.clear()
  }

  #nextBlock(): NextBlock {
    const { chain, clock, next } = this.#deps
    const head = chain.head()
    const { header } = head
    const env = next?.(head)
    const timestamp = env?.timestamp ?? nextTimestamp(header, clock.nowMs())
    const baseFeePerGas = env?.baseFeePerGas ?? chain.engine.nextBaseFee(header, timestamp)
    return { number: header.number + 1n, timestamp, gasLimit: env?.gasLimit ?? header.gasLimit, baseFeePerGas }
  }

  /** Everything that is cheap to find out. Gives the sender's queue, up to date. Throws TransactionRejected. */
  #check(tx: Transaction, next: NextBlock): SenderQueue {
    const { engine } = this.#deps.chain
    if (this.#contents.find(bytesToHex(tx.hash)) !== undefined) {
      throw new TransactionRejected('ALREADY_KNOWN', 'already known')
    }
    requireRules(tx, engine, next, this.#options.minFeePerGas)
    this.#deps.accepts?.(tx)
    const queue = this.#contents.queueOf(tx.sender)
    this.#refresh(queue)
    const code = this.#codeOf(tx.sender)
    if (tx.impersonated !== true) requireExternallyOwned(tx.sender, code)
    requireNonce(tx, queue.nonce)
    requireUnreserved(tx, queue)
    if (isDelegation(code) || this.#contents.authorities.has(queue.senderKey)) requireOneInFlight(tx, queue)
    const replaced = entryAt(queue, tx.nonce)
    if (replaced !== undefined) requireBump(replaced.tx, tx)
    requireFunds(tx, queue)
    return queue
  }

  /**
   * Proofs of blobs take a tenth of a second: one transaction at a time, in the order of arrival, and not many waiting.
   * The same one once more waits for the first: that may have come with wrong blobs, which its hash does not cover.
   */
  async #addVerified(tx: Transaction, bytes: number): Promise<void> {
    if (this.#verifying.waiting >= MAX_UNVERIFIED) {
      const message = `txpool is full: ${MAX_UNVERIFIED} blob transactions are being verified`
      throw new TransactionRejected('POOL_FULL', message)
    }
    await this.#verifying.run(async () => {
      requireNoGap(tx, this.#check(tx, this.#nextBlock()))
      await this.#deps.chain.engine.verifyBlobs(tx)
      this.#admit({ tx, bytes, authorities: [] })
    })
  }

  async #admitWithAuthorities(tx: Transaction, bytes: number): Promise<void> {
    const authorities = (await this.#deps.chain.engine.authorities(tx)).map(bytesToHex)
    this.#admit({ tx, bytes, authorities })
  }

  /** Checks and inserts: what was true before an await may not be any more. */
  #admit(arrival: Arrival): void {
    const next = this.#nextBlock()
    const queue = this.#check(arrival.tx, next)
    requireNoGap(arrival.tx, queue)
    for (const authority of arrival.authorities) requireAuthorityFree(this.#contents.knownQueue(authority))
    this.#contents.insert(arrival, queue, next.baseFeePerGas)
  }

  #codeOf(sender: Uint8Array): Uint8Array {
    const view = this.#view()
    const account = view.getAccount(sender)
    return account === undefined ? new Uint8Array(0) : view.getCode(account.codeHash)
  }

  #refresh(queue: SenderQueue): void {
    if (queue.version === this.#version) return
    const account = this.#view().getAccount(queue.sender)
    queue.nonce = account?.nonce ?? 0n
    queue.balance = account?.balance ?? 0n
    queue.version = this.#version
    this.#contents.settle(queue)
  }

  /** Asked for each time: the chain gives up a view that remembers too much. */
  #view(): StateView {
    const { chain } = this.#deps
    return chain.stateAt(chain.head().header.stateRoot)
  }

  /** The transaction is in the pool already, so a broken listener must not look like a refusal. */
  #announce(tx: Transaction): void {
    for (const listener of this.#listeners) {
      try {
        listener(tx)
      } catch (error) {
        this.#deps.logger.error('a listener for pending transactions failed', { error, hash: tx.hash })
      }
    }
  }

  #onHead(change: HeadChange): void {
    this.#version += 1
    this.#follower.follow(change)
  }
}
