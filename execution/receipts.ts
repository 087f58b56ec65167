import { concatBytes, EMPTY_BYTES } from '../stateless/bytes.ts'
import { encodeRlp, type RlpValue, rlpInteger } from '../stateless/rlp.ts'
import type { BlockContext } from './blockContext.ts'
import { createdAddress } from './createdAddress.ts'
import { blobGas } from './inclusion.ts'
import type { TransactionResult } from './transactionRun.ts'
import type { Log, Receipt, Transaction } from './types.ts'

/** The receipt of a transaction that ran. `cumulativeGasUsed` includes it. */
export function receiptOf(
  tx: Transaction,
  result: TransactionResult,
  cumulativeGasUsed: bigint,
  context: BlockContext,
): Receipt {
  const logs = (result.execResult.logs ?? []).map(([address, topics, data]): Log => ({ address, topics, data }))
  const { stateRoot } = result
  const blobs = tx.type === 3 ? { blobGasUsed: blobGas(tx), blobGasPrice: context.block.header.getBlobGasPrice() } : {}
  return {
    type: tx.type,
    ...(stateRoot === undefined ? { status: result.execResult.exceptionError === undefined ? 1 : 0 } : { stateRoot }),
    cumulativeGasUsed,
    gasUsed: result.totalGasSpent,
    effectiveGasPrice: effectiveGasPrice(tx, context.header.baseFeePerGas),
    logsBloom: result.logsBloom,
    logs,
    ...(tx.to === undefined ? { contractAddress: createdAddress(tx.sender, tx.nonce) } : {}),
    ...blobs,
  }
}

/** Consensus form: type byte || rlp([status or root, cumulative gas, bloom, logs]) (EIP-658, EIP-2718). */
export function encodeReceipt(receipt: Receipt): Uint8Array {
  const outcome = receipt.stateRoot ?? (receipt.status === 1 ? Uint8Array.of(1) : EMPTY_BYTES)
  const logs = receipt.logs.map(({ address, topics, data }): RlpValue => [address, topics, data])
  const body = encodeRlp([outcome, rlpInteger(receipt.cumulativeGasUsed), receipt.logsBloom, logs])
  return receipt.type === 0 ? body : concatBytes([Uint8Array.of(receipt.type), body])
}

export function orBlooms(blooms: readonly Uint8Array[]): Uint8Array {
  const sum = new Uint8Array(256)
  for (const bloom of blooms) for (let i = 0; i < 256; i++) sum[i] = (sum[i] ?? 0) | (bloom[i] ?? 0)
  return sum
}

function effectiveGasPrice(tx: Transaction, baseFee = 0n): bigint {
  if (tx.maxFeePerGas === undefined) return tx.gasPrice ?? 0n
  const offered = baseFee + (tx.maxPriorityFeePerGas ?? 0n)
  return offered < tx.maxFeePerGas ? offered : tx.maxFeePerGas
}
