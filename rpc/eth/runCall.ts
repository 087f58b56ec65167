import { createGate, type Gate } from '../gate.ts'
import type { RpcContext } from '../types.ts'

/** Long calls of all callers that the EVM works on at the same time: more would only make each other late. */
const MAX_RUNNING = 8
/** A run that has let others go on so often, some 80 ms of work, is a long one. */
const PAUSES_OF_LONG_RUN = 8

/** What a run is told: to end, and when it may go on after a pause. */
export type RunTurns = { signal: AbortSignal; onPause(): Promise<void> | undefined }

/** Runs what the EVM does for one caller alone. Short runs begin at once; a long one goes on in its turn, and its time counts from there. */
export type RunCall = <Result>(
  context: Pick<RpcContext, 'signal' | 'restartTime'>,
  work: (turns: RunTurns) => Promise<Result>,
) => Promise<Result>

export function createRunCall(): RunCall {
  const gate = createGate(MAX_RUNNING)
  return async (context, work) => {
    const place = createPlace(gate, context)
    try {
      return await work({ signal: context.signal, onPause: place.onPause })
    } finally {
      place.leave()
    }
  }
}

/** The place of one run in the line, which it takes when it turns out to be long. */
function createPlace(gate: Gate, context: Pick<RpcContext, 'signal' | 'restartTime'>) {
  let pauses = 0
  let isInside = false

  async function waitForTurn(turn: Promise<void>): Promise<void> {
    await turn
    isInside = true
    context.restartTime()
  }

  return {
    onPause(): Promise<void> | undefined {
      if (isInside || ++pauses < PAUSES_OF_LONG_RUN) return undefined
      const turn = gate.enter(context.signal)
      if (turn) return waitForTurn(turn)
      isInside = true
      return undefined
    },
    leave(): void {
      if (isInside) gate.leave()
    },
  }
}
