import type { Block as LibraryBlock } from '@ethereumjs/block'
import { cliqueSigner } from '@ethereumjs/block'
import { ConsensusType } from '@ethereumjs/common'
import type { EVMRunCallOpts, ExecResult } from '@ethereumjs/evm'
import { Address, bigIntMax, bigIntMin } from '@ethereumjs/util'
import { bytesToHex, EMPTY_BYTES, hexToBytes } from '../stateless/bytes.ts'
import type { TransactionFields } from '../stateless/transactionFields.ts'
import type { Hash32 } from '../stateless/types.ts'
import { runLibrary } from './blockContext.ts'
import type { RunEvm } from './evm.ts'
import { assert } from './internal.ts'
import { logsBloom } from './logsBloom.ts'
import { transferWithoutCode } from './plainTransfer.ts'
import { EMPTY_CODE_HASH, type JournaledState } from './stateManager.ts'
import type { TransactionGas } from './transactionGas.ts'
import type { Transaction } from './types.ts'

/** A transaction that may run here: nonce, fees, funds and least gas have been checked. */
export type ChargedTransaction = {
  readonly tx: TransactionFields & Pick<Transaction, 'sender' | 'impersonated'>
  readonly gas: TransactionGas
  /** EIP-8037: what is above this much regular gas is there for state alone */
  readonly regularCap: bigint
  /** what it is charged by, and what code sees */
  readonly block: LibraryBlock
}

/** What running it came to. All gas in the terms of the library's `runTx`, which gives the same. */
export type TransactionResult = {
  readonly execResult: ExecResult
  /** paid by the sender */
  readonly totalGasSpent: bigint
  /** counted by the block where it has one dimension */
  readonly blockGasSpent: bigint
  /** before the cap on refunds; 0 when the floor applied */
  readonly gasRefund: bigint
  /** EIP-8037 dimensions */
  readonly txRegularGas?: bigint
  readonly txStateGas?: bigint
  readonly logsBloom: Uint8Array
  /** before Byzantium */
  readonly stateRoot?: Hash32
}

export type Machine = { readonly evm: RunEvm; readonly state: JournaledState }

/** `gasLeft` is what the outermost frame gets. */
export type GasSplit = { readonly gasLeft: bigint; readonly reservoir: bigint }

type Prices = { readonly gasPrice: bigint; readonly tip: bigint; readonly blobCost: bigint }

/**
 * Runs a transaction (EELS fork.py process_transaction): buys its gas, runs it, pays back what is left, pays the fee
 * recipient, and ends what the transaction leaves behind. Frames are the EVM's; ether for an account without code needs none.
 *
 * What it throws leaves the state half changed: the caller goes back to a mark of its own.
 */
export async function executeTransaction(machine: Machine, charged: ChargedTransaction): Promise<TransactionResult> {
  const { evm, state } = machine
  const { tx } = charged
  const prices = pricesOf(charged, evm)
  const split = splitGas(charged, evm)
  buyGas(state, tx, prices)
  evm.beginTransaction(split.reservoir)
  const execResult =
    transferWithoutCode(machine, charged.tx, split.gasLeft) ??
    (await runFrames(machine, charged, split, prices.gasPrice))
  const spent = spentGas(charged, split, execResult, evm)
  giveBack(state, tx, (tx.gasLimit - spent.totalGasSpent) * prices.gasPrice)
  payFeeRecipient(machine, charged.block, spent.totalGasSpent * prices.tip)
  await destroyAccounts(machine, execResult)
  evm.warmth.clearTouched()
  state.originalStorageCache.clear()
  const stateRoot = evm.common.gteHardfork('byzantium') ? undefined : await state.getStateRoot()
  return {
    execResult,
    ...spent,
    logsBloom: logsBloom(execResult.logs ?? []),
    ...(stateRoot === undefined ? {} : { stateRoot }),
  }
}

/** EIP-1559, EIP-4844: what a unit of gas costs, what of it goes to the fee recipient, and what the blobs cost in all. */
function pricesOf({ tx, block: { header } }: ChargedTransaction, { common }: RunEvm): Prices {
  const baseFee = header.baseFeePerGas ?? 0n
  const { gasPrice = 0n, maxFeePerGas, maxPriorityFeePerGas = 0n } = tx
  const price = maxFeePerGas === undefined ? gasPrice : bigIntMin(maxFeePerGas, baseFee + maxPriorityFeePerGas)
  assert(price >= baseFee, 'a fee cap below the base fee was not noticed')
  const blobs = BigInt(tx.blobVersionedHashes?.length ?? 0)
  const blobCost = blobs === 0n ? 0n : blobs * common.param('blobGasPerBlob') * header.getBlobGasPrice()
  return { gasPrice: price, tip: price - baseFee, blobCost }
}

/** EIP-8037: regular gas up to the cap, the rest waits in the reservoir for state gas. */
function splitGas({ tx, gas, regularCap }: ChargedTransaction, { common }: RunEvm): GasSplit {
  assert(tx.gasLimit >= gas.intrinsic && tx.gasLimit >= gas.floor, 'a gas limit that is too low was not noticed')
  const left = tx.gasLimit - gas.intrinsic
  if (!common.isActivatedEIP(8037)) return { gasLeft: left, reservoir: 0n }
  const gasLeft = bigIntMin(left, bigIntMax(regularCap - gas.intrinsic, 0n))
  return { gasLeft, reservoir: left - gasLeft }
}

function buyGas(state: JournaledState, { sender, gasLimit }: ChargedTransaction['tx'], prices: Prices): void {
  const account = state.readAccount(sender) ?? NO_ACCOUNT
  const balance = account.balance - gasLimit * prices.gasPrice - prices.blobCost
  assert(balance >= 0n, 'a sender that cannot pay was not noticed')
  state.writeAccount(sender, { nonce: account.nonce + 1n, balance, codeHash: account.codeHash })
}

const NO_ACCOUNT = { nonce: 0n, balance: 0n, codeHash: EMPTY_CODE_HASH }

/**
 * Runs the outermost frame on the EVM. What it prepares first (EIP-7702 delegations, charges that depend on the state) may
 * run out of gas: then this layer goes, and the sender's payment stays.
 */
async function runFrames(
  { evm, state }: Machine,
  charged: ChargedTransaction,
  { gasLeft, reservoir }: GasSplit,
  gasPrice: bigint,
): Promise<ExecResult> {
  const { tx } = charged
  const { warmth } = evm
  warmUp(evm, charged)
  evm.authorize(tx.type === 4 ? tx : undefined)
  await warmth.checkpoint()
  const { execResult } = await runLibrary(state, () => evm.runCall(callOf(charged, gasLeft, gasPrice)))
  if (!evm.eip2780PrepOog) {
    await warmth.commit()
    return execResult
  }
  await warmth.revert()
  evm.beginTransaction(reservoir)
  return execResult
}

function callOf({ tx, block }: ChargedTransaction, gasLimit: bigint, gasPrice: bigint): EVMRunCallOpts {
  const hashes = tx.blobVersionedHashes?.map((hash): `0x${string}` => `0x${bytesToHex(hash)}`)
  return {
    block,
    gasPrice,
    caller: new Address(tx.sender),
    gasLimit,
    ...(tx.to === undefined ? {} : { to: new Address(tx.to) }),
    value: tx.value,
    data: tx.data,
    ...(hashes === undefined ? {} : { blobVersionedHashes: hashes }),
    skipNonceIncrement: true,
  }
}

/** EIP-2929, EIP-2930, EIP-3651. */
function warmUp({ common, precompiles, warmth }: RunEvm, { tx, block }: ChargedTransaction): void {
  if (!common.isActivatedEIP(2929)) return
  warmth.warmPrecompiles(precompiles)
  warmth.addAlwaysWarmAddress(bytesToHex(tx.sender))
  if (tx.to !== undefined) warmth.addAlwaysWarmAddress(bytesToHex(tx.to))
  if (common.isActivatedEIP(3651)) warmth.addAlwaysWarmAddress(bytesToHex(block.header.coinbase.bytes))
  for (const { address, storageKeys } of tx.accessList ?? []) {
    const key = bytesToHex(address)
    warmth.addAlwaysWarmAddress(key, true)
    for (const slot of storageKeys) warmth.addAlwaysWarmSlot(key, bytesToHex(slot), true)
  }
}

type SpentGas = Omit<TransactionResult, 'execResult' | 'logsBloom' | 'stateRoot'>

/** Refunds (EIP-3529), the floor (EIP-7623), and what the block counts (EIP-7778, EIP-8037). */
function spentGas(
  { gas }: ChargedTransaction,
  { reservoir }: GasSplit,
  { executionGasUsed, gasRefund = 0n }: ExecResult,
  evm: RunEvm,
): SpentGas {
  const { common } = evm
  const gross = gas.intrinsic + executionGasUsed + reservoir - evm.stateGasReservoir
  const refunded = gross - bigIntMin(gasRefund, gross / common.param('maxRefundQuotient'))
  const floorApplies = refunded < gas.floor
  const totalGasSpent = floorApplies ? gas.floor : refunded
  const spent = {
    totalGasSpent,
    blockGasSpent: common.isActivatedEIP(7778) ? bigIntMax(gross, gas.floor) : totalGasSpent,
    gasRefund: floorApplies ? 0n : gasRefund,
  }
  if (!common.isActivatedEIP(8037)) return spent
  const txStateGas = bigIntMax(evm.executionStateGasUsed, 0n)
  return { ...spent, txStateGas, txRegularGas: bigIntMax(gross - txStateGas, gas.floor) }
}

function giveBack(state: JournaledState, { sender }: ChargedTransaction['tx'], amount: bigint): void {
  const { nonce, balance, codeHash } = state.readAccount(sender) ?? NO_ACCOUNT
  state.writeAccount(sender, { nonce, balance: balance + amount, codeHash })
}

/** An account that gets nothing is touched all the same: before EIP-161 it comes to be, since then it goes if it is empty. */
function payFeeRecipient({ evm, state }: Machine, { header }: LibraryBlock, fee: bigint): void {
  const signs = evm.common.consensusType() === ConsensusType.ProofOfAuthority
  const { bytes } = signs ? cliqueSigner(header) : header.coinbase
  const { nonce, balance, codeHash } = state.readAccount(bytes) ?? NO_ACCOUNT
  state.writeAccount(bytes, { nonce, balance: balance + fee, codeHash })
  evm.warmth.touch(bytes)
}

/** EIP-6780: only what the transaction created goes. EIP-8246: its balance stays. */
async function destroyAccounts({ evm, state }: Machine, execResult: ExecResult): Promise<void> {
  const { common, warmth } = evm
  for (const key of execResult.selfdestruct?.keys() ?? []) {
    if (common.isActivatedEIP(6780) && execResult.createdAddresses?.has(key) !== true) continue
    const address = new Address(hexToBytes(key))
    if (!common.isActivatedEIP(8246)) {
      await warmth.deleteAccount(address)
      continue
    }
    const account = state.readAccount(address.bytes)
    if (account === undefined) continue
    await state.putCode(address, EMPTY_BYTES)
    await state.clearStorage(address)
    state.writeAccount(address.bytes, { nonce: 0n, balance: account.balance, codeHash: EMPTY_CODE_HASH })
    warmth.touch(address.bytes)
  }
}
