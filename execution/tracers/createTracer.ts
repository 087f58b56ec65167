import type { TracerOptions } from '../traceTypes.ts'
import type { TraceBudget } from './budget.ts'
import { createCallTracer } from './callTracer.ts'
import { createFourByteTracer } from './fourByteTracer.ts'
import { createMuxTracer } from './muxTracer.ts'
import { createPrestateTracer } from './prestateTracer.ts'
import { createStructLogger } from './structLogger.ts'
import type { Tracer } from './tracer.ts'

/** A fresh tracer for one transaction. What it keeps is taken from the budget. */
export function createTracer(options: TracerOptions, budget: TraceBudget): Tracer {
  switch (options.tracer) {
    case 'structLogger':
      return createStructLogger(options, budget)
    case 'callTracer':
      return createCallTracer(options, budget)
    case 'prestateTracer':
      return createPrestateTracer(options, budget)
    case '4byteTracer':
      return createFourByteTracer(budget)
    case 'noopTracer':
      return { result: () => ({ tracer: 'noopTracer' }) }
    case 'muxTracer':
      return createMuxTracer(options.tracers.map((each) => createTracer(each, budget)))
  }
}
