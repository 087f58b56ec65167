import { EVMError } from '@ethereumjs/evm'
import type { EvmTrace } from './evmTrace.ts'
import type { OpcodeEntry, OpcodeMap, OpcodeTable, RunState } from './opcodeMap.ts'
import { MESSAGE_KINDS, type ToldDeps, toldEntry } from './toldOpcodes.ts'
import { asTraced } from './tracedFrame.ts'

export type TracedTableDeps = ToldDeps & {
  /** opcodes that charge their own gas (Amsterdam) */
  selfPriced: ReadonlySet<number>
  /** by opcode; undefined where the fork has none */
  names: readonly (string | undefined)[]
}

const CREATE = 0xf0
const CREATE2 = 0xf5

/**
 * A table that does what `base` does and tells a trace of it. Opcodes other than messages, logs and SELFDESTRUCT are left
 * alone unless the tracer watches steps, and those as well when it does not listen for frames and logs.
 */
export function buildTracedTable(base: OpcodeTable, deps: TracedTableDeps): OpcodeTable {
  const { onStep, onEnter, onExit, onLog } = deps.trace.tracer
  const watchesSteps = onStep !== undefined
  const listens = onEnter !== undefined || onExit !== undefined || onLog !== undefined
  const map = base.map.map((entry, opcode) => {
    const told = listens ? toldEntry(entry, opcode, deps) : entry
    return watchesSteps ? steppedEntry(told, opcode, deps) : told
  })
  return { map, analyse: base.analyse }
}

export function opcodeNames(map: OpcodeMap): (string | undefined)[] {
  return map.map(({ opcodeInfo }, opcode) => (opcodeInfo.code === opcode ? opcodeInfo.fullName : undefined))
}

const nameOf = (opcode: number, names: TracedTableDeps['names']): string =>
  names[opcode] ?? `opcode 0x${opcode.toString(16)} not defined`

/** Tells the step before its price is computed and the price before it is taken: what cannot be paid is told as well. */
function steppedEntry(entry: OpcodeEntry, opcode: number, deps: TracedTableDeps): OpcodeEntry {
  const { trace } = deps
  const name = nameOf(opcode, deps.names)
  const opcodeInfo = { ...copyInfo(entry), dynamicGas: true }
  if (deps.selfPriced.has(opcode)) {
    return {
      ...entry,
      opcodeInfo,
      gasHandler(runState) {
        const frame = asTraced(runState)
        trace.step(frame, opcode, name)
        trace.open = { gasBefore: frame.gasLeft, paid: false, forwarded: 0n }
        return 0n
      },
      opHandler: selfPricedHandler(entry, trace),
    }
  }
  const price = pricedBy(entry, opcode, trace)
  return {
    ...entry,
    opcodeInfo,
    gasHandler(runState, fee, common) {
      trace.step(asTraced(runState), opcode, name)
      return price(runState, fee, common)
    },
    opHandler(runState, common) {
      try {
        const pending = entry.opHandler(runState, common)
        return pending instanceof Promise
          ? pending.catch((error: unknown) => faulted(trace, runState, error))
          : undefined
      } catch (error) {
        return faulted(trace, runState, error)
      }
    },
  }
}

/** The entry's own price, told. */
function pricedBy(entry: OpcodeEntry, opcode: number, trace: EvmTrace): NonNullable<OpcodeEntry['gasHandler']> {
  const { isInvalid, dynamicGas } = entry.opcodeInfo
  const price = dynamicGas ? entry.gasHandler : undefined
  const handsOn = MESSAGE_KINDS.has(opcode) && opcode !== CREATE && opcode !== CREATE2
  const settle = (runState: RunState, gas: bigint): bigint => {
    trace.tracer.onPrice?.(handsOn ? gas + (asTraced(runState).messageGasLimit ?? 0n) : gas)
    if (isInvalid) trace.fault(asTraced(runState), new EVMError(EVMError.errorMessages.INVALID_OPCODE))
    else if (gas > runState.gasLeft) trace.fault(asTraced(runState), new EVMError(EVMError.errorMessages.OUT_OF_GAS))
    else trace.affordable(asTraced(runState))
    return gas
  }
  if (price === undefined) return settle
  const failed = (runState: RunState, fee: bigint, error: unknown): never => {
    trace.tracer.onPrice?.(fee)
    return faulted(trace, runState, error)
  }
  return (runState, fee, common) => {
    try {
      const gas = price(runState, fee, common)
      if (typeof gas === 'bigint') return settle(runState, gas)
      return gas.then(
        (value) => settle(runState, value),
        (error: unknown) => failed(runState, fee, error),
      )
    } catch (error) {
      return failed(runState, fee, error)
    }
  }
}

/** An opcode that entered no frame is paid for when it is over. */
function selfPricedHandler(entry: OpcodeEntry, trace: EvmTrace): OpcodeEntry['opHandler'] {
  return (runState, common) => {
    const { open } = trace
    const frame = asTraced(runState)
    const isOpen = (): boolean => {
      if (open === undefined || open.paid) return false
      trace.open = open
      return true
    }
    const done = (): void => {
      if (isOpen()) trace.paid(frame, 0n)
    }
    const threw = (error: unknown): never => {
      if (isOpen()) trace.unpaid(frame)
      return faulted(trace, runState, error)
    }
    try {
      const pending = entry.opHandler(runState, common)
      return pending instanceof Promise ? pending.then(done, threw) : done()
    } catch (error) {
      return threw(error)
    }
  }
}

function faulted(trace: EvmTrace, runState: RunState, error: unknown): never {
  if (error instanceof EVMError) trace.fault(asTraced(runState), error)
  throw error
}

/** A frozen class instance of the library, or ours. */
function copyInfo({ opcodeInfo }: OpcodeEntry): OpcodeEntry['opcodeInfo'] {
  const { code, feeBigInt, dynamicGas, isInvalid } = opcodeInfo
  return { code, feeBigInt, dynamicGas, isInvalid }
}
