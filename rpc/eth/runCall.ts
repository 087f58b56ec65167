import { createGate } from '../gate.ts'
import type { RpcContext } from '../types.ts'

/** Calls of all callers that the EVM works on at the same time: more would only make each other late. */
const MAX_RUNNING = 8

/** Runs what the EVM does for one caller alone in its turn; its time counts from there. */
export type RunCall = <Result>(
  context: Pick<RpcContext, 'signal' | 'restartTime'>,
  work: (signal: AbortSignal) => Promise<Result>,
) => Promise<Result>

export function createRunCall(): RunCall {
  const gate = createGate(MAX_RUNNING)
  return (context, work) => {
    const { signal } = context
    return gate.run(
      signal,
      () => work(signal),
      () => context.restartTime(),
    )
  }
}
