import type { Transaction } from '../../execution/types.ts'
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
  let firstLog = 0
  return mapInSlices(transactions, (tx, index) => {
    const receipt = formatReceipt(stored, tx, index, firstLog)
    firstLog += receipt.logs.length
    return receipt
  })
}

/** The receipt of the block's transaction at `index`. */
export function formatReceiptAt(stored: StoredBlock, tx: Transaction, index: number) {
  const firstLog = stored.receipts.slice(0, index).reduce((count, { logs }) => count + logs.length, 0)
  return formatReceipt(stored, tx, index, firstLog)
}

/** Indices of logs count over the whole block; `firstLog` is that of the receipt's first. */
function formatReceipt({ block, receipts }: StoredBlock, tx: Transaction, index: number, firstLog: number) {
  const receipt = receipts[index]
  if (!receipt) throw new Error('a stored block has fewer receipts than transactions')
  const { hash: blockHash, header } = block
  const place = {
    blockHash,
    blockNumber: header.number,
    blockTimestamp: header.timestamp,
    transactionHash: tx.hash,
    transactionIndex: index,
  }
  const { blobGasUsed, blobGasPrice, contractAddress, stateRoot, status } = receipt
  return {
    blockHash: toData(blockHash),
    blockNumber: toQuantity(header.number),
    transactionHash: toData(tx.hash),
    transactionIndex: toQuantity(index),
    type: toQuantity(tx.type),
    from: toData(tx.sender),
    to: tx.to === undefined ? null : toData(tx.to),
    contractAddress: contractAddress === undefined ? null : toData(contractAddress),
    cumulativeGasUsed: toQuantity(receipt.cumulativeGasUsed),
    gasUsed: toQuantity(receipt.gasUsed),
    effectiveGasPrice: toQuantity(receipt.effectiveGasPrice),
    logs: receipt.logs.map((log, i) => formatLog({ ...place, log, logIndex: firstLog + i })),
    logsBloom: toData(receipt.logsBloom),
    // Before Byzantium a state root stands where the status is now.
    ...(status === undefined ? {} : { status: toQuantity(status) }),
    ...(status !== undefined || stateRoot === undefined ? {} : { root: toData(stateRoot) }),
    ...(blobGasUsed === undefined ? {} : { blobGasUsed: toQuantity(blobGasUsed) }),
    ...(blobGasPrice === undefined ? {} : { blobGasPrice: toQuantity(blobGasPrice) }),
  }
}
