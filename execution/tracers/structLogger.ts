import type { StructLog, StructLoggerOptions, StructTrace } from '../traceTypes.ts'
import type { TraceBudget } from './budget.ts'
import { EXECUTION_REVERTED, type TracedState, type TracedStep, type Tracer } from './tracer.ts'

const SLOAD = 0x54
const SSTORE = 0x55

/** What one step takes in memory, and each item of a snapshot. */
const STEP_BYTES = 110
const STACK_ITEM_BYTES = 8
const SLOT_BYTES = 120

/** Every opcode of a transaction (geth eth/tracers/logger; execution-apis, OpcodeTransactionTrace). */
export function createStructLogger(options: StructLoggerOptions, budget: TraceBudget): Tracer {
  const steps: StructLog[] = []
  const slotsOf = new Map<string, Map<bigint, bigint>>()
  let last: StructLog | undefined
  let state: TracedState | undefined
  let trace: Omit<StructTrace, 'steps'> = {
    tracer: 'structLogger',
    gasUsed: 0n,
    failed: false,
    output: new Uint8Array(0),
  }

  function storageAfter(step: TracedStep): ReadonlyMap<bigint, bigint> | undefined {
    const reads = step.opcode === SLOAD && step.height >= 1
    if (!reads && !(step.opcode === SSTORE && step.height >= 2)) return undefined
    const key = Buffer.from(step.address).toString('hex')
    const slots = slotsOf.get(key) ?? new Map<bigint, bigint>()
    slotsOf.set(key, slots)
    const slot = step.peek(0)
    slots.set(slot, reads ? (state?.getStorage(step.address, slot) ?? 0n) : step.peek(1))
    budget.take(slots.size * SLOT_BYTES)
    return new Map(slots)
  }

  return {
    onStart(_, initial) {
      state = initial
    },
    onStep(step) {
      last = undefined
      if (options.limit > 0 && steps.length >= options.limit) return
      const storage = options.disableStorage ? undefined : storageAfter(step)
      budget.take(sizeOf(step, options))
      last = {
        pc: step.pc,
        op: step.name,
        gas: Number(step.gas),
        gasCost: 0,
        depth: step.depth + 1,
        refund: Number(step.refund),
        ...(options.disableStack ? {} : { stack: step.stack() }),
        ...(options.enableMemory && step.memorySize > 0 ? { memory: step.memory() } : {}),
        ...(options.enableReturnData && step.returnData.length > 0 ? { returnData: step.returnData.slice() } : {}),
        ...(storage === undefined ? {} : { storage }),
      }
      steps.push(last)
    },
    onPrice(cost) {
      if (last !== undefined) last.gasCost = Number(cost)
    },
    onFault(error) {
      if (last !== undefined) last.error = error
    },
    onExit({ depth, output, error }) {
      if (depth > 0) return
      const kept = error === undefined || error === EXECUTION_REVERTED
      trace = { ...trace, failed: error !== undefined, output: kept ? output.slice() : new Uint8Array(0) }
    },
    onEnd({ gasUsed }) {
      trace = { ...trace, gasUsed }
    },
    result: () => ({ ...trace, steps }),
  }
}

function sizeOf(step: TracedStep, options: StructLoggerOptions): number {
  const stack = options.disableStack ? 0 : step.height * STACK_ITEM_BYTES
  const memory = options.enableMemory ? step.memorySize : 0
  const returnData = options.enableReturnData ? step.returnData.length : 0
  return STEP_BYTES + stack + memory + returnData
}
