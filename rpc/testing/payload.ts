import type { BlockOutcome, Transaction } from '../../execution/types.ts'
import { formatWithdrawal } from '../format/block.ts'
import { toData, toQuantity } from '../hex.ts'

/** A built block as engine_getPayload answers it: payload, what it brings to the fee recipient, blobs, requests. */
export function formatPayload(outcome: BlockOutcome, transactions: readonly Transaction[]) {
  const sidecars = transactions.flatMap(({ blobs }) => (blobs === undefined ? [] : [blobs]))
  return {
    executionPayload: executionPayload(outcome),
    blockValue: toQuantity(tipsOf(outcome)),
    blobsBundle: {
      commitments: sidecars.flatMap(({ commitments }) => commitments.map(toData)),
      proofs: sidecars.flatMap(({ proofs }) => proofs.map(toData)),
      blobs: sidecars.flatMap(({ blobs }) => blobs.map(toData)),
    },
    executionRequests: outcome.requests.map(toData),
    shouldOverrideBuilder: false,
  }
}

function executionPayload({ block, blockAccessList }: BlockOutcome) {
  const { header, withdrawals } = block
  const { blobGasUsed, excessBlobGas, slotNumber } = header
  return {
    parentHash: toData(header.parentHash),
    feeRecipient: toData(header.coinbase),
    stateRoot: toData(header.stateRoot),
    receiptsRoot: toData(header.receiptsRoot),
    logsBloom: toData(header.logsBloom),
    prevRandao: toData(header.prevRandao),
    blockNumber: toQuantity(header.number),
    gasLimit: toQuantity(header.gasLimit),
    gasUsed: toQuantity(header.gasUsed),
    timestamp: toQuantity(header.timestamp),
    extraData: toData(header.extraData),
    baseFeePerGas: toQuantity(header.baseFeePerGas ?? 0n),
    blockHash: toData(block.hash),
    transactions: block.transactions.map(toData),
    ...(withdrawals === undefined ? {} : { withdrawals: withdrawals.map(formatWithdrawal) }),
    ...(blobGasUsed === undefined ? {} : { blobGasUsed: toQuantity(blobGasUsed) }),
    ...(excessBlobGas === undefined ? {} : { excessBlobGas: toQuantity(excessBlobGas) }),
    ...(blockAccessList === undefined ? {} : { blockAccessList: toData(blockAccessList) }),
    ...(slotNumber === undefined ? {} : { slotNumber: toQuantity(slotNumber) }),
  }
}

/** Tips of all transactions, wei. */
function tipsOf({ block, receipts }: BlockOutcome): bigint {
  const baseFee = block.header.baseFeePerGas ?? 0n
  return receipts.reduce((sum, { gasUsed, effectiveGasPrice }) => sum + gasUsed * (effectiveGasPrice - baseFee), 0n)
}
