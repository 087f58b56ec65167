import type { ExecResult } from '@ethereumjs/evm'
import { bigIntMax } from '@ethereumjs/util'
import { type RunTxResult, runTx } from '@ethereumjs/vm'
import { withoutAuthorizations } from './authorizations.ts'
import { brokenRule, type HeaderBasis, runLibrary } from './blockContext.ts'
import { callBlock } from './callBlock.ts'
import { haltReason, REVERT } from './callErrors.ts'
import { acceptContractSender, applyStateOverrides } from './callState.ts'
import {
  type CallTransaction,
  callTransaction,
  type LeastGas,
  leastGas,
  requireFeeCaps,
  requireFunds,
  requireLeastGas,
  typedCall,
  withoutGasCap,
} from './callTransaction.ts'
import { type CallVms, createFreshVms } from './callVms.ts'
import type { ChainSpec } from './chainSpec.ts'
import { TransactionRejected } from './errors.ts'
import type { RunEvm } from './evm.ts'
import type { SharedCommon } from './nodeCommon.ts'
import { movePrecompiles } from './precompileMoves.ts'
import type { RunVm } from './runVm.ts'
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
  const rules = regularGas === 'capped' ? common : withoutGasCap(common)
  const { signal } = context
  let least: LeastGas | undefined
  return {
    transaction,
    header,
    common,
    balance,
    nonce,
    get minimumGas() {
      least ??= leastGas(typedCall(transaction, 0n, rules))
      return bigIntMax(least.intrinsic, least.floor)
    },
    evm: vm.evm,
    async attempt(gasLimit, inspect = () => {}) {
      signal?.throwIfAborted()
      requireFunds(transaction, gasLimit, balance)
      const tx = typedCall(transaction, gasLimit, rules)
      least ??= leastGas(tx)
      requireLeastGas(gasLimit, least)
      return runOnce(vm, transaction, { tx, block }, { inspect, signal })
    },
  }
}

/** What calls are not asked for. */
const SKIPPED = { skipHardForkValidation: true, skipNonce: true, skipBlockGasLimitValidation: true }

/** Runs on the prepared state and takes everything back afterwards. */
async function runOnce(
  { vm, evm, state, clock }: RunVm,
  { sender, fields }: CallTransaction,
  options: Pick<Parameters<typeof runTx>[1], 'tx' | 'block'>,
  { inspect, signal }: { inspect(attempt: CallAttempt): void; signal: AbortSignal | undefined },
): Promise<CallAttempt> {
  if (clock.dueNow()) await clock.pause()
  evm.accessList?.beginIndex(1)
  const mark = state.mark()
  const listMark = evm.accessList?.mark()
  const refuseAgain = acceptContractSender(state, sender)
  const delegates = fields.type === 4
  evm.authorize(delegates ? { ...fields, sender } : undefined)
  const tx = delegates ? withoutAuthorizations(options.tx) : options.tx
  try {
    const attempt = attemptOf(await runLibrary(state, () => runTx(vm, { ...options, tx, ...SKIPPED })))
    inspect(attempt)
    return attempt
  } catch (error) {
    if (signal?.aborted) throw signal.reason
    throw asRejection(error)
  } finally {
    refuseAgain()
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

function attemptOf(result: RunTxResult): CallAttempt {
  const gasUsed = result.totalGasSpent
  return {
    outcome: outcomeOf(result.execResult, gasUsed),
    regularGas: result.txRegularGas ?? result.blockGasSpent,
    grossGas: gasUsed + (result.gasRefund ?? 0n),
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
