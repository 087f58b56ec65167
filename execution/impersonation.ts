import { bigintToMinimalBytes, bytesToBigint, concatBytes, EMPTY_BYTES } from '../stateless/bytes.ts'
import { encodeRlp, type RlpValue, rlpInteger } from '../stateless/rlp.ts'
import { TransactionRejected } from './errors.ts'
import type { TransactionFields } from './transactionFields.ts'
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
  const mark = [rlpInteger(0n), rlpInteger(bytesToBigint(tx.sender)), rlpInteger(0n)]
  const body = [tx.to ?? EMPTY_BYTES, rlpInteger(tx.value), tx.data]
  const [nonce, gasLimit] = [rlpInteger(tx.nonce), rlpInteger(tx.gasLimit)]
  if (tx.type === 0) return encodeRlp([nonce, rlpInteger(tx.gasPrice ?? 0n), gasLimit, ...body, ...mark])
  const prices = tx.type === 1 ? [tx.gasPrice ?? 0n] : [tx.maxPriorityFeePerGas ?? 0n, tx.maxFeePerGas ?? 0n]
  const accessList = (tx.accessList ?? []).map(({ address, storageKeys }): RlpValue => [address, [...storageKeys]])
  const items: RlpValue[] = [
    rlpInteger(tx.chainId ?? 0n),
    nonce,
    ...prices.map(rlpInteger),
    gasLimit,
    ...body,
    accessList,
    ...(tx.type === 4 ? [authorizations(tx)] : []),
    ...mark,
  ]
  return concatBytes([Uint8Array.of(tx.type), encodeRlp(items)])
}

function authorizations({ authorizationList = [] }: UnsignedTransaction): RlpValue {
  return authorizationList.map(
    ({ chainId, address, nonce, yParity, r, s }): RlpValue => [
      rlpInteger(chainId),
      address,
      ...[nonce, BigInt(yParity), r, s].map(rlpInteger),
    ],
  )
}
