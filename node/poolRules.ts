import { isDelegation } from '../execution/delegation.ts'
import { TransactionRejected } from '../execution/errors.ts'
import type { Engine, Transaction } from '../execution/types.ts'
import { bytesToHex } from '../stateless/bytes.ts'
import { keccak256 } from '../stateless/keccak.ts'
import { GAS_PER_BLOB } from '../stateless/payload.ts'
import { feeCapOf, tipCapOf } from './fees.ts'
import { firstGap, holdsBlobs, pendingAt, type SenderQueue } from './senderQueue.ts'

/** Consensus form of a transaction, as geth limits it. */
export const MAX_TRANSACTION_BYTES = 128 * 1024
/** A blob transaction in its network form: at most 6 blobs (EIP-7594) with their proofs. */
const MAX_BLOB_WRAPPER_BYTES = 1024 * 1024
const BLOB_TYPE = 3
/** As geth's blob pool. */
export const MAX_BLOB_TRANSACTIONS_PER_SENDER = 16
const PRICE_BUMP_PERCENT = 10n
const BLOB_PRICE_BUMP_PERCENT = 100n

/** Where the next block stands. */
export type NextBlock = { number: bigint; timestamp: bigint; gasLimit: bigint; baseFeePerGas: bigint | undefined }

/** Before decoding anything. */
export function requireSize(raw: Uint8Array): void {
  requireLength(raw.length, raw[0] === BLOB_TYPE ? MAX_BLOB_WRAPPER_BYTES : MAX_TRANSACTION_BYTES)
}

function requireLength(size: number, limit: number): void {
  if (size <= limit) return
  throw new TransactionRejected('DATA_TOO_LARGE', `oversized data: transaction size ${size}, limit ${limit}`, {
    size,
    limit,
  })
}

/** Who sends a blob transaction must hand over its blobs. */
export function requireSidecar(tx: Transaction): void {
  if (tx.type !== BLOB_TYPE || 'blobs' in tx) return
  throw new TransactionRejected('INVALID', 'missing sidecar in blob transaction')
}

/**
 * What the node asks of a transaction besides the rules of its type, which decoding has checked, and its state.
 * Throws TransactionRejected.
 */
export function requireRules(tx: Transaction, engine: Engine, next: NextBlock, minFeePerGas: bigint): void {
  requireLength(tx.raw.length, MAX_TRANSACTION_BYTES)
  const feeCap = feeCapOf(tx)
  if (next.baseFeePerGas !== undefined && feeCap < minFeePerGas) {
    const message = `transaction underpriced: max fee per gas ${feeCap}, this node takes ${minFeePerGas} or more`
    throw new TransactionRejected('FEE_CAP_TOO_LOW', message, { have: feeCap, want: minFeePerGas })
  }
  if (tx.maxFeePerBlobGas === 0n) {
    throw new TransactionRejected('BLOB_FEE_CAP_TOO_LOW', 'transaction underpriced: blob fee cap 0, minimum needed 1')
  }
  const have = tx.gasLimit
  if (have > next.gasLimit) {
    const message = `exceeds block gas limit: transaction gas ${have}, block gas limit ${next.gasLimit}`
    throw new TransactionRejected('GAS_LIMIT_TOO_HIGH', message, { have, limit: next.gasLimit })
  }
  const want = engine.minimumGas(tx, next)
  if (have < want) {
    throw new TransactionRejected('INTRINSIC_GAS_TOO_LOW', `intrinsic gas too low: have ${have}, want ${want}`, {
      have,
      want,
    })
  }
}

/** What a devnet asks besides. */
export function requireMinGasPrice(tx: Transaction, want: bigint): void {
  const have = feeCapOf(tx)
  if (have >= want) return
  const message = `transaction underpriced: max fee per gas ${have}, this node takes ${want} or more`
  throw new TransactionRejected('FEE_CAP_TOO_LOW', message, { have, want })
}

/** EIP-3607: contracts do not send; a delegated account (EIP-7702) may. `code` is the sender's. */
export function requireExternallyOwned(sender: Uint8Array, code: Uint8Array): void {
  if (code.length === 0 || isDelegation(code)) return
  const address = `0x${bytesToHex(sender)}`
  const message = `sender not an eoa: address ${address}, codehash: 0x${bytesToHex(keccak256(code))}`
  throw new TransactionRejected('SENDER_NOT_EOA', message, { address })
}

/** An account has blob transactions here or others, never both: each kind is replaced and evicted by its own rules. */
export function requireUnreserved(tx: Transaction, queue: SenderQueue): void {
  if (queue.entries.length === 0 || holdsBlobs(queue) === (tx.type === BLOB_TYPE)) return
  throw new TransactionRejected('ADDRESS_RESERVED', 'address already reserved')
}

/** Blob transactions do not wait for a nonce. */
export function requireNoGap(tx: Transaction, queue: SenderQueue): void {
  if (tx.type !== BLOB_TYPE) return
  const gap = firstGap(queue)
  if (tx.nonce <= gap) return
  const message = `nonce too high: tx nonce ${tx.nonce}, gapped nonce ${gap}`
  throw new TransactionRejected('NONCE_TOO_HIGH', message, { have: tx.nonce, want: gap })
}

/**
 * EIP-7702: anybody can spend from an account that runs code, or soon will, so that one transaction could make any number
 * of its transactions here worthless. It has one at a time, at its next nonce, which it may replace (geth).
 */
export function requireOneInFlight(tx: Transaction, queue: SenderQueue): void {
  if (queue.pendingCount === 0) {
    if (tx.nonce === queue.nonce) return
    throw new TransactionRejected('GAPPED_NONCE', 'gapped-nonce tx from delegated accounts')
  }
  if (pendingAt(queue, tx.nonce) !== undefined) return
  throw new TransactionRejected('IN_FLIGHT_LIMIT', 'in-flight transaction limit reached for delegated accounts')
}

/** The other way round: who has more than one transaction here, or blobs, is not delegated by one that waits. */
export function requireAuthorityFree(queue: SenderQueue | undefined): void {
  if (queue === undefined || (queue.entries.length <= 1 && !holdsBlobs(queue))) return
  const data = { authority: `0x${bytesToHex(queue.sender)}` }
  throw new TransactionRejected('AUTHORITY_RESERVED', 'authority already reserved', data)
}

export function requireNonce(tx: Transaction, next: bigint): void {
  if (tx.nonce >= next) return
  const message = `nonce too low: next nonce ${next}, tx nonce ${tx.nonce}`
  throw new TransactionRejected('NONCE_TOO_LOW', message, { have: tx.nonce, want: next })
}

/** The transaction alone, then with all that can run of its sender; what it replaces need not be paid any more. */
export function requireFunds(tx: Transaction, queue: SenderQueue): void {
  const { balance, pendingCost: queued } = queue
  const cost = costOf(tx)
  if (balance < cost) throw insufficientFunds(balance, `tx cost ${cost}`, cost, 0n)
  const replaced = pendingAt(queue, tx.nonce)?.cost
  if (replaced === undefined) {
    if (balance < queued + cost) {
      throw insufficientFunds(balance, `queued cost ${queued}, tx cost ${cost}`, queued + cost, queued)
    }
    return
  }
  const bump = cost - replaced
  if (balance >= queued + bump) return
  throw insufficientFunds(balance, `queued cost ${queued}, tx bumped ${bump}`, queued + bump, queued)
}

function insufficientFunds(balance: bigint, costs: string, want: bigint, pooled: bigint): TransactionRejected {
  const message = `insufficient funds for gas * price + value: balance ${balance}, ${costs}, overshot ${want - balance}`
  return new TransactionRejected('INSUFFICIENT_FUNDS', message, { have: balance, want, pooled })
}

/** The most that a transaction can take from its sender, in wei. */
export function costOf(tx: Transaction): bigint {
  const blobGas = BigInt(tx.blobVersionedHashes?.length ?? 0) * GAS_PER_BLOB
  return tx.gasLimit * feeCapOf(tx) + tx.value + blobGas * (tx.maxFeePerBlobGas ?? 0n)
}

/** A replacement must pay 10 % more in both fee fields, with blobs twice as much in all three (geth). */
export function requireBump(old: Transaction, tx: Transaction): void {
  const blobs = tx.type === BLOB_TYPE
  const percent = 100n + (blobs ? BLOB_PRICE_BUMP_PERCENT : PRICE_BUMP_PERCENT)
  const fees: [have: bigint, before: bigint][] = [
    [feeCapOf(tx), feeCapOf(old)],
    [tipCapOf(tx), tipCapOf(old)],
  ]
  if (blobs) fees.push([tx.maxFeePerBlobGas ?? 0n, old.maxFeePerBlobGas ?? 0n])
  if (fees.every(([have, before]) => have >= bumped(before, percent) && (have > before || before === 0n))) return
  throw new TransactionRejected('REPLACEMENT_UNDERPRICED', 'replacement transaction underpriced', {
    feeCap: feeCapOf(tx),
    wantFeeCap: bumped(feeCapOf(old), percent),
    tip: tipCapOf(tx),
    wantTip: bumped(tipCapOf(old), percent),
  })
}

/** Rounded down as geth does; the caller asks for more than before besides. */
function bumped(fee: bigint, percent: bigint): bigint {
  return (fee * percent) / 100n
}
