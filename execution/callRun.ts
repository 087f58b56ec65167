import type { ExecResult } from '@ethereumjs/evm'
import { bigIntMax } from '@ethereumjs/util'
import { brokenRule, type HeaderBasis } from './blockContext.ts'
import { callBlock } from './callBlock.ts'
import { haltReason, REVERT } from './callErrors.ts'
import { applyStateOverrides } from './callState.ts'
import {
  type CallTransaction,
  callTransaction,
  requireFeeCaps,
  requireFunds,
  requireLeastGas,
  UNCAPPED_REGULAR_GAS,
} from './callTransaction.ts'
import { type CallVms, createFreshVms } from './callVms.ts'
import type { ChainSpec } from './chainSpec.ts'
import { runCharged } from './chargedRun.ts'
import { TransactionRejected } from './errors.ts'
import type { RunEvm } from './evm.ts'
import { MAX_TRANSACTION_REGULAR_GAS } from './internal.ts'
import type { SharedCommon } from './nodeCommon.ts'
import type { GasSight } from './opcodeMap.ts'
import { movePrecompiles } from './precompileMoves.ts'
import type { RunVm } from './runVm.ts'
import { type TransactionGas, transactionGas } from './transactionGas.ts'
import type { ChargedTransaction, TransactionResult } from './transactionRun.ts'
import type { CallContext, CallOutcome, CallRequest, EnginePaths, ExecutePrecompile, Log } from './types.ts'

export type CallDeps = {
  spec: ChainSpec
  /** EXECUTE; on L1 only */
  execute?: ExecutePrecompile | undefined
  yieldEveryMs?: number | undefined
  /** default: `defaultPaths()` */
  paths?: EnginePaths | undefined
  /** absent: a VM for each call */
  vms?: CallVms | undefined
}

export type CallRunOptions = { readonly regularGas: 'capped' | 'uncapped' }

/** One run of the call with one gas limit. */
export type CallAttempt = {
  outcome: CallOutcome
  /** EIP-8037 regular gas before refunds, floor applied; before that EIP all gas */
  regularGas: bigint
  /** gas used before refunds: with this limit the run would just have ended, but for the 63/64 rule */
  grossGas: bigint
  /** how it depended on the amount of its gas; `amount` too where that is not known, or `grossGas` may be more than was used */
  gasSight: GasSight
}

/** A call that can be tried with several gas limits, each time on the same state. */
export type CallRun = {
  readonly transaction: CallTransaction
  readonly header: HeaderBasis
  readonly common: SharedCommon
  /** of the sender, overrides applied */
  readonly balance: bigint
  /** of the sender, overrides applied */
  readonly nonce: bigint
  /** the least gas limit that a transaction like this may have */
  readonly minimumGas: bigint
  /** private to this run */
  readonly evm: RunEvm
  /**
   * `inspect` sees the state as the call left it, before all is taken back. Throws TransactionRejected when no transaction
   * like this could run.
   */
  attempt(gasLimit: bigint, inspect?: (attempt: CallAttempt) => void): Promise<CallAttempt>
}

/**
 * Prepares a VM in the context of a block and lends it to `use`: overrides applied, fork of the resulting header set,
 * base fee 0 unless the call pays for gas.
 *
 * `regularGas: 'uncapped'` lifts the limit of 2^24 regular gas per transaction (EIP-7825): calls may read more than a
 * transaction could.
 * @throws TransactionRejected
 */
export async function withCallRun<T>(
  call: CallRequest,
  context: CallContext,
  deps: CallDeps,
  options: CallRunOptions & { use(run: CallRun): Promise<T> },
): Promise<T> {
  context.signal?.throwIfAborted()
  const { spec, vms = createFreshVms(deps) } = deps
  const at = context.blockOverride === undefined ? context.header : { ...context.header, ...context.blockOverride }
  const common = spec.sharedCommonAt(at)
  const transaction = callTransaction(call, common)
  const fork = { shared: common, copy: () => spec.commonAt(at) }
  return vms.lend(fork, context, async (vm) => {
    await applyOverrides(vm, context.stateOverrides)
    return options.use(createCallRun(vm, transaction, context, { common, regularGas: options.regularGas }))
  })
}

async function applyOverrides({ evm, state }: RunVm, overrides: CallContext['stateOverrides']): Promise<void> {
  if (overrides === undefined) return
  const moved = movePrecompiles(evm.precompiles, overrides)
  if (moved !== undefined) evm.movePrecompiles(moved)
  await applyStateOverrides(state, overrides)
}

function createCallRun(
  vm: RunVm,
  transaction: CallTransaction,
  context: CallContext,
  { common, regularGas }: CallRunOptions & { common: SharedCommon },
): CallRun {
  const { header, block, blobFee } = callBlock(transaction, context, common)
  requireFeeCaps(transaction, { baseFee: header.baseFeePerGas, blobBaseFee: blobFee })
  const { balance = 0n, nonce = 0n } = vm.state.peekAccount(transaction.sender) ?? {}
  const regularCap = regularGas === 'capped' ? MAX_TRANSACTION_REGULAR_GAS : UNCAPPED_REGULAR_GAS
  const { signal } = context
  const { fields, sender } = transaction
  let counted: TransactionGas | undefined
  const gas = () => {
    counted ??= transactionGas({ ...fields, sender }, common)
    return counted
  }
  return {
    transaction,
    header,
    common,
    balance,
    nonce,
    get minimumGas() {
      return bigIntMax(gas().intrinsic, gas().floor)
    },
    evm: vm.evm,
    async attempt(gasLimit, inspect = () => {}) {
      signal?.throwIfAborted()
      requireFunds(transaction, gasLimit, balance)
      requireLeastGas(gasLimit, gas())
      const tx = { ...fields, gasLimit, sender, impersonated: true as const }
      return runOnce(vm, { tx, gas: gas(), regularCap, block }, { inspect, signal, common })
    },
  }
}

type RunOnce = {
  inspect(attempt: CallAttempt): void
  signal: AbortSignal | undefined
  common: SharedCommon
}

/** Runs on the prepared state and takes everything back afterwards. */
async function runOnce(
  vm: RunVm,
  charged: ChargedTransaction,
  { inspect, signal, common }: RunOnce,
): Promise<CallAttempt> {
  const { evm, state, clock } = vm
  if (clock.dueNow()) await clock.pause()
  evm.accessList?.beginIndex(1)
  const mark = state.mark()
  const listMark = evm.accessList?.mark()
  try {
    const result = await runCharged(vm, charged, common)
    const attempt = { ...attemptOf(result), gasSight: gasSightOf(vm, charged, result) }
    inspect(attempt)
    return attempt
  } catch (error) {
    if (signal?.aborted) throw signal.reason
    throw asRejection(error)
  } finally {
    state.restore(mark)
    if (listMark !== undefined) evm.accessList?.restore(listMark)
    evm.journal.cleanJournal()
  }
}

/** A rule that only the library checks; anything else stays what it is. */
function asRejection(error: unknown): unknown {
  const rule = brokenRule(error)
  return rule === undefined ? error : new TransactionRejected('INVALID', rule, {}, error)
}

/**
 * What the library ran is not watched. Init code may be paid for or not (before Homestead), authorizations and precompiles
 * are not opcodes, and a refund may have been cut.
 */
function gasSightOf({ paths, evm }: RunVm, { tx }: ChargedTransaction, { execResult }: TransactionResult): GasSight {
  const isPlain = paths === 'fast' && tx.to !== undefined && tx.type !== 4 && !evm.isPrecompile(tx.to)
  return isPlain && (execResult.gasRefund ?? 0n) === 0n ? evm.gasSight : 'amount'
}

function attemptOf(result: TransactionResult): Omit<CallAttempt, 'gasSight'> {
  const gasUsed = result.totalGasSpent
  return {
    outcome: outcomeOf(result.execResult, gasUsed),
    regularGas: result.txRegularGas ?? result.blockGasSpent,
    grossGas: gasUsed + result.gasRefund,
  }
}

function outcomeOf(execResult: ExecResult, gasUsed: bigint): CallOutcome {
  const reason = haltReason(execResult)
  if (reason === undefined) {
    return { status: 'success', output: execResult.returnValue, gasUsed, logs: (execResult.logs ?? []).map(toLog) }
  }
  if (reason === REVERT) return { status: 'reverted', output: execResult.returnValue, gasUsed }
  return { status: 'halted', error: reason, gasUsed }
}

function toLog([address, topics, data]: [Uint8Array, Uint8Array[], Uint8Array]): Log {
  return { address, topics, data }
}
