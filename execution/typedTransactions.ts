import {
  AccessList2930Tx,
  Blob4844Tx,
  EOACode7702Tx,
  FeeMarket1559Tx,
  LegacyTx,
  type TypedTransaction,
} from '@ethereumjs/tx'
import { Address, bytesToHex } from '@ethereumjs/util'
import { bigintToMinimalBytes } from '../stateless/bytes.ts'
import type { TransactionFields } from '../stateless/transactionFields.ts'
import type { SharedCommon } from './nodeCommon.ts'
import { yParityOf } from './transactions.ts'

/** What EthereumJS would compute or recover by itself, already known or cheaper to get here. */
export type TypedTxIdentity = { sender(): Uint8Array; hash: Uint8Array; raw: Uint8Array }

/**
 * EthereumJS's object for a transaction under one fork, from fields and an identity that need not belong together: calls
 * have a sender but no signature. It never recovers one. Asking for the sender may throw TransactionRejected.
 */
export function buildTypedTx(
  fields: TransactionFields,
  identity: TypedTxIdentity,
  common: SharedCommon,
): TypedTransaction {
  const typed = construct(fields, common)
  let sender: Address | undefined
  const known = {
    getSenderAddress() {
      sender ??= new Address(identity.sender())
      return sender
    },
    getSenderPublicKey() {
      throw new Error('the public key of a sender is not kept')
    },
    verifySignature() {
      this.getSenderAddress()
      return true
    },
    isSigned: () => true,
    hash: () => identity.hash,
    serialize: () => identity.raw,
    v: fields.v,
  }
  Object.assign(typed, known)
  Object.freeze(typed)
  return typed
}

/** Not frozen, and legacy ones without EIP-155, whose check of v is inexact for chain ids from 2^52 on. */
function construct(tx: TransactionFields, common: SharedCommon): TypedTransaction {
  const options = { common, freeze: false }
  const body = {
    nonce: tx.nonce,
    gasLimit: tx.gasLimit,
    ...(tx.to === undefined ? {} : { to: new Address(tx.to) }),
    value: tx.value,
    data: tx.data,
    r: tx.r,
    s: tx.s,
  }
  if (tx.type === 0) {
    return new LegacyTx({ ...body, gasPrice: tx.gasPrice ?? 0n, v: BigInt(27 + yParityOf(tx)) }, options)
  }
  const accessList = (tx.accessList ?? []).map(({ address, storageKeys }): [Uint8Array, Uint8Array[]] => [
    address,
    [...storageKeys],
  ])
  const typedBody = { ...body, v: tx.v, accessList, chainId: common.chainId() }
  if (tx.type === 1) return new AccessList2930Tx({ ...typedBody, gasPrice: tx.gasPrice ?? 0n }, options)
  const fees = { maxFeePerGas: tx.maxFeePerGas ?? 0n, maxPriorityFeePerGas: tx.maxPriorityFeePerGas ?? 0n }
  if (tx.type === 2) return new FeeMarket1559Tx({ ...typedBody, ...fees }, options)
  if (tx.type === 4) return new EOACode7702Tx({ ...typedBody, ...fees, authorizationList: authorizations(tx) }, options)
  const blobVersionedHashes = (tx.blobVersionedHashes ?? []).map((hash) => bytesToHex(hash))
  return new Blob4844Tx(
    { ...typedBody, ...fees, maxFeePerBlobGas: tx.maxFeePerBlobGas ?? 0n, blobVersionedHashes },
    options,
  )
}

type AuthorizationBytes = [Uint8Array, Uint8Array, Uint8Array, Uint8Array, Uint8Array, Uint8Array]

function authorizations(tx: TransactionFields): AuthorizationBytes[] {
  return (tx.authorizationList ?? []).map((item) => [
    bigintToMinimalBytes(item.chainId),
    item.address,
    bigintToMinimalBytes(item.nonce),
    bigintToMinimalBytes(BigInt(item.yParity)),
    bigintToMinimalBytes(item.r),
    bigintToMinimalBytes(item.s),
  ])
}
