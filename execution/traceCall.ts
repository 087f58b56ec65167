import { authoritiesOf } from './authorizations.ts'
import { type CallDeps, type CallRun, withCallRun } from './callRun.ts'
import { createTraceBudget } from './tracers/budget.ts'
import { createTracer } from './tracers/createTracer.ts'
import type { TraceOptions, TraceResult } from './traceTypes.ts'
import type { CallContext, CallRequest } from './types.ts'

/**
 * Runs a call as eth_call does (execution/call.ts), watched.
 *
 * @throws TransactionRejected when no transaction like this could run; TraceTooLarge
 */
export async function traceCall(
  call: CallRequest,
  context: CallContext & TraceOptions,
  deps: CallDeps,
): Promise<TraceResult> {
  return withCallRun(call, context, deps, { regularGas: 'uncapped', use: (run) => traced(run, call, context) })
}

async function traced(run: CallRun, call: CallRequest, context: TraceOptions): Promise<TraceResult> {
  const tracer = createTracer(context.options, createTraceBudget(context.maxBytes))
  const gasLimit = call.gas ?? run.header.gasLimit
  const transaction = {
    sender: run.transaction.sender,
    gasLimit,
    logsBefore: 0,
    coinbase: run.header.coinbase,
    authorities: authoritiesOf(call, run.common),
    ...(call.to === undefined ? {} : { to: call.to }),
  }
  tracer.onStart?.(transaction, run.evm.tracedState)
  run.evm.trace(tracer)
  await run.attempt(gasLimit, ({ outcome }) => tracer.onEnd?.({ gasUsed: outcome.gasUsed }))
  return tracer.result()
}
