import { bigIntMax } from '@ethereumjs/util'
import { concatBytes } from '../stateless/bytes.ts'
import { InvalidBlock } from '../stateless/errors.ts'
import { orderedTrieRoot } from '../stateless/orderedTrie.ts'
import type { BlockHeader, Hash32, StateChanges, StateCommit, Withdrawal } from '../stateless/types.ts'
import { type BlockContext, type BlockContextOptions, brokenRule, createBlockContext } from './blockContext.ts'
import { runCharged } from './chargedRun.ts'
import { BadDepositLog, depositRequests } from './deposits.ts'
import { TransactionRejected } from './errors.ts'
import { type BlockUsage, blobGas, requireIncludable } from './inclusion.ts'
import { applyInjectedChanges } from './injectedChanges.ts'
import { assert, MAX_TRANSACTION_REGULAR_GAS } from './internal.ts'
import { encodeReceipt, orBlooms, receiptOf } from './receipts.ts'
import { referenceOrderedRoot } from './reference/tries.ts'
import { applyDaoFork, payRewards, payWithdrawals } from './rewards.ts'
import { runPreBlockCalls, runRequestCalls, spendBudget } from './systemCalls.ts'
import { transactionGas } from './transactionGas.ts'
import type { ChargedTransaction, TransactionResult } from './transactionRun.ts'
import type { InjectedChanges, Receipt, Transaction, TransactionOutcome } from './types.ts'

/** EIP-7928: gas of the block limit per item of the access list. */
const ACCESS_LIST_ITEM_COST = 2000n

export type BlockTotals = {
  /** the header's gas_used so far: the larger dimension */
  readonly gasUsed: bigint
  readonly regularGas: bigint
  readonly stateGas: bigint
  readonly blobGasUsed: bigint
  readonly accessListItems: number
}

export type BlockResult = {
  receipts: readonly Receipt[]
  receiptsRoot: Hash32
  logsBloom: Uint8Array
  gasUsed: bigint
  blobGasUsed: bigint
  requests: readonly Uint8Array[]
  changes: StateChanges
  commit: StateCommit
  blockAccessList: Uint8Array | undefined
  /** R: all transactions and the request calls */
  regularGas: bigint
  executedGas: bigint
}

/**
 * One block, step by step. The builder, `executeBlock` and the stateless verifier all take exactly these steps, so they
 * cannot disagree:
 *
 * 1. `begin`: DAO fork, EIP-4788, EIP-2935, what a devnet changes by hand (access index 0)
 * 2. `runTransaction` for each (access index 1..n)
 * 3. `finish`: withdrawals, proof-of-work rewards, request calls (access index n + 1), roots
 *
 * After a throw other than TransactionRejected the run is over: its VM may hold open checkpoints.
 */
export type BlockRun = {
  readonly context: BlockContext
  readonly totals: BlockTotals
  begin(changes?: InjectedChanges): Promise<void>
  /**
   * Throws TransactionRejected when the transaction cannot be in this block here; a rejected or refused (`accept` gave
   * false, the result is undefined) transaction leaves no trace in state or access list.
   */
  runTransaction(
    tx: Transaction,
    accept?: (outcome: TransactionOutcome) => boolean,
  ): Promise<TransactionOutcome | undefined>
  finish(last: { withdrawals: readonly Withdrawal[]; ommers: readonly BlockHeader[] }): Promise<BlockResult>
}

/** How transactions come into a block: as the protocol wants it, or as a simulation allows it. */
export type TransactionEntry = {
  /** Throws TransactionRejected when the transaction cannot be in this block here. */
  requireIncludable(tx: Transaction, usage: BlockUsage, context: BlockContext): Promise<void>
  /** how it is charged; asked right before it runs */
  charge(tx: Transaction, context: BlockContext): ChargedTransaction
  /** may still change the state */
  observe?(tx: Transaction, result: TransactionResult, context: BlockContext): Promise<void>
  /** EIP-7928 bounds the access list by the gas limit */
  boundsAccessList: boolean
}

const PROTOCOL_ENTRY: TransactionEntry = {
  requireIncludable,
  charge: (tx, { shared, block }) => ({
    tx,
    gas: transactionGas(tx, shared),
    regularCap: MAX_TRANSACTION_REGULAR_GAS,
    block,
  }),
  boundsAccessList: true,
}

type Progress = {
  entry: TransactionEntry
  usage: BlockUsage
  systemGas: bigint
  paidGas: bigint
  receipts: Receipt[]
  deposits: Uint8Array[]
}

export async function createBlockRun(
  options: BlockContextOptions,
  entry: TransactionEntry = PROTOCOL_ENTRY,
): Promise<BlockRun> {
  const progress: Progress = {
    entry,
    usage: { regular: 0n, state: 0n, blob: 0n },
    systemGas: 0n,
    paidGas: 0n,
    receipts: [],
    deposits: [],
  }
  const context = await createBlockContext(options, (gas) => {
    progress.systemGas += gas
    if (context.budget !== undefined) spendBudget(context.budget, gas)
  })
  return {
    context,
    get totals() {
      return totalsOf(progress, context)
    },
    begin: (changes) => begin(context, changes),
    runTransaction: (tx, accept) => runTransaction(context, progress, tx, accept),
    finish: (last) => finish(context, progress, last),
  }
}

function totalsOf({ usage }: Progress, context: BlockContext): BlockTotals {
  return {
    gasUsed: bigIntMax(usage.regular, usage.state),
    regularGas: usage.regular,
    stateGas: usage.state,
    blobGasUsed: usage.blob,
    accessListItems: context.accessList?.itemCount ?? 0,
  }
}

async function begin(context: BlockContext, changes: InjectedChanges | undefined): Promise<void> {
  openIndex(context, 0)
  await applyDaoFork(context)
  await runPreBlockCalls(context)
  await context.evm.journal.cleanup()
  if (changes !== undefined) await applyInjectedChanges(context.state, changes)
  closeIndex(context)
}

/** Block access index (EIP-7928): 0 before the transactions, then one for each, one for all that comes after them. */
function openIndex({ state, accessList }: BlockContext, index: number): void {
  accessList?.beginIndex(index)
  state.beginIndex()
}

function closeIndex({ state }: BlockContext): void {
  state.endIndex()
}

async function runTransaction(
  context: BlockContext,
  progress: Progress,
  tx: Transaction,
  accept: ((outcome: TransactionOutcome) => boolean) | undefined,
): Promise<TransactionOutcome | undefined> {
  const { state, accessList, evm } = context
  await giveWayIfDue(context)
  await progress.entry.requireIncludable(tx, progress.usage, context)
  openIndex(context, progress.receipts.length + 1)
  const mark = state.mark()
  const listMark = accessList?.mark()
  const undo = () => {
    state.restore(mark)
    if (listMark !== undefined) accessList?.restore(listMark)
    evm.journal.cleanJournal()
  }
  let ran: RanTransaction
  try {
    ran = await runOne(context, progress, tx)
  } catch (error) {
    const rejection = asRejection(error)
    if (rejection === undefined) throw error
    undo()
    throw rejection
  }
  closeIndex(context)
  if (accept !== undefined && !accept(ran.outcome)) {
    undo()
    return undefined
  }
  state.release(mark)
  record(context, progress, tx, ran)
  return ran.outcome
}

type RanTransaction = { outcome: TransactionOutcome; deposits: Uint8Array }

async function runOne(context: BlockContext, progress: Progress, tx: Transaction): Promise<RanTransaction> {
  const { budget, spec } = context
  const { entry } = progress
  const charged = entry.charge(tx, context)
  armMeter(context, tx, charged.gas.intrinsic)
  const result = await runCharged(context, charged, context.shared)
  await entry.observe?.(tx, result, context)
  const outcome = outcomeOf(context, progress, tx, result)
  if (budget !== undefined) spendBudget(budget, outcome.regularGas)
  const deposits = context.common.isActivatedEIP(6110)
    ? depositRequests(outcome.receipt.logs, spec.depositContractAddress)
    : new Uint8Array(0)
  return { outcome, deposits }
}

/** A transaction that cannot exceed the budget runs without the meter: most do. */
function armMeter({ budget, evm }: BlockContext, tx: Transaction, intrinsicGas: bigint): void {
  evm.meter.disarm()
  if (budget === undefined) return
  if (tx.gasLimit <= budget.remaining || MAX_TRANSACTION_REGULAR_GAS <= budget.remaining) return
  // What surely cannot be paid is not started: the check after the run would find the same.
  if (intrinsicGas > budget.remaining) spendBudget(budget, intrinsicGas)
  evm.meter.arm(budget.remaining - intrinsicGas)
}

function outcomeOf(
  context: BlockContext,
  progress: Progress,
  tx: Transaction,
  result: TransactionResult,
): TransactionOutcome {
  const { execResult } = result
  const error = execResult.exceptionError?.error
  return {
    receipt: receiptOf(tx, result, progress.paidGas + result.totalGasSpent, context),
    regularGas: result.txRegularGas ?? result.blockGasSpent,
    stateGas: result.txStateGas ?? 0n,
    output: execResult.returnValue,
    ...(error === undefined ? {} : { error }),
  }
}

function record(context: BlockContext, progress: Progress, tx: Transaction, ran: RanTransaction): void {
  const { receipt, regularGas, stateGas } = ran.outcome
  progress.usage.regular += regularGas
  progress.usage.state += stateGas
  progress.usage.blob += blobGas(tx)
  progress.paidGas += receipt.gasUsed
  progress.receipts.push(receipt)
  if (ran.deposits.length > 0) progress.deposits.push(ran.deposits)
  assert(context.budget === undefined || context.budget.remaining >= 0n, 'a spent budget was not noticed')
}

/** Rules of a transaction that only the library checks, and deposits that no block may hold. */
function asRejection(error: unknown): TransactionRejected | undefined {
  if (error instanceof TransactionRejected) return error
  if (error instanceof BadDepositLog) return new TransactionRejected('INVALID', error.message, {}, error)
  const rule = brokenRule(error)
  return rule === undefined ? undefined : new TransactionRejected('INVALID', rule, {}, error)
}

async function finish(
  context: BlockContext,
  progress: Progress,
  { withdrawals, ommers }: { withdrawals: readonly Withdrawal[]; ommers: readonly BlockHeader[] },
): Promise<BlockResult> {
  const { state, accessList, evm, common } = context
  openIndex(context, progress.receipts.length + 1)
  await payWithdrawals(context, withdrawals)
  await payRewards(context, ommers)
  const requests = common.isActivatedEIP(7685) ? await collectRequests(context, progress) : []
  closeIndex(context)
  if (progress.entry.boundsAccessList) requireBoundedList(context)
  const { receipts, usage } = progress
  // Of a full block each of these takes about as long as a turn of the event loop may.
  await giveWayIfDue(context)
  const changes = state.changes()
  await giveWayIfDue(context)
  const commit = await state.commitChanges(changes)
  await giveWayIfDue(context)
  const blockAccessList = accessList?.serialize()
  await giveWayIfDue(context)
  const encoded = receipts.map(encodeReceipt)
  await giveWayIfDue(context)
  const receiptsRoot = context.paths === 'reference' ? await referenceOrderedRoot(encoded) : orderedTrieRoot(encoded)
  await giveWayIfDue(context)
  const logsBloom = orBlooms(receipts.map((receipt) => receipt.logsBloom))
  await giveWayIfDue(context)
  return {
    receipts,
    receiptsRoot,
    logsBloom,
    gasUsed: bigIntMax(usage.regular, usage.state),
    blobGasUsed: usage.blob,
    requests,
    changes,
    commit,
    blockAccessList,
    regularGas: usage.regular + progress.systemGas,
    executedGas: evm.meter.executedGas,
  }
}

async function giveWayIfDue({ clock }: BlockContext): Promise<void> {
  if (clock.dueNow()) await clock.pause()
}

async function collectRequests(context: BlockContext, progress: Progress): Promise<Uint8Array[]> {
  const deposits = concatBytes([Uint8Array.of(0), ...progress.deposits])
  const called = await runRequestCalls(context)
  return deposits.length > 1 ? [deposits, ...called] : called
}

/** The most items that the access list of a block may have. */
export function accessListLimit(gasLimit: bigint): number {
  return Number(gasLimit / ACCESS_LIST_ITEM_COST)
}

function requireBoundedList({ accessList, header }: BlockContext): void {
  if (accessList === undefined) return
  const limit = accessListLimit(header.gasLimit)
  if (accessList.itemCount <= limit) return
  throw new InvalidBlock(
    'BLOCK_ACCESS_LIST_TOO_LARGE',
    `block access list of ${accessList.itemCount} items, at most ${limit} allowed`,
    { items: accessList.itemCount, limit },
  )
}
