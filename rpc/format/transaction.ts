import type { Transaction } from '../../execution/types.ts'
import type { Authorization } from '../../stateless/transactionFields.ts'
import type { Block } from '../../stateless/types.ts'
import { toData, toQuantity } from '../hex.ts'

/** A transaction inside a block. */
export function formatMinedTransaction(tx: Transaction, block: Block, index: number) {
  const { number, timestamp, baseFeePerGas } = block.header
  return {
    blockHash: toData(block.hash),
    blockNumber: toQuantity(number),
    blockTimestamp: toQuantity(timestamp),
    transactionIndex: toQuantity(index),
    ...formatTransactionFields(tx, effectiveGasPrice(tx, baseFeePerGas)),
  }
}

/** A transaction in the pool: no block yet, and the most it may cost as gas price. */
export function formatPooledTransaction(tx: Transaction) {
  return {
    blockHash: null,
    blockNumber: null,
    blockTimestamp: null,
    transactionIndex: null,
    ...formatTransactionFields(tx, tx.gasPrice ?? tx.maxFeePerGas ?? 0n),
  }
}

/** What one gas costs the sender at this base fee (EIP-1559). */
export function effectiveGasPrice(tx: Transaction, baseFeePerGas: bigint | undefined): bigint {
  if (tx.gasPrice !== undefined) return tx.gasPrice
  const cap = tx.maxFeePerGas ?? 0n
  const wanted = (baseFeePerGas ?? 0n) + (tx.maxPriorityFeePerGas ?? 0n)
  return wanted < cap ? wanted : cap
}

/** Everything but the place in a block. */
export function formatTransactionFields(tx: Transaction, gasPrice: bigint) {
  return {
    from: toData(tx.sender),
    gas: toQuantity(tx.gasLimit),
    gasPrice: toQuantity(gasPrice),
    ...(tx.maxFeePerGas === undefined ? {} : { maxFeePerGas: toQuantity(tx.maxFeePerGas) }),
    ...(tx.maxPriorityFeePerGas === undefined ? {} : { maxPriorityFeePerGas: toQuantity(tx.maxPriorityFeePerGas) }),
    ...(tx.maxFeePerBlobGas === undefined ? {} : { maxFeePerBlobGas: toQuantity(tx.maxFeePerBlobGas) }),
    hash: toData(tx.hash),
    input: toData(tx.data),
    nonce: toQuantity(tx.nonce),
    to: tx.to === undefined ? null : toData(tx.to),
    value: toQuantity(tx.value),
    type: toQuantity(tx.type),
    ...formatLists(tx),
    ...(tx.chainId === undefined ? {} : { chainId: toQuantity(tx.chainId) }),
    v: toQuantity(tx.v),
    r: toQuantity(tx.r),
    s: toQuantity(tx.s),
    ...(tx.type === 0 ? {} : { yParity: toQuantity(tx.v) }),
  }
}

function formatLists(tx: Transaction) {
  const { accessList, blobVersionedHashes, authorizationList } = tx
  return {
    ...(tx.type === 0 ? {} : { accessList: (accessList ?? []).map(formatAccess) }),
    ...(blobVersionedHashes === undefined ? {} : { blobVersionedHashes: blobVersionedHashes.map(toData) }),
    ...(authorizationList === undefined ? {} : { authorizationList: authorizationList.map(formatAuthorization) }),
  }
}

export function formatAccess({ address, storageKeys }: { address: Uint8Array; storageKeys: readonly Uint8Array[] }) {
  return { address: toData(address), storageKeys: storageKeys.map(toData) }
}

function formatAuthorization({ chainId, address, nonce, yParity, r, s }: Authorization) {
  return {
    chainId: toQuantity(chainId),
    address: toData(address),
    nonce: toQuantity(nonce),
    yParity: toQuantity(yParity),
    r: toQuantity(r),
    s: toQuantity(s),
  }
}
