import type { TraceBudget } from './budget.ts'
import type { TracedState, Tracer } from './tracer.ts'

const ENTRY_BYTES = 80

/** How often each function selector was called, with the size of its arguments (geth eth/tracers/native/4byte.go). */
export function createFourByteTracer(budget: TraceBudget): Tracer {
  const counts = new Map<string, number>()
  let state: TracedState | undefined
  return {
    onStart(_, initial) {
      state = initial
    },
    onEnter({ type, to, input }) {
      const isCall = type === 'CALL' || type === 'CALLCODE' || type === 'DELEGATECALL' || type === 'STATICCALL'
      if (!isCall || input.length < 4 || state?.isPrecompile(to)) return
      const key = `${Buffer.from(input.subarray(0, 4)).toString('hex')}-${input.length - 4}`
      const count = counts.get(key)
      if (count === undefined) budget.take(ENTRY_BYTES)
      counts.set(key, (count ?? 0) + 1)
    },
    result: () => ({ tracer: '4byteTracer', counts }),
  }
}
