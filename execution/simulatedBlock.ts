import { bigIntMax, bigIntMin } from '@ethereumjs/util'
import type { Block, Hash32, StateView } from '../stateless/types.ts'
import type { BlockContext, HeaderBasis } from './blockContext.ts'
import { type BlockRun, createBlockRun } from './blockRun.ts'
import { haltReason, REVERT } from './callErrors.ts'
import type { BlockDeps } from './executeBlock.ts'
import { nextBaseFee, nextExcessBlobGas } from './fees.ts'
import { assert } from './internal.ts'
import { createLogTrace } from './logTrace.ts'
import type { SharedCommon } from './nodeCommon.ts'
import { movePrecompiles } from './precompileMoves.ts'
import { outcomeOfBlock, sealBlock } from './sealBlock.ts'
import { createSimulationEntry, type SimulatedTransaction, simulatedTransaction } from './simulatedCall.ts'
import { simulationRejected } from './simulationErrors.ts'
import type { PlannedBlock } from './simulationPlan.ts'
import type { TransactionResult } from './transactionRun.ts'
import type {
  BlockOutcome,
  CallRequest,
  Receipt,
  SimulatedCall,
  SimulatedLog,
  SimulationRequest,
  Transaction,
  TransactionOutcome,
} from './types.ts'

export type SimulateBlockRequest = Pick<SimulationRequest, 'validation' | 'traceTransfers' | 'signal' | 'onPause'> & {
  parent: Block
  planned: PlannedBlock
  /** with the overrides of the block */
  state: StateView
  blockHash(number: bigint): Hash32 | undefined
  /** what all calls together may still use; counts down */
  budget: { gas: bigint }
}

export type SimulateBlockOutcome = {
  outcome: BlockOutcome
  transactions: readonly Transaction[]
  calls: readonly SimulatedCall[]
}

/**
 * One block: overrides, the system calls before the transactions, the calls, and what ends every block.
 * @throws SimulationRejected, OverrideRejected, InvalidBlock
 */
export async function simulateBlock(request: SimulateBlockRequest, deps: BlockDeps): Promise<SimulateBlockOutcome> {
  const { planned, state, blockHash, signal, onPause } = request
  const { spec, execute, yieldEveryMs, paths } = deps
  const header = headerBasis(request, spec.sharedCommonAt(planned))
  const results = new Map<Transaction, TransactionResult>()
  const entry = createSimulationEntry(request.validation, (tx, result) => results.set(tx, result))
  const options = { spec, header, state, blockHash, execute, yieldEveryMs, paths, signal, onPause }
  const run = await createBlockRun(options, entry)
  const { context } = run
  override(context, planned)
  const logs = createLogs(context, request.traceTransfers)
  await run.begin()
  const transactions: Transaction[] = []
  const calls: SimulatedCall[] = []
  for (const call of planned.calls) {
    signal?.throwIfAborted()
    const { simulated, outcome } = await runCall(run, call, request, logs)
    const result = results.get(simulated.tx)
    assert(result !== undefined, 'a call ran without a result')
    request.budget.gas -= outcome.receipt.gasUsed
    transactions.push(simulated.tx)
    calls.push(simulatedCall(context, simulated, result, outcome, logs))
  }
  const withdrawals = planned.blockOverride?.withdrawals ?? []
  const result = await run.finish({ withdrawals, ommers: [] })
  const block = sealBlock(header, result, transactions, withdrawals, context.common)
  return { outcome: outcomeOfBlock(block, result), transactions, calls }
}

/** Coinbase, gas limit and, before the merge, difficulty go on as they were; everything else of the parent does not. */
function headerBasis({ parent, planned, validation }: SimulateBlockRequest, common: SharedCommon): HeaderBasis {
  const { number, timestamp, blockOverride = {} } = planned
  const { header } = parent
  const baseFeePerGas = blockOverride.baseFeePerGas ?? (validation ? nextBaseFee(header, common) : 0n)
  const excessBlobGas = nextExcessBlobGas(header, common)
  const beaconRoot = blockOverride.parentBeaconBlockRoot ?? new Uint8Array(32)
  return {
    parentHash: parent.hash,
    number,
    timestamp,
    coinbase: blockOverride.coinbase ?? header.coinbase,
    difficulty: common.gteHardfork('paris') ? 0n : (blockOverride.difficulty ?? header.difficulty),
    gasLimit: blockOverride.gasLimit ?? header.gasLimit,
    extraData: new Uint8Array(0),
    prevRandao: blockOverride.prevRandao ?? new Uint8Array(32),
    nonce: new Uint8Array(8),
    ...(common.isActivatedEIP(1559) && baseFeePerGas !== undefined ? { baseFeePerGas } : {}),
    ...(excessBlobGas === undefined ? {} : { excessBlobGas }),
    ...(common.isActivatedEIP(4788) ? { parentBeaconBlockRoot: beaconRoot } : {}),
    ...(common.isActivatedEIP(7843) ? { slotNumber: (header.slotNumber ?? header.number) + 1n } : {}),
  }
}

/** What code sees of overrides beside state and header. */
function override({ evm, block }: BlockContext, { stateOverrides, blockOverride }: PlannedBlock): void {
  const blobBaseFee = blockOverride?.blobBaseFee
  if (blobBaseFee !== undefined) block.header.getBlobGasPrice = () => blobBaseFee
  const moved = movePrecompiles(evm.precompiles, stateOverrides ?? new Map())
  if (moved !== undefined) evm.movePrecompiles(moved)
}

/** Where the logs of the calls come from. */
type CallLogs = { begin(): void; of(receipt: Receipt): readonly SimulatedLog[] }

/** From EIP-7708 on the protocol logs every transfer itself, and a transfer is not told twice. */
function createLogs({ common, evm }: BlockContext, transfers: boolean): CallLogs {
  if (common.isActivatedEIP(7708)) {
    let count = 0
    return { begin: () => {}, of: ({ logs }) => logs.map((log) => ({ log, index: count++ })) }
  }
  const trace = createLogTrace({ transfers })
  evm.trace(trace.watcher)
  return { begin: trace.begin, of: trace.logs }
}

async function runCall(
  run: BlockRun,
  call: CallRequest,
  { validation, budget, signal }: SimulateBlockRequest,
  logs: CallLogs,
): Promise<{ simulated: SimulatedTransaction; outcome: TransactionOutcome }> {
  try {
    const simulated = simulatedTransaction(call, run.context, run.totals, { validation, gasLeft: budget.gas })
    logs.begin()
    const outcome = await run.runTransaction(simulated.tx)
    assert(outcome !== undefined, 'a simulation refuses no outcome')
    return { simulated, outcome }
  } catch (error) {
    if (signal?.aborted) throw signal.reason
    throw simulationRejected(error, call.gas === undefined ? budget.gas : bigIntMin(call.gas, budget.gas))
  }
}

function simulatedCall(
  { common }: BlockContext,
  { least }: SimulatedTransaction,
  result: TransactionResult,
  { receipt }: TransactionOutcome,
  logs: CallLogs,
): SimulatedCall {
  const { execResult } = result
  const spent = common.isActivatedEIP(7778) ? result.blockGasSpent : execResult.executionGasUsed + least.intrinsic
  const always = {
    output: execResult.returnValue,
    logs: logs.of(receipt),
    gasUsed: receipt.gasUsed,
    maxUsedGas: bigIntMax(spent, least.floor),
  }
  const reason = haltReason(execResult)
  if (reason === undefined) return { status: 'success', ...always }
  return reason === REVERT ? { status: 'reverted', ...always } : { status: 'halted', error: reason, ...always }
}
