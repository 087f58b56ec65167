import { Address, bigIntMin } from '@ethereumjs/util'
import { keccak256 } from '../stateless/keccak.ts'
import type { TransactionFields } from '../stateless/transactionFields.ts'
import { type BlockContext, libraryBlock } from './blockContext.ts'
import type { BlockTotals, TransactionEntry } from './blockRun.ts'
import {
  callTransaction,
  requireFeeCaps,
  requireFunds,
  requireLeastGas,
  UNCAPPED_REGULAR_GAS,
} from './callTransaction.ts'
import { TransactionRejected } from './errors.ts'
import { requireNonce } from './inclusion.ts'
import { MAX_TRANSACTION_REGULAR_GAS } from './internal.ts'
import type { SharedCommon } from './nodeCommon.ts'
import { encodeTransactionFields } from './transactionEncoding.ts'
import { type TransactionGas, transactionGas } from './transactionGas.ts'
import type { ChargedTransaction, TransactionResult } from './transactionRun.ts'
import type { CallRequest, Transaction } from './types.ts'

const MAX_NONCE = (1n << 64n) - 1n

/** A call of a simulation as the transaction that stands in the block, and the least gas that it uses. */
export type SimulatedTransaction = { tx: Transaction; least: TransactionGas }

export type SimulationRules = {
  /** nonces, base fee and fee caps count; without, a call that names no fee pays none, whatever the base fee is */
  validation: boolean
  /** gas that all calls together may still use */
  gasLeft: bigint
}

/**
 * Completes a call and checks what the protocol checks of a transaction, in geth's order (core/state_transition.go
 * preCheck, buyGas, execute): nonce, fees, funds, least gas. The sender may be a contract.
 *
 * @throws TransactionRejected
 */
export function simulatedTransaction(
  call: CallRequest,
  context: BlockContext,
  totals: BlockTotals,
  { validation, gasLeft }: SimulationRules,
): SimulatedTransaction {
  const { shared, state, header, block } = context
  const gas = requireBlockGas(call.gas, context, totals, validation)
  const gasLimit = bigIntMin(gas, gasLeft)
  const transaction = callTransaction(call, shared, simulatedType(call, shared))
  const { sender } = transaction
  const account = state.peekAccount(sender)
  const stateNonce = account?.nonce ?? 0n
  const tx = unsigned({ ...transaction.fields, nonce: call.nonce ?? stateNonce, gasLimit }, sender)
  if (validation) requireNonce(tx, stateNonce)
  if (stateNonce === MAX_NONCE && (validation || tx.to === undefined)) {
    throw new TransactionRejected('NONCE_MAX', `nonce has max value: nonce ${stateNonce}`)
  }
  const free = freeOf(tx, validation)
  requireFeeCaps(transaction, {
    baseFee: free.gas ? undefined : header.baseFeePerGas,
    blobBaseFee: free.blobs ? undefined : blobPrice(tx, block),
  })
  requireFunds(transaction, gasLimit, account?.balance ?? 0n)
  const least = transactionGas(tx, shared)
  requireLeastGas(gasLimit, least)
  return { tx, least }
}

/** How these transactions come into a block: checked already, uncapped as calls are, free when they name no price. */
export function createSimulationEntry(
  validation: boolean,
  onResult: (tx: Transaction, result: TransactionResult) => void,
): TransactionEntry {
  return {
    requireIncludable: async () => {},
    charge: (tx, context) => charge(tx, context, validation),
    async observe(tx, result, { state }) {
      // A nonce wraps around where nobody checks it, as geth's does.
      const nonce = state.peekAccount(tx.sender)?.nonce ?? 0n
      if (nonce > MAX_NONCE) await state.modifyAccountFields(new Address(tx.sender), { nonce: 0n })
      onResult(tx, result)
    },
    boundsAccessList: validation,
  }
}

/** Legacy when it names a gas price, as geth has it, unless only a typed transaction can carry what it brings. */
function simulatedType(call: CallRequest, common: SharedCommon): TransactionFields['type'] {
  if (call.authorizationList !== undefined) return 4
  if (call.blobVersionedHashes !== undefined) return 3
  if (common.isActivatedEIP(1559) && call.gasPrice === undefined) return 2
  return common.isActivatedEIP(2930) && call.accessList !== undefined ? 1 : 0
}

function unsigned(fields: TransactionFields, sender: Uint8Array): Transaction {
  const raw = encodeTransactionFields(fields)
  return { ...fields, raw, hash: keccak256(raw), sender, impersonated: true }
}

/** The gas of the call, by default all that is left in the block (EIP-8037: in both dimensions). */
function requireBlockGas(
  wanted: bigint | undefined,
  { header, common }: BlockContext,
  { regularGas, stateGas }: BlockTotals,
  validation: boolean,
): bigint {
  const { gasLimit } = header
  const capped = validation && common.isActivatedEIP(8037)
  const regularLeft = gasLimit - regularGas
  const inRegular = capped && regularLeft >= MAX_TRANSACTION_REGULAR_GAS ? gasLimit : regularLeft
  const left = bigIntMin(inRegular, gasLimit - stateGas)
  if (wanted === undefined) return left > 0n ? left : 0n
  if (wanted <= left) return wanted
  throw new TransactionRejected(
    'BLOCK_GAS_EXHAUSTED',
    `block gas limit reached: ${gasLimit - left} used, ${wanted} wanted, limit ${gasLimit}`,
    { left, wanted, gasLimit },
  )
}

/** Nothing is charged for what a call names no price for, unless validation is on (geth NoBaseFee). */
function freeOf(tx: Transaction, validation: boolean): { gas: boolean; blobs: boolean } {
  const { gasPrice = 0n, maxFeePerGas = 0n, maxPriorityFeePerGas = 0n, maxFeePerBlobGas = 0n } = tx
  return {
    gas: !validation && gasPrice === 0n && maxFeePerGas === 0n && maxPriorityFeePerGas === 0n,
    blobs: !validation && tx.type === 3 && maxFeePerBlobGas === 0n,
  }
}

function blobPrice(tx: Transaction, block: BlockContext['block']): bigint | undefined {
  return tx.type === 3 ? block.header.getBlobGasPrice() : undefined
}

/** With validation EIP-8037 splits gas at EIP-7825's cap as in a real block; the cap itself never binds. */
function charge(tx: Transaction, context: BlockContext, validation: boolean): ChargedTransaction {
  const { evm, block, shared } = context
  const charging = chargingBlock(context, freeOf(tx, validation))
  evm.showBlock(charging === undefined ? undefined : block)
  return {
    tx,
    gas: transactionGas(tx, shared),
    regularCap: validation ? MAX_TRANSACTION_REGULAR_GAS : UNCAPPED_REGULAR_GAS,
    block: charging ?? block,
  }
}

/** The block to charge by, when that is not the one that code sees. */
function chargingBlock({ header, shared, block }: BlockContext, free: { gas: boolean; blobs: boolean }) {
  const { baseFeePerGas = 0n } = header
  const waivesGas = free.gas && baseFeePerGas > 0n
  if (!waivesGas && !free.blobs) return undefined
  const charging = libraryBlock(waivesGas ? { ...header, baseFeePerGas: 0n } : header, shared)
  charging.header.getBlobGasPrice = free.blobs ? () => 0n : () => block.header.getBlobGasPrice()
  return charging
}
