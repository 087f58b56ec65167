import { TransactionRejected } from '../execution/errors.ts'
import type { Transaction } from '../execution/types.ts'
import type { Chain, Clock, Logger } from '../node/types.ts'
import { bytesToHex, hexToBytes } from '../stateless/bytes.ts'
import { keccak256 } from '../stateless/keccak.ts'
import { requireSettleable } from './limits.ts'
import { createPostponed } from './postponed.ts'
import type { ForcedRecord, L1View } from './types.ts'

type Hex = `0x${string}`

/** So many are put into one block, and so many are resolved by one settlement at most. */
export const MAX_FORCED_PER_BLOCK = 8
/** Entries looked at for one block; most of the useless ones are refused before they are run. */
const MAX_TRIES_PER_BLOCK = 32
const FIRST_RETRY_MS = 1_000
const LAST_RETRY_MS = 600_000

/** A forced transaction that a block should try first. */
export type ForcedCandidate = { record: ForcedRecord; tx: Transaction }

/** Which of the transactions that L1 demands the next block tries, and what to do with those that no block takes. */
export type ForcedTransactions = {
  /** is there any that `candidates` would look at? */
  hasDue(): boolean
  /** oldest first; those that cannot be decoded, settled or served are left out */
  candidates(): readonly ForcedCandidate[]
  /**
   * No block takes it now: it is tried again later, less and less often, until it expires; at once rarely when the try was
   * `costly`. Unknown hashes are ignored.
   */
  postpone(txHash: Uint8Array, reason: string, costly?: boolean): void
  /** gives the function that brings back what is postponed now */
  remember(): () => void
}

export type ForcedTransactionsDeps = {
  chain: Chain
  view: L1View
  /** senders that this node was told to ignore */
  isCensored(sender: Uint8Array): boolean
  clock: Clock
  logger: Logger
}

/**
 * A forced transaction may be anything: not decodable, for another chain, of an account without funds, too large for one
 * settlement. Whatever it is, it costs a bounded amount of work and is waited out; L1 drops it when it expires.
 */
export function createForcedTransactions(deps: ForcedTransactionsDeps): ForcedTransactions {
  const { chain, view, clock, logger } = deps
  const postponed = createPostponed({ firstMs: FIRST_RETRY_MS, lastMs: LAST_RETRY_MS }, clock)
  const ignored = new Set<Hex>()
  const expiry = BigInt(view.deployment.parameters.forcedExpiry)

  const isInChain = (txHash: Hex): boolean => chain.getTransactionLocation(hexToBytes(txHash)) !== undefined
  const isDue = ({ txHash, since }: ForcedRecord, nowMs: number): boolean =>
    !ignored.has(txHash) &&
    !postponed.has(txHash) &&
    BigInt(Math.floor(nowMs / 1000)) < since + expiry &&
    !isInChain(txHash)

  function* due(): Iterable<ForcedRecord> {
    forgetResolved()
    const nowMs = clock.nowMs()
    const seen = new Set<Hex>()
    for (const record of view.pendingForced()) {
      if (seen.has(record.txHash) || !isDue(record, nowMs)) continue
      seen.add(record.txHash)
      yield record
    }
  }

  /** What has left the queue need not be remembered. */
  function forgetResolved(): void {
    if (postponed.size + ignored.size <= view.pendingForced().length) return
    const waiting = new Set(view.pendingForced().map(({ txHash }) => txHash))
    postponed.keepOnly(waiting)
    for (const txHash of ignored) if (!waiting.has(txHash)) ignored.delete(txHash)
  }

  function postpone({ txHash, id }: ForcedRecord, reason: string, costly: boolean): void {
    const attempts = postponed.add(txHash, { reason, delayMs: costly ? LAST_RETRY_MS : undefined })
    if (attempts === 1) logger.warn('a forced transaction cannot be included now', { id, txHash, reason })
    else logger.debug('a forced transaction still cannot be included', { id, txHash, reason, attempts })
  }

  function ignore({ txHash, id }: ForcedRecord, reason: string): undefined {
    ignored.add(txHash)
    logger.warn('a forced transaction is ignored', { id, txHash, reason })
  }

  /** What is wrong with the bytes themselves stays wrong. */
  function read(record: ForcedRecord): Transaction | undefined {
    const raw = view.forcedBytes(record.id)
    if (raw === undefined) return undefined
    try {
      const tx = chain.engine.decodeTransaction(raw, chain.head().header)
      if (deps.isCensored(tx.sender)) return ignore(record, 'its sender is censored')
      requireSettleable(tx)
      return tx
    } catch (error) {
      if (!(error instanceof TransactionRejected)) {
        logger.error('a forced transaction could not be read', { id: record.id, txHash: record.txHash, error })
      }
      return ignore(record, error instanceof Error ? error.message : String(error))
    }
  }

  return {
    remember: () => postponed.remember(),
    hasDue() {
      for (const _ of due()) return true
      return false
    },
    candidates() {
      const found: ForcedCandidate[] = []
      let tries = 0
      for (const record of due()) {
        if (found.length === MAX_FORCED_PER_BLOCK || tries === MAX_TRIES_PER_BLOCK) break
        tries += 1
        const tx = read(record)
        if (tx !== undefined) found.push({ record, tx })
      }
      return found
    },
    postpone(txHash, reason, costly = false) {
      const wanted: Hex = `0x${bytesToHex(txHash)}`
      const record = view.pendingForced().find((entry) => entry.txHash === wanted)
      if (record !== undefined) postpone(record, reason, costly)
    },
  }
}

/** Pending entries whose transaction is one of these, in this order, copies behind each other. */
export function forcedIdsIn(
  view: Pick<L1View, 'pendingForced'>,
  transactions: readonly Uint8Array[],
): readonly bigint[] {
  const pending = view.pendingForced()
  if (pending.length === 0) return []
  const ids = new Map<Hex, bigint[]>()
  for (const { id, txHash } of pending) ids.set(txHash, [...(ids.get(txHash) ?? []), id])
  return transactions.flatMap((raw) => ids.get(`0x${bytesToHex(keccak256(raw))}`) ?? [])
}
