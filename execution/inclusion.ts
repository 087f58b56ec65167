import { txExceedsAvailableBlockGas8037 } from '@ethereumjs/evm'
import { bigIntMax } from '@ethereumjs/util'
import { bytesEqual, bytesToHex } from '../stateless/bytes.ts'
import { GAS_PER_BLOB } from '../stateless/payload.ts'
import type { BlockContext } from './blockContext.ts'
import { isDelegation } from './delegation.ts'
import { TransactionRejected, type TransactionRejectedCode } from './errors.ts'
import { MAX_TRANSACTION_REGULAR_GAS } from './internal.ts'
import { EMPTY_CODE_HASH } from './stateManager.ts'
import { transactionGas } from './transactionGas.ts'
import type { Transaction } from './types.ts'

/** How full the block is. Before EIP-8037 there is one dimension, `regular`. */
export type BlockUsage = { regular: bigint; state: bigint; blob: bigint }

/**
 * Every rule that a transaction must keep to be in this block at this place, in geth's order and wording
 * (core/state_transition.go preCheck, buyGas, execute).
 *
 * @throws TransactionRejected
 */
export async function requireIncludable(tx: Transaction, usage: BlockUsage, context: BlockContext): Promise<void> {
  const { state } = context
  const from = `address ${hex(tx.sender)}`
  const account = state.peekAccount(tx.sender)
  requireNonce(tx, account?.nonce ?? 0n)
  if (tx.impersonated !== true) requirePlainSender(account?.codeHash ?? EMPTY_CODE_HASH, from, context)
  requireFeeCaps(tx, from, context)
  requireFunds(tx, account?.balance ?? 0n, from)
  requireMinimumGas(tx, context)
  requireBlockGas(tx, usage, context)
  requireBlobSpace(tx, usage, context)
}

/** @throws TransactionRejected NONCE_TOO_LOW, NONCE_TOO_HIGH */
export function requireNonce(tx: Pick<Transaction, 'nonce' | 'sender'>, nonce: bigint): void {
  const from = `address ${hex(tx.sender)}`
  const data = { txNonce: tx.nonce, stateNonce: nonce }
  if (tx.nonce < nonce) reject('NONCE_TOO_LOW', `nonce too low: ${from}, tx: ${tx.nonce} state: ${nonce}`, data)
  if (tx.nonce > nonce) reject('NONCE_TOO_HIGH', `nonce too high: ${from}, tx: ${tx.nonce} state: ${nonce}`, data)
}

/** EIP-3607; a delegation (EIP-7702) is exactly 23 bytes and does not make a contract. */
function requirePlainSender(codeHash: Uint8Array, from: string, context: BlockContext): void {
  if (bytesEqual(codeHash, EMPTY_CODE_HASH)) return
  if (isDelegation(context.state.codeByHash(codeHash)) && context.common.isActivatedEIP(7702)) return
  reject('SENDER_NOT_EOA', `sender not an eoa: ${from}, codehash: ${hex(codeHash)}`)
}

function requireFeeCaps(tx: Transaction, from: string, { header, block }: BlockContext): void {
  const baseFee = header.baseFeePerGas
  const feeCap = tx.maxFeePerGas ?? tx.gasPrice ?? 0n
  if (baseFee !== undefined && feeCap < baseFee) {
    const message = `max fee per gas less than block base fee: ${from}, maxFeePerGas: ${feeCap}, baseFee: ${baseFee}`
    reject('FEE_CAP_TOO_LOW', message, { maxFeePerGas: feeCap, baseFee })
  }
  if (tx.type !== 3) return
  const blobFee = block.header.getBlobGasPrice()
  const blobCap = tx.maxFeePerBlobGas ?? 0n
  if (blobCap < blobFee) {
    const message = `max fee per blob gas less than block blob gas fee: ${from} blobGasFeeCap: ${blobCap}, blobBaseFee: ${blobFee}`
    reject('BLOB_FEE_CAP_TOO_LOW', message, { maxFeePerBlobGas: blobCap, blobBaseFee: blobFee })
  }
}

function requireFunds(tx: Transaction, balance: bigint, from: string): void {
  const feeCap = tx.maxFeePerGas ?? tx.gasPrice ?? 0n
  const want = tx.gasLimit * feeCap + tx.value + blobGas(tx) * (tx.maxFeePerBlobGas ?? 0n)
  if (balance >= want) return
  reject('INSUFFICIENT_FUNDS', `insufficient funds for gas * price + value: ${from} have ${balance} want ${want}`, {
    have: balance,
    want,
  })
}

/** Intrinsic gas, calldata floor (EIP-7623), and the cap on regular gas (EIP-7825 under EIP-8037). */
function requireMinimumGas(tx: Transaction, { shared, common }: BlockContext): void {
  const { intrinsic, floor } = transactionGas(tx, shared)
  if (tx.gasLimit < intrinsic) {
    reject('INTRINSIC_GAS_TOO_LOW', `intrinsic gas too low: have ${tx.gasLimit}, want ${intrinsic}`, {
      have: tx.gasLimit,
      want: intrinsic,
    })
  }
  if (tx.gasLimit < floor) {
    reject('FLOOR_DATA_GAS_TOO_LOW', `insufficient gas for floor data gas cost: have ${tx.gasLimit}, want ${floor}`, {
      have: tx.gasLimit,
      want: floor,
    })
  }
  const regular = bigIntMax(intrinsic, floor)
  if (common.isActivatedEIP(8037) && regular > MAX_TRANSACTION_REGULAR_GAS) {
    reject(
      'GAS_LIMIT_TOO_HIGH',
      `transaction gas limit too high (cap: ${MAX_TRANSACTION_REGULAR_GAS}, tx: ${regular} before execution)`,
    )
  }
}

/** EIP-8037: `min(2^24, gas)` must fit the regular dimension and the whole limit the state dimension. */
function requireBlockGas(tx: Transaction, usage: BlockUsage, { header, common }: BlockContext): void {
  const { gasLimit } = header
  const exceeds = (used: BlockUsage) =>
    common.isActivatedEIP(8037)
      ? txExceedsAvailableBlockGas8037(tx.gasLimit, MAX_TRANSACTION_REGULAR_GAS, gasLimit, used.regular, used.state)
      : tx.gasLimit + used.regular > gasLimit
  if (!exceeds(usage)) return
  const left = gasLimit - bigIntMax(usage.regular, usage.state)
  if (exceeds({ regular: 0n, state: 0n, blob: 0n })) {
    reject('GAS_LIMIT_TOO_HIGH', `exceeds block gas limit: have ${gasLimit}, want ${tx.gasLimit}`, {
      have: gasLimit,
      want: tx.gasLimit,
    })
  }
  reject('BLOCK_GAS_EXHAUSTED', `gas limit reached: have ${left}, want ${tx.gasLimit}`, {
    have: left,
    want: tx.gasLimit,
  })
}

function requireBlobSpace(tx: Transaction, usage: BlockUsage, { common }: BlockContext): void {
  if (tx.type !== 3) return
  const limit = common.getBlobGasSchedule().maxBlobGasPerBlock
  const want = blobGas(tx)
  if (usage.blob + want <= limit) return
  reject('BLOB_GAS_EXHAUSTED', `blob gas limit reached: have ${limit - usage.blob}, want ${want}`, {
    have: limit - usage.blob,
    want,
  })
}

export function blobGas(tx: Transaction): bigint {
  return BigInt(tx.blobVersionedHashes?.length ?? 0) * GAS_PER_BLOB
}

function reject(code: TransactionRejectedCode, message: string, data: Record<string, unknown> = {}): never {
  throw new TransactionRejected(code, message, data)
}

function hex(bytes: Uint8Array): string {
  return `0x${bytesToHex(bytes)}`
}
