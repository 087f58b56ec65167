import { concatBytes, EMPTY_BYTES } from '../stateless/bytes.ts'
import { encodeRlp, type RlpValue, rlpInteger } from '../stateless/rlp.ts'
import type { TransactionFields } from '../stateless/transactionFields.ts'
import { assert } from './internal.ts'

/** The canonical EIP-2718 envelope of these fields, signature included as it is: the inverse of `decodeFields`. */
export function encodeTransactionFields(fields: TransactionFields): Uint8Array {
  const body = encodeRlp([
    ...(fields.type === 0 ? legacyItems(fields) : typedItems(fields)),
    rlpInteger(fields.v),
    rlpInteger(fields.r),
    rlpInteger(fields.s),
  ])
  return fields.type === 0 ? body : concatBytes([Uint8Array.of(fields.type), body])
}

function legacyItems(tx: TransactionFields): RlpValue[] {
  return [rlpInteger(tx.nonce), rlpInteger(tx.gasPrice ?? 0n), ...bodyItems(tx)]
}

function typedItems(tx: TransactionFields): RlpValue[] {
  const { chainId, accessList = [], authorizationList = [], blobVersionedHashes = [] } = tx
  assert(chainId !== undefined, 'a typed transaction without a chain id')
  const prices =
    tx.type === 1
      ? [rlpInteger(tx.gasPrice ?? 0n)]
      : [rlpInteger(tx.maxPriorityFeePerGas ?? 0n), rlpInteger(tx.maxFeePerGas ?? 0n)]
  return [
    rlpInteger(chainId),
    rlpInteger(tx.nonce),
    ...prices,
    ...bodyItems(tx),
    accessList.map(({ address, storageKeys }): RlpValue => [address, [...storageKeys]]),
    ...(tx.type === 3 ? [rlpInteger(tx.maxFeePerBlobGas ?? 0n), [...blobVersionedHashes]] : []),
    ...(tx.type === 4 ? [authorizationList.map(authorizationItems)] : []),
  ]
}

function bodyItems(tx: TransactionFields): RlpValue[] {
  return [rlpInteger(tx.gasLimit), tx.to ?? EMPTY_BYTES, rlpInteger(tx.value), tx.data]
}

function authorizationItems(item: NonNullable<TransactionFields['authorizationList']>[number]): RlpValue {
  return [
    rlpInteger(item.chainId),
    item.address,
    rlpInteger(item.nonce),
    rlpInteger(BigInt(item.yParity)),
    rlpInteger(item.r),
    rlpInteger(item.s),
  ]
}
