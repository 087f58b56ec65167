import type { TraceResult } from '../../execution/types.ts'
import { createGate } from '../gate.ts'
import { streamed } from '../json.ts'
import type { RpcContext } from '../types.ts'
import { bounded } from './bounded.ts'
import { traceText } from './traceText.ts'

/** Traces of all callers that run at the same time: each may hold tens of megabytes. */
const MAX_RUNNING = 4

/** Runs a piece of tracing within its time and in its turn. */
export type RunTrace = <Result>(
  context: Pick<RpcContext, 'signal'>,
  config: { timeoutMs?: number },
  work: (signal: AbortSignal) => Promise<Result>,
) => Promise<Result>

export function createRunTrace(): RunTrace {
  const gate = createGate(MAX_RUNNING)
  return ({ signal }, { timeoutMs }, work) => bounded(signal, timeoutMs, (bound) => gate.run(bound, () => work(bound)))
}

/** A trace as a result of RPC. */
export function traceResult(trace: TraceResult): object {
  return streamed(() => traceText(trace))
}
