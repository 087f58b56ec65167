import type { Transaction } from '../../execution/types.ts'
import { logsOfBlock } from '../../node/logIndex.ts'
import type { FoundLog, StoredBlock } from '../../node/types.ts'
import { toData, toQuantity } from '../hex.ts'
import { mapInSlices } from '../slices.ts'

/** A log where it stands; `removed` when its block has left the canonical chain. */
export function formatLog(found: FoundLog, removed = false) {
  return {
    address: toData(found.log.address),
    topics: found.log.topics.map(toData),
    data: toData(found.log.data),
    blockNumber: toQuantity(found.blockNumber),
    transactionHash: toData(found.transactionHash),
    transactionIndex: toQuantity(found.transactionIndex),
    blockHash: toData(found.blockHash),
    blockTimestamp: toQuantity(found.blockTimestamp),
    logIndex: toQuantity(found.logIndex),
    removed,
  }
}

/** All receipts of a block; `transactions` are the block's. */
export function formatReceipts(stored: StoredBlock, transactions: readonly Transaction[]) {
  const logs = groupLogs(stored, undefined)
  return mapInSlices(transactions, (tx, index) => formatReceipt(stored, tx, index, logs.get(index) ?? []))
}

/** The receipt of the block's transaction at `index`. */
export function formatReceiptAt(stored: StoredBlock, tx: Transaction, index: number) {
  return formatReceipt(stored, tx, index, groupLogs(stored, index).get(index) ?? [])
}

/** Logs by transaction; their indices count over the whole block. */
function groupLogs(stored: StoredBlock, only: number | undefined): Map<number, FoundLog[]> {
  const groups = new Map<number, FoundLog[]>()
  for (const found of logsOfBlock(stored, {})) {
    if (only !== undefined && found.transactionIndex !== only) continue
    const group = groups.get(found.transactionIndex)
    if (group) group.push(found)
    else groups.set(found.transactionIndex, [found])
  }
  return groups
}

function formatReceipt({ block, receipts }: StoredBlock, tx: Transaction, index: number, logs: readonly FoundLog[]) {
  const receipt = receipts[index]
  if (!receipt) throw new Error('a stored block has fewer receipts than transactions')
  const { blobGasUsed, blobGasPrice, contractAddress, stateRoot, status } = receipt
  return {
    blockHash: toData(block.hash),
    blockNumber: toQuantity(block.header.number),
    transactionHash: toData(tx.hash),
    transactionIndex: toQuantity(index),
    type: toQuantity(tx.type),
    from: toData(tx.sender),
    to: tx.to === undefined ? null : toData(tx.to),
    contractAddress: contractAddress === undefined ? null : toData(contractAddress),
    cumulativeGasUsed: toQuantity(receipt.cumulativeGasUsed),
    gasUsed: toQuantity(receipt.gasUsed),
    effectiveGasPrice: toQuantity(receipt.effectiveGasPrice),
    logs: logs.map((found) => formatLog(found)),
    logsBloom: toData(receipt.logsBloom),
    // Before Byzantium a state root stands where the status is now.
    ...(status === undefined ? {} : { status: toQuantity(status) }),
    ...(status !== undefined || stateRoot === undefined ? {} : { root: toData(stateRoot) }),
    ...(blobGasUsed === undefined ? {} : { blobGasUsed: toQuantity(blobGasUsed) }),
    ...(blobGasPrice === undefined ? {} : { blobGasPrice: toQuantity(blobGasPrice) }),
  }
}
