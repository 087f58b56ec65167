import { bytesToHex, EMPTY_BYTES } from '../stateless/bytes.ts'
import type { TransactionFields } from '../stateless/transactionFields.ts'
import { TransactionRejected } from './errors.ts'
import type { SharedCommon } from './nodeCommon.ts'
import type { TransactionGas } from './transactionGas.ts'
import { requireBlobRules, requireInitcodeSize, requireSetCodeRules, requireTypeSupported } from './transactionRules.ts'
import type { CallRequest } from './types.ts'

/** A call request as the transaction that it stands for, without gas limit and signature. */
export type CallTransaction = {
  readonly fields: Omit<TransactionFields, 'gasLimit'>
  readonly sender: Uint8Array
  readonly feeCap: bigint
  readonly tip: bigint
  readonly blobFeeCap: bigint
  readonly blobGas: bigint
}

const ZERO_ADDRESS = new Uint8Array(20)

/** No transaction has as much: calls may use more regular gas than EIP-7825 lets transactions have. */
export const UNCAPPED_REGULAR_GAS = 1n << 64n

const uncapped = new WeakMap<SharedCommon, SharedCommon>()

/**
 * The transaction behind a call. Its type follows from what the request carries and the fork has: a gas price alone
 * counts as fee cap and tip at once, so that the same sum is paid under every type.
 *
 * @throws TransactionRejected for what no transaction of the fork may carry, in geth's wording
 */
export function callTransaction(
  call: CallRequest,
  common: SharedCommon,
  type: TransactionFields['type'] = callType(call, common),
): CallTransaction {
  const feeCap = call.gasPrice ?? call.maxFeePerGas ?? 0n
  const tip = call.gasPrice ?? call.maxPriorityFeePerGas ?? 0n
  const prices = type === 0 || type === 1 ? { gasPrice: feeCap } : { maxFeePerGas: feeCap, maxPriorityFeePerGas: tip }
  const blobs = call.blobVersionedHashes ?? []
  const fields = {
    type,
    ...(type === 0 ? {} : { chainId: common.chainId(), accessList: call.accessList ?? [] }),
    nonce: 0n,
    ...prices,
    ...(call.to === undefined ? {} : { to: call.to }),
    value: call.value ?? 0n,
    data: call.data ?? EMPTY_BYTES,
    ...(type === 3 ? { blobVersionedHashes: blobs, maxFeePerBlobGas: call.maxFeePerBlobGas ?? 0n } : {}),
    ...(type === 4 ? { authorizationList: call.authorizationList ?? [] } : {}),
    v: 0n,
    r: 0n,
    s: 0n,
  }
  requireCallRules(fields, common)
  return {
    fields,
    sender: call.from ?? ZERO_ADDRESS,
    feeCap,
    tip,
    blobFeeCap: call.maxFeePerBlobGas ?? 0n,
    blobGas: type === 3 ? BigInt(blobs.length) * common.param('blobGasPerBlob') : 0n,
  }
}

function callType(call: CallRequest, common: SharedCommon): TransactionFields['type'] {
  if (call.authorizationList !== undefined) return 4
  if (call.blobVersionedHashes !== undefined) return 3
  if (common.isActivatedEIP(1559)) return 2
  return common.isActivatedEIP(2930) ? 1 : 0
}

function requireCallRules(fields: Omit<TransactionFields, 'gasLimit'>, common: SharedCommon): void {
  requireTypeSupported(fields, common)
  if (fields.type === 3) requireBlobRules(fields, common)
  if (fields.type === 4) requireSetCodeRules(fields)
  requireInitcodeSize(fields, common)
  const { maxFeePerGas: feeCap = 0n, maxPriorityFeePerGas: tip = 0n } = fields
  if (tip <= feeCap) return
  throw new TransactionRejected(
    'TIP_ABOVE_FEE_CAP',
    `max priority fee per gas higher than max fee per gas: maxPriorityFeePerGas: ${tip}, maxFeePerGas: ${feeCap}`,
  )
}

/** The same rules with EIP-7825's cap on gas per transaction out of reach: calls may use more than transactions. */
export function withoutGasCap(common: SharedCommon): SharedCommon {
  const known = uncapped.get(common)
  if (known !== undefined) return known
  const param = (name: string) => (name === 'maxTransactionGasLimit' ? UNCAPPED_REGULAR_GAS : common.param(name))
  const made = Object.create(common, { param: { value: param } }) as SharedCommon
  uncapped.set(common, made)
  return made
}

/**
 * The fee caps must cover the block's fees, unless the call names no fee at all (geth's NoBaseFee).
 * @throws TransactionRejected
 */
export function requireFeeCaps(
  call: CallTransaction,
  fees: { baseFee: bigint | undefined; blobBaseFee: bigint | undefined },
): void {
  const from = `address 0x${bytesToHex(call.sender)}`
  if (fees.baseFee !== undefined && call.feeCap < fees.baseFee) {
    throw new TransactionRejected(
      'FEE_CAP_TOO_LOW',
      `max fee per gas less than block base fee: ${from}, maxFeePerGas: ${call.feeCap}, baseFee: ${fees.baseFee}`,
      { maxFeePerGas: call.feeCap, baseFee: fees.baseFee },
    )
  }
  if (call.fields.type !== 3 || call.blobFeeCap >= (fees.blobBaseFee ?? 0n)) return
  throw new TransactionRejected(
    'BLOB_FEE_CAP_TOO_LOW',
    `max fee per blob gas less than block blob gas fee: ${from} blobGasFeeCap: ${call.blobFeeCap}, blobBaseFee: ${fees.blobBaseFee}`,
    { maxFeePerBlobGas: call.blobFeeCap, blobBaseFee: fees.blobBaseFee },
  )
}

/** Value, gas at the fee cap and blobs must be covered. @throws TransactionRejected */
export function requireFunds(call: CallTransaction, gasLimit: bigint, have: bigint): void {
  const want = gasLimit * call.feeCap + call.fields.value + call.blobGas * call.blobFeeCap
  if (have >= want) return
  const from = `address 0x${bytesToHex(call.sender)}`
  throw new TransactionRejected(
    'INSUFFICIENT_FUNDS',
    `insufficient funds for gas * price + value: ${from} have ${have} want ${want}`,
    { have, want },
  )
}

/** @throws TransactionRejected */
export function requireLeastGas(gasLimit: bigint, { intrinsic, floor }: TransactionGas): void {
  if (gasLimit < intrinsic) {
    throw new TransactionRejected(
      'INTRINSIC_GAS_TOO_LOW',
      `intrinsic gas too low: have ${gasLimit}, want ${intrinsic}`,
      { have: gasLimit, want: intrinsic },
    )
  }
  if (gasLimit >= floor) return
  throw new TransactionRejected(
    'FLOOR_DATA_GAS_TOO_LOW',
    `insufficient gas for floor data gas cost: have ${gasLimit}, want ${floor}`,
    { have: gasLimit, want: floor },
  )
}
