import type { ExecResult } from '@ethereumjs/evm'
import { bigIntMax } from '@ethereumjs/util'
import { type RunTxResult, runTx } from '@ethereumjs/vm'
import type { BlockHeader } from '../stateless/types.ts'
import { withoutAuthorizations } from './authorizations.ts'
import { type HeaderBasis, LibraryFailure, libraryBlock, runLibrary } from './blockContext.ts'
import { haltReason, REVERT } from './callErrors.ts'
import { acceptContractSender, applyStateOverrides } from './callState.ts'
import {
  type CallTransaction,
  callTransaction,
  leastGas,
  requireFeeCaps,
  requireFunds,
  requireLeastGas,
  typedCall,
  withoutGasCap,
} from './callTransaction.ts'
import type { ChainSpec } from './chainSpec.ts'
import { TransactionRejected } from './errors.ts'
import type { RunEvm } from './evm.ts'
import { blobBaseFee, effectiveGasPrice } from './fees.ts'
import type { NodeCommon } from './nodeCommon.ts'
import { movePrecompiles } from './precompileMoves.ts'
import { createRunVm, type RunVm } from './runVm.ts'
import type { BlockOverride, CallContext, CallOutcome, CallRequest, ExecutePrecompile, Log } from './types.ts'

export type CallDeps = {
  spec: ChainSpec
  /** EXECUTE; on L1 only */
  execute?: ExecutePrecompile | undefined
  yieldEveryMs?: number | undefined
}

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
  readonly common: NodeCommon
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
 * Prepares a private VM in the context of a block: overrides applied, fork of the resulting header set, base fee 0
 * unless the call pays for gas.
 *
 * `regularGas: 'uncapped'` lifts the limit of 2^24 regular gas per transaction (EIP-7825): calls may read more than a
 * transaction could.
 * @throws TransactionRejected
 */
export async function createCallRun(
  call: CallRequest,
  context: CallContext,
  deps: CallDeps,
  options: { regularGas: 'capped' | 'uncapped' },
): Promise<CallRun> {
  context.signal?.throwIfAborted()
  const at = { ...context.header, ...context.blockOverride }
  const common = deps.spec.commonAt(at)
  const shared = deps.spec.sharedCommonAt(at)
  const transaction = callTransaction(call, shared)
  const header = callHeader(transaction, context.header, context.blockOverride ?? {}, common)
  const vm = await createRunVm({
    ...deps,
    common,
    state: context.state,
    blockHash: context.blockHash,
    signal: context.signal,
  })
  const moved = movePrecompiles(vm.evm.precompiles, context.stateOverrides ?? new Map())
  if (moved !== undefined) vm.evm.movePrecompiles(moved)
  await applyStateOverrides(vm.state, context.stateOverrides ?? new Map())
  const block = libraryBlock(header, shared)
  const blobFee = callBlobFee(transaction, context.header, context.blockOverride ?? {}, common)
  if (blobFee !== undefined) block.header.getBlobGasPrice = () => blobFee
  requireFeeCaps(transaction, { baseFee: header.baseFeePerGas, blobBaseFee: blobFee })
  const { balance = 0n, nonce = 0n } = vm.state.peekAccount(transaction.sender) ?? {}
  const least = leastGas(transaction, shared)
  const rules = options.regularGas === 'capped' ? shared : withoutGasCap(shared)
  return {
    transaction,
    header,
    common,
    balance,
    nonce,
    minimumGas: bigIntMax(least.intrinsic, least.floor),
    evm: vm.evm,
    async attempt(gasLimit, inspect = () => {}) {
      context.signal?.throwIfAborted()
      requireFunds(transaction, gasLimit, balance)
      requireLeastGas(gasLimit, least)
      const typed = typedCall(transaction, gasLimit, rules)
      return runOnce(vm, transaction, { tx: typed, block }, { inspect, signal: context.signal })
    },
  }
}

/** The block's header as the call sees it; fields that the fork needs and the block lacks are neutral. */
function callHeader(
  call: CallTransaction,
  header: BlockHeader,
  override: BlockOverride,
  common: NodeCommon,
): HeaderBasis {
  const { parentHash, difficulty, extraData, nonce } = header
  const baseFee = override.baseFeePerGas ?? header.baseFeePerGas ?? 0n
  const { feeCap, tip } = call
  const pays = effectiveGasPrice({ maxFeePerGas: feeCap, maxPriorityFeePerGas: tip }, baseFee) > 0n
  return {
    parentHash,
    difficulty: override.difficulty ?? difficulty,
    extraData,
    nonce,
    number: override.number ?? header.number,
    timestamp: override.timestamp ?? header.timestamp,
    gasLimit: override.gasLimit ?? header.gasLimit,
    coinbase: override.coinbase ?? header.coinbase,
    prevRandao: override.prevRandao ?? header.prevRandao,
    ...(common.isActivatedEIP(1559) ? { baseFeePerGas: pays ? baseFee : 0n } : {}),
    ...(common.isActivatedEIP(4844) ? { excessBlobGas: header.excessBlobGas ?? 0n } : {}),
    ...(common.isActivatedEIP(4788)
      ? { parentBeaconBlockRoot: header.parentBeaconBlockRoot ?? new Uint8Array(32) }
      : {}),
    ...(common.isActivatedEIP(7843) ? { slotNumber: header.slotNumber ?? 0n } : {}),
  }
}

/** Blobs cost nothing when the call carries some and names no price for them. */
function callBlobFee(
  call: CallTransaction,
  header: BlockHeader,
  override: BlockOverride,
  common: NodeCommon,
): bigint | undefined {
  if (!common.isActivatedEIP(4844)) return undefined
  if (call.fields.type === 3 && call.blobFeeCap === 0n) return 0n
  return override.blobBaseFee ?? blobBaseFee({ ...header, excessBlobGas: header.excessBlobGas ?? 0n }, common)
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
  if (!(error instanceof LibraryFailure)) return error
  const { cause } = error
  if (!(cause instanceof Error) || cause.constructor.name !== 'EthereumJSError') return error
  const end = cause.message.indexOf(' (vm hf=')
  return new TransactionRejected('INVALID', end === -1 ? cause.message : cause.message.slice(0, end), {}, cause)
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
