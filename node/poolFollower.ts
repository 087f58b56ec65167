import { TransactionRejected } from '../execution/errors.ts'
import type { Transaction } from '../execution/types.ts'
import { bytesToHex } from '../stateless/bytes.ts'
import { keccak256 } from '../stateless/keccak.ts'
import type { Block } from '../stateless/types.ts'
import { giveWay, isTurnOver } from './eventLoop.ts'
import { createKeptSidecars, type KeptTransaction } from './keptSidecars.ts'
import type { PoolContents } from './poolContents.ts'
import type { SenderQueue } from './senderQueue.ts'
import type { Chain, HeadChange, Logger } from './types.ts'

/** A reorganisation deeper than this does not bring blobs back: the block would be final. */
const KEPT_BLOCKS = 64n

/** Brings a pool in line with the head: mined transactions leave, those of removed blocks come back, senders are refreshed. */
export type PoolFollower = {
  /** mined transactions are out when it returns, the rest follows in slices */
  follow(change: HeadChange): void
  /** resolves when the pool is in line with the head */
  idle(): Promise<void>
  close(): void
}

type Pool = {
  contents: PoolContents
  /** nonce and balance of the head */
  refresh(queue: SenderQueue): void
  /** `bytes` as it came in. Throws TransactionRejected. */
  admit(tx: Transaction, bytes: number): Promise<void>
}

type FollowerDeps = { chain: Chain; logger: Logger; returns?: (tx: Transaction) => boolean }

/** `maxKeptBytes`: of blob transactions in recent blocks, which can come back only with their blobs. */
export function createPoolFollower(
  maxKeptBytes: number,
  { chain, logger, returns }: FollowerDeps,
  { contents, refresh, admit }: Pool,
): PoolFollower {
  const kept = createKeptSidecars(maxKeptBytes)
  /** raw transactions of blocks that left the chain, oldest first */
  const returning: { raw: Uint8Array; block: Block }[] = []
  let version = 0
  let catchUp: Promise<void> | undefined
  let closed = false

  /** At once; the senders' balances follow with the next refresh. */
  function removeMined(added: HeadChange['added']): void {
    const touched = new Set<SenderQueue>()
    for (const { block } of added) {
      for (const raw of block.transactions) {
        const entry = contents.find(bytesToHex(keccak256(raw)))
        const queue = entry === undefined ? undefined : contents.takeOut(entry)
        if (entry === undefined || queue === undefined) continue
        if (entry.tx.blobs !== undefined) kept.keep(entry.key, entry, block.header.number)
        if (queue.nonce <= entry.tx.nonce) queue.nonce = entry.tx.nonce + 1n
        touched.add(queue)
      }
    }
    for (const queue of touched) contents.settle(queue)
  }

  /** As it was before its block; a blob transaction without its blobs when it did not come through this pool. */
  function withSidecar(raw: Uint8Array, block: Block): KeptTransaction {
    const known = raw[0] === 3 ? kept.take(bytesToHex(keccak256(raw))) : undefined
    return known ?? { tx: chain.engine.decodeStored(raw, block.header), bytes: raw.length }
  }

  async function bringBack(raw: Uint8Array, block: Block): Promise<void> {
    const hash = keccak256(raw)
    if (chain.getTransactionLocation(hash) !== undefined) return
    try {
      const { tx, bytes } = withSidecar(raw, block)
      if (returns === undefined || returns(tx)) await admit(tx, bytes)
    } catch (error) {
      if (!(error instanceof TransactionRejected)) throw error
      logger.debug('a transaction of a removed block does not come back', { hash, reason: error.message })
    }
  }

  function* steps(): Iterable<() => Promise<void> | void> {
    for (let done = -1; done !== version; ) {
      done = version
      for (let item = returning.shift(); item !== undefined; item = returning.shift()) {
        const { raw, block } = item
        yield () => bringBack(raw, block)
      }
      for (const queue of contents.queues()) yield () => refresh(queue)
    }
  }

  async function run(): Promise<void> {
    for (const step of steps()) {
      await step()
      if (closed) return
      if (isTurnOver()) await giveWay()
    }
  }

  return {
    follow({ head, added, removed }) {
      version += 1
      removeMined(added)
      kept.forgetUntil(head.header.number - KEPT_BLOCKS)
      for (const { block } of removed.toReversed()) {
        for (const raw of block.transactions) returning.push({ raw, block })
      }
      catchUp ??= run()
        .catch((error) => logger.error('the pool could not follow the head', { error }))
        .finally(() => {
          catchUp = undefined
        })
    },
    async idle() {
      while (catchUp !== undefined) await catchUp
    },
    close() {
      closed = true
    },
  }
}
