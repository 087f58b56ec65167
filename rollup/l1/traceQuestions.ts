import { bad, hex, list, record, toQuantity } from './answerShapes.ts'
import { toFrame } from './l1Answers.ts'
import { ifOffered } from './l1Errors.ts'
import type { L1Request } from './l1Request.ts'
import type { L1CallFrame, L1Place } from './l1Types.ts'

type Hex = `0x${string}`

/** What is asked of debug_ methods, which not every node offers. */
export type TraceQuestions = {
  /** what a call in the next block does, and the calls that it makes; undefined when the node does not offer debug_traceCall */
  traceCall(call: { from: Hex; to: Hex; data: Hex }): Promise<L1CallFrame | undefined>
  /** debug_traceTransaction; the configuration and what comes back are passed on as they are */
  traceTransaction(hash: Hex, config: object): Promise<unknown>
  /** what an account would answer at this place if it had this code, on its own storage (debug_traceCall) */
  runCode(address: Hex, code: Hex, place: L1Place): Promise<Hex>
}

export function traceQuestions(request: L1Request): TraceQuestions {
  return {
    traceTransaction: (transactionHash, config) => request('debug_traceTransaction', transactionHash, config),
    traceCall: (call) =>
      ifOffered(async () => {
        const trace = record(await request('debug_traceCall', call, 'pending', { tracer: 'callTracer' }), 'trace')
        return { ...toFrame(trace), calls: list(trace.calls ?? [], 'calls of a trace').map(toFrame) }
      }),
    async runCode(account, code, { block, txIndex }) {
      const config = {
        tracer: 'callTracer',
        stateOverrides: { [account]: { code } },
        ...(txIndex === undefined ? {} : { txIndex: toQuantity(txIndex) }),
      }
      const frame = record(await request('debug_traceCall', { to: account }, block, config), 'trace')
      if (frame.error !== undefined) throw bad('trace of a call that cannot fail', { error: String(frame.error) })
      return hex(frame.output ?? '0x', 'output of a call')
    },
  }
}
