import type { StateChanges } from '../stateless/types.ts'
import { authoritiesOf } from './authorizations.ts'
import type { BlockRun } from './blockRun.ts'
import { type BlockDeps, createSealedRun } from './executeBlock.ts'
import { assert } from './internal.ts'
import { rejectingLibraryFailures, runIncluded } from './runBlock.ts'
import { createTraceBudget } from './tracers/budget.ts'
import { createTracer } from './tracers/createTracer.ts'
import type { Tracer } from './tracers/tracer.ts'
import type { ReplayRequest, TraceBlockRequest, TraceResult } from './traceTypes.ts'
import type { Transaction } from './types.ts'

/**
 * Runs the transactions of a sealed block once more, all or one of them watched. System calls are not traced. The header
 * is not compared with what comes out.
 *
 * @throws InvalidBlock, TraceTooLarge, and the reason of the signal
 */
export async function traceBlock(request: TraceBlockRequest, deps: BlockDeps): Promise<TraceResult[]> {
  const { only, options } = request
  const budget = createTraceBudget(request.maxBytes)
  const results: TraceResult[] = []
  await replay(request, deps, async (run, transactions) => {
    const count = only === undefined ? transactions.length : only + 1
    assert(count <= transactions.length, 'the block has no such transaction')
    let logsBefore = 0
    for (const [index, tx] of transactions.slice(0, count).entries()) {
      const tracer = only === undefined || index === only ? createTracer(options, budget) : undefined
      logsBefore += await runTraced(run, tx, { index, logsBefore }, tracer)
      if (tracer !== undefined) results.push(tracer.result())
    }
  })
  return results
}

/** What a sealed block changed before its transaction `count`: by system calls, by hand and by the transactions before it. */
export async function changesBefore(request: ReplayRequest, count: number, deps: BlockDeps): Promise<StateChanges> {
  return replay(request, deps, async (run, transactions) => {
    assert(count <= transactions.length, 'the block has no such transaction')
    for (const [index, tx] of transactions.slice(0, count).entries()) await runIncluded(run, tx, index)
    return run.context.state.changes()
  })
}

/** Begins the block and leaves the rest to `run`. */
function replay<Result>(
  request: ReplayRequest,
  deps: BlockDeps,
  run: (run: BlockRun, transactions: readonly Transaction[]) => Promise<Result>,
): Promise<Result> {
  const { signal } = request
  return rejectingLibraryFailures(request.block.hash, deps.logger, async () => {
    try {
      signal?.throwIfAborted()
      const sealed = await createSealedRun(request, deps)
      await sealed.run.begin(request.changes)
      return await run(sealed.run, sealed.transactions)
    } catch (error) {
      throw signal?.aborted ? signal.reason : error
    }
  })
}

/** Runs a transaction, watched or not; gives the number of its logs. */
async function runTraced(
  run: BlockRun,
  tx: Transaction,
  { index, logsBefore }: { index: number; logsBefore: number },
  tracer: Tracer | undefined,
): Promise<number> {
  const { evm, common, header } = run.context
  if (tracer !== undefined) {
    const { sender, to, gasLimit } = tx
    const parties = { sender, coinbase: header.coinbase, ...(to === undefined ? {} : { to }) }
    const transaction = { ...parties, gasLimit, logsBefore, authorities: authoritiesOf(tx, common) }
    tracer.onStart?.(transaction, evm.tracedState)
  }
  evm.trace(tracer)
  const { receipt } = await runIncluded(run, tx, index)
  evm.trace(undefined)
  tracer?.onEnd?.({ gasUsed: receipt.gasUsed })
  return receipt.logs.length
}
