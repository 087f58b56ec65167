import type { CallFrame, CallTracerOptions, TracedLog } from '../traceTypes.ts'
import type { TraceBudget } from './budget.ts'
import { EXECUTION_REVERTED, type FrameEnd, type Tracer } from './tracer.ts'

const FRAME_BYTES = 400
const LOG_BYTES = 200
const TOPIC_BYTES = 130

type OpenFrame = Omit<CallFrame, 'calls' | 'logs'> & { calls: OpenFrame[]; logs: TracedLog[] }

/** The calls of a transaction as a tree (geth eth/tracers/native/call.go). */
export function createCallTracer({ onlyTopCall, withLog }: CallTracerOptions, budget: TraceBudget): Tracer {
  const open: OpenFrame[] = []
  let outermost: OpenFrame | undefined
  let gasLimit = 0n
  /** frames that are entered; with `onlyTopCall` most of them are not kept */
  let depth = -1
  /** logs of the block that nothing has taken back; and how many there were when each open frame was entered */
  let logCount = 0
  const logCountAt: number[] = []

  return {
    onStart(transaction) {
      gasLimit = transaction.gasLimit
      logCount = transaction.logsBefore
    },
    onEnter(frame) {
      depth = frame.depth
      logCountAt.push(logCount)
      if (onlyTopCall && frame.depth > 0) return
      budget.take(FRAME_BYTES + frame.input.length)
      const { type, value } = frame
      const entered: OpenFrame = {
        type,
        from: frame.from.slice(),
        to: frame.to.slice(),
        input: frame.input.slice(),
        gas: frame.depth === 0 ? gasLimit : frame.gas,
        gasUsed: 0n,
        ...(value === undefined ? {} : { value }),
        calls: [],
        logs: [],
      }
      if (frame.depth === 0) outermost = entered
      else open.at(-1)?.calls.push(entered)
      open.push(entered)
    },
    onExit(end) {
      depth = end.depth - 1
      const logCountBefore = logCountAt.pop()
      if (end.error !== undefined && end.reverted) logCount = logCountBefore ?? logCount
      if (onlyTopCall && end.depth > 0) return
      const frame = open.pop()
      if (frame === undefined) return
      budget.take(end.output.length)
      frame.gasUsed = end.gasUsed
      closeFrame(frame, end)
    },
    onLog(log) {
      const index = logCount++
      const frame = open.at(-1)
      if (!withLog || frame === undefined || (onlyTopCall && depth > 0)) return
      budget.take(LOG_BYTES + log.topics.length * TOPIC_BYTES + log.data.length)
      frame.logs.push({
        address: log.address.slice(),
        topics: log.topics.map((topic) => topic.slice()),
        data: log.data.slice(),
        position: frame.calls.length,
        index,
      })
    },
    onEnd({ gasUsed }) {
      if (outermost === undefined) return
      outermost.gasUsed = gasUsed
      dropFailedLogs(outermost)
    },
    result() {
      if (outermost === undefined) throw new Error('a transaction without an outermost frame')
      return { tracer: 'callTracer', call: outermost }
    },
  }
}

function closeFrame(frame: OpenFrame, { output, error, reverted }: FrameEnd): void {
  if (error === undefined || !reverted) {
    if (output.length > 0) frame.output = output.slice()
    return
  }
  frame.error = error
  if (frame.type === 'CREATE' || frame.type === 'CREATE2') delete frame.to
  if (error === EXECUTION_REVERTED && output.length > 0) frame.output = output.slice()
}

/** What a failed frame and those below it logged did not happen. A list of work, not recursion: frames nest 1,024 deep. */
function dropFailedLogs(outermost: OpenFrame): void {
  const waiting = [{ frame: outermost, failed: outermost.error !== undefined }]
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (next.failed) next.frame.logs = []
    for (const frame of next.frame.calls) waiting.push({ frame, failed: next.failed || frame.error !== undefined })
  }
}
