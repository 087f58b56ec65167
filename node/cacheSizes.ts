import type { AccountOverride, Receipt, Transaction } from '../execution/types.ts'
import type { StoredBlock } from './types.ts'

/**
 * Estimates of what blocks take in memory, so that caches of them have a bound in bytes: a block may have one
 * transaction or thousands. The constants are objects, arrays and buffers as a heap snapshot counts them.
 */
const HEADER_BYTES = 3_000
const RECEIPT_BYTES = 900
const LOG_BYTES = 400
const WORD_BYTES = 160
const TRANSACTION_BYTES = 1_400
const AUTHORIZATION_BYTES = 700

export function storedBlockBytes({ block, receipts, blockAccessList, changes }: StoredBlock): number {
  let bytes = HEADER_BYTES * (1 + block.ommers.length) + (blockAccessList?.length ?? 0)
  for (const raw of block.transactions) bytes += WORD_BYTES + raw.length
  for (const receipt of receipts) bytes += receiptBytes(receipt)
  for (const change of changes?.values() ?? []) bytes += changeBytes(change)
  return bytes + 5 * WORD_BYTES * (block.withdrawals?.length ?? 0)
}

function receiptBytes({ logs }: Receipt): number {
  let bytes = RECEIPT_BYTES
  for (const { topics, data } of logs) bytes += LOG_BYTES + WORD_BYTES * topics.length + data.length
  return bytes
}

function changeBytes({ code, state, stateDiff }: AccountOverride): number {
  return LOG_BYTES + (code?.length ?? 0) + 2 * WORD_BYTES * ((state?.size ?? 0) + (stateDiff?.size ?? 0))
}

export function transactionsBytes(transactions: readonly Transaction[]): number {
  let bytes = WORD_BYTES
  for (const { raw, accessList = [], authorizationList = [], blobVersionedHashes = [] } of transactions) {
    let words = accessList.length + blobVersionedHashes.length
    for (const { storageKeys } of accessList) words += storageKeys.length
    bytes += TRANSACTION_BYTES + raw.length + WORD_BYTES * words + AUTHORIZATION_BYTES * authorizationList.length
  }
  return bytes
}
