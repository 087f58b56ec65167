import { bigintToMinimalBytes, bytesToBigint } from '../stateless/bytes.ts'
import type { TransactionFields } from '../stateless/transactionFields.ts'
import { TransactionRejected } from './errors.ts'
import { encodeTransactionFields } from './transactionEncoding.ts'
import type { UnsignedTransaction } from './types.ts'

/**
 * Transactions of impersonated senders (ours). They are ordinary envelopes whose signature is a mark that can never be a
 * signature: r is the sender's address as an integer, s and v (or the y parity) are 0. The strict decoder refuses s = 0, so
 * such a transaction comes neither by RPC nor in a foreign block.
 */

const ADDRESS_LENGTH = 20

/** The sender that the mark names; undefined when there is no mark. */
export function impersonatedSender({ v, r, s }: TransactionFields): Uint8Array | undefined {
  if (s !== 0n || v !== 0n) return undefined
  const minimal = bigintToMinimalBytes(r)
  if (minimal.length > ADDRESS_LENGTH) return undefined
  const sender = new Uint8Array(ADDRESS_LENGTH)
  sender.set(minimal, ADDRESS_LENGTH - minimal.length)
  return sender
}

/** The envelope with the mark. Throws TransactionRejected for a blob transaction, whose blobs nobody handed over. */
export function encodeImpersonated(tx: UnsignedTransaction): Uint8Array {
  if (tx.type === 3) throw new TransactionRejected('INVALID', 'an impersonated sender cannot send blobs')
  return encodeTransactionFields({ ...tx, v: 0n, r: bytesToBigint(tx.sender), s: 0n })
}
