import { TransactionRejected, type TransactionRejectedCode } from '../../execution/errors.ts'
import type { BlockAssembly, Transaction } from '../../execution/types.ts'
import { bytesToHex } from '../../stateless/bytes.ts'
import type { Hash32 } from '../../stateless/types.ts'
import { RollupError } from '../errors.ts'
import type { ForcedCandidate } from '../forcedTransactions.ts'
import type { Room } from '../limits.ts'
import type { Displaced, L2BuilderDeps } from './builderTypes.ts'
import { discard, tooLarge } from './discard.ts'

/** `hash`: the transaction that did not fit last time. */
export type Deferral = { hash: Hash32 | undefined; oversizedForced: number }

/** Refusals that a later block may lift; every other one is final. */
const WAITING_CODES: ReadonlySet<TransactionRejectedCode> = new Set([
  'NONCE_TOO_HIGH',
  'NONCE_TOO_LOW',
  'BLOCK_GAS_EXHAUSTED',
  'FEE_CAP_TOO_LOW',
  'INSUFFICIENT_FUNDS',
])

/** Adds transactions of users. The methods return false when the block must be begun anew. */
export function createAdder(deps: L2BuilderDeps, assembly: BlockAssembly, room: Room, deferral: Deferral) {
  const { chain, pool, replay, isOwn, logger } = deps
  const replayed: Transaction[] = []
  const displaced: Displaced[] = []
  const demanded = new Set<string>()
  let count = 0

  const drop = ({ hash }: Transaction, reason: string): void => {
    logger.warn('dropped a transaction that no block can hold', { hash, reason })
    pool.drop(hash, reason)
  }

  /** 'unfit': refused by the limits, and the block with it is over or must be begun anew */
  async function add(tx: Transaction): Promise<'added' | 'unfit' | TransactionRejected> {
    const alone = room.untouched()
    const startedAt = performance.now()
    try {
      const outcome = await assembly.addTransaction(tx, (result) => room.take(tx, result))
      logger.debug('ran a transaction', { hash: tx.hash, ms: performance.now() - startedAt })
      if (outcome !== undefined) {
        count += 1
        return 'added'
      }
    } catch (error) {
      if (error instanceof TransactionRejected) return error
      logger.error('a transaction broke the block under construction', { hash: tx.hash, error })
      pool.drop(tx.hash, 'it broke the block builder')
      deps.forced.postpone(tx.hash, 'it broke the block builder', true)
      await replay.remove([tx])
      throw error
    }
    const refusal = room.refusal()
    if (!alone || refusal === undefined) {
      deferral.hash = tx.hash
      return 'unfit'
    }
    await discard(deps, tx, refusal)
    return 'unfit'
  }

  return {
    count: () => count,
    demanded: () => demanded.size,
    replay: () => ({ replayed, displaced }),
    async addForced(candidates: readonly ForcedCandidate[]): Promise<boolean> {
      for (const { tx } of candidates) {
        const alone = room.untouched()
        const result = await add(tx)
        if (result === 'added') demanded.add(bytesToHex(tx.hash))
        else if (result !== 'unfit') deps.forced.postpone(tx.hash, result.message)
        else if (alone) deferral.oversizedForced += 1
        if (result === 'unfit' || room.full()) return result !== 'unfit' || !alone
      }
      return true
    },
    async addDeferred(): Promise<boolean> {
      const hash = deferral.hash
      deferral.hash = undefined
      const tx = hash === undefined || !replay.isEmpty() ? undefined : pool.get(hash)
      if (tx === undefined || demanded.has(bytesToHex(tx.hash))) return true
      const alone = room.untouched()
      return (await add(tx)) !== 'unfit' || !alone
    },
    async addReplayed(): Promise<boolean> {
      for (const tx of replay.pending()) {
        if (room.full()) return true
        if (demanded.has(bytesToHex(tx.hash))) {
          replayed.push(tx)
          continue
        }
        const alone = room.untouched()
        const result = await add(tx)
        if (result === 'unfit') return !alone
        if (result instanceof TransactionRejected && result.code === 'BLOCK_GAS_EXHAUSTED') return true
        if (result instanceof TransactionRejected) displaced.push({ tx, reason: result.message })
        replayed.push(tx)
      }
      return true
    },
    async addGiven(transactions: readonly Transaction[]): Promise<void> {
      for (const [index, tx] of transactions.entries()) {
        const result = await add(tx)
        const refusal = room.refusal()
        if (result === 'added') continue
        const problem =
          result === 'unfit' ? (refusal === undefined ? undefined : tooLarge(refusal).message) : result.message
        const name = `transaction ${index} (0x${bytesToHex(tx.hash)})`
        throw new RollupError('CANNOT_BUILD', `${name} cannot be in the block: ${problem ?? 'it does not fit'}`, {
          index,
        })
      }
    },
    async addPooled(): Promise<boolean> {
      const waiting = new Set<string>()
      for (const tx of pool.candidates(assembly.baseFeePerGas)) {
        if (room.full()) return true
        const sender = bytesToHex(tx.sender)
        if (isOwn(tx)) pool.drop(tx.hash, 'the builder makes its claims anew')
        if (isOwn(tx) || waiting.has(sender) || demanded.has(bytesToHex(tx.hash))) continue
        if (chain.getTransactionLocation(tx.hash) !== undefined) continue
        const alone = room.untouched()
        const result = await add(tx)
        if (result === 'unfit') return !alone
        if (!(result instanceof TransactionRejected)) continue
        waiting.add(sender)
        if (WAITING_CODES.has(result.code))
          logger.debug('skipped a transaction', { hash: tx.hash, reason: result.message })
        else drop(tx, result.message)
      }
      return true
    },
  }
}
