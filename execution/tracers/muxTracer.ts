import type { Tracer } from './tracer.ts'

/** Several tracers on one run (geth eth/tracers/native/mux.go). It watches steps only when one of them does. */
export function createMuxTracer(tracers: readonly Tracer[]): Tracer {
  return {
    onStart: (transaction, state) => tracers.forEach((tracer) => void tracer.onStart?.(transaction, state)),
    onEnter: (frame) => tracers.forEach((tracer) => void tracer.onEnter?.(frame)),
    onExit: (end) => tracers.forEach((tracer) => void tracer.onExit?.(end)),
    onLog: (log) => tracers.forEach((tracer) => void tracer.onLog?.(log)),
    onEnd: (end) => tracers.forEach((tracer) => void tracer.onEnd?.(end)),
    ...(tracers.some(({ onStep }) => onStep !== undefined) ? stepsOf(tracers) : {}),
    result: () => ({ tracer: 'muxTracer', results: tracers.map((tracer) => tracer.result()) }),
  }
}

function stepsOf(tracers: readonly Tracer[]): Pick<Tracer, 'onStep' | 'onPrice' | 'onPaid' | 'onFault'> {
  return {
    onStep: (step) => tracers.forEach((tracer) => void tracer.onStep?.(step)),
    onPrice: (cost) => tracers.forEach((tracer) => void tracer.onPrice?.(cost)),
    onPaid: (memory) => tracers.forEach((tracer) => void tracer.onPaid?.(memory)),
    onFault: (error) => tracers.forEach((tracer) => void tracer.onFault?.(error)),
  }
}
