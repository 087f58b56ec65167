import type { Common } from '@ethereumjs/common'
import { EVMError } from '@ethereumjs/evm'
import { hexToBytes } from '../stateless/bytes.ts'
import type { EvmTrace, OpenStep, OutgoingMessage } from './evmTrace.ts'
import type { OpcodeEntry, OpcodeMap, OpcodeTable, RunState } from './opcodeMap.ts'
import type { JournaledState } from './stateManager.ts'
import { memoryWindow, type TracedFrame } from './tracedFrame.ts'
import type { CallKind } from './traceTypes.ts'

export type TracedTableDeps = {
  trace: EvmTrace
  state: JournaledState
  /** opcodes that charge their own gas (Amsterdam) */
  selfPriced: ReadonlySet<number>
  /** by opcode; undefined where the fork has none */
  names: readonly (string | undefined)[]
}

const SELFDESTRUCT = 0xff
const LOG0 = 0xa0
const LOG4 = 0xa4
const MAX_DEPTH = 1024
const MAX_NONCE = (1n << 64n) - 1n

const MESSAGE_KINDS: ReadonlyMap<number, CallKind> = new Map([
  [0xf0, 'CREATE'],
  [0xf1, 'CALL'],
  [0xf2, 'CALLCODE'],
  [0xf4, 'DELEGATECALL'],
  [0xf5, 'CREATE2'],
  [0xfa, 'STATICCALL'],
])

/**
 * A table that does what `base` does and tells a trace of it. Opcodes other than messages, logs and SELFDESTRUCT are left
 * alone unless the tracer watches steps.
 */
export function buildTracedTable(base: OpcodeTable, deps: TracedTableDeps): OpcodeTable {
  const watchesSteps = deps.trace.tracer.onStep !== undefined
  const map = base.map.map((entry, opcode) => {
    const told = toldEntry(entry, opcode, deps)
    return watchesSteps ? steppedEntry(told, opcode, deps) : told
  })
  return { map, analyse: base.analyse }
}

export function opcodeNames(map: OpcodeMap): (string | undefined)[] {
  return map.map(({ opcodeInfo }, opcode) => (opcodeInfo.code === opcode ? opcodeInfo.fullName : undefined))
}

export const nameOf = (opcode: number, names: TracedTableDeps['names']): string =>
  names[opcode] ?? `opcode 0x${opcode.toString(16)} not defined`

// ---- steps

/** Tells the step before its price is computed and the price before it is taken: what cannot be paid is told as well. */
function steppedEntry(entry: OpcodeEntry, opcode: number, deps: TracedTableDeps): OpcodeEntry {
  const { trace } = deps
  const name = nameOf(opcode, deps.names)
  const selfPriced = deps.selfPriced.has(opcode)
  const price = entry.opcodeInfo.dynamicGas ? entry.gasHandler : undefined

  const settle = (frame: TracedFrame, gas: bigint): bigint => {
    const forwarded = MESSAGE_KINDS.has(opcode) && !isCreation(opcode) ? (frame.messageGasLimit ?? 0n) : 0n
    trace.tracer.onPrice?.(gas + forwarded)
    if (entry.opcodeInfo.isInvalid) trace.fault(frame, new EVMError(EVMError.errorMessages.INVALID_OPCODE))
    else if (gas > frame.gasLeft) trace.fault(frame, new EVMError(EVMError.errorMessages.OUT_OF_GAS))
    return gas
  }
  const failed = (frame: TracedFrame, fee: bigint, error: unknown): never => {
    trace.tracer.onPrice?.(fee)
    if (error instanceof EVMError) trace.fault(frame, error)
    throw error
  }

  return {
    ...entry,
    opcodeInfo: { ...copyInfo(entry), dynamicGas: true },
    gasHandler(runState, fee, common) {
      const frame = asTraced(runState)
      trace.step(frame, opcode, name)
      if (selfPriced) {
        trace.open = { gasBefore: frame.gasLeft, paid: false, forwarded: 0n }
        return 0n
      }
      if (price === undefined) return settle(frame, fee)
      try {
        const gas = price(runState, fee, common)
        if (typeof gas === 'bigint') return settle(frame, gas)
        return gas.then(
          (value) => settle(frame, value),
          (error: unknown) => failed(frame, fee, error),
        )
      } catch (error) {
        return failed(frame, fee, error)
      }
    },
    opHandler(runState, common) {
      const open = selfPriced ? trace.open : undefined
      const frame = asTraced(runState)
      const done = (): void => {
        if (open !== undefined) closeStep(trace, frame, open)
      }
      const threw = (error: unknown): never => {
        done()
        if (error instanceof EVMError) trace.fault(frame, error)
        throw error
      }
      try {
        const pending = entry.opHandler(runState, common)
        if (pending instanceof Promise) return pending.then(done, threw)
        return done()
      } catch (error) {
        return threw(error)
      }
    },
  }
}

/** A frozen class instance of the library, or ours. */
function copyInfo({ opcodeInfo }: OpcodeEntry): OpcodeEntry['opcodeInfo'] {
  const { code, feeBigInt, dynamicGas, isInvalid } = opcodeInfo
  return { code, feeBigInt, dynamicGas, isInvalid }
}

/** An opcode that entered no frame is paid for when it is over. */
function closeStep(trace: EvmTrace, frame: TracedFrame, step: OpenStep): void {
  if (step.paid) return
  trace.open = step
  trace.paid(frame, 0n)
}

// ---- messages, logs, SELFDESTRUCT

function toldEntry(entry: OpcodeEntry, opcode: number, deps: TracedTableDeps): OpcodeEntry {
  const kind = MESSAGE_KINDS.get(opcode)
  const { opHandler } = entry
  const run = async (runState: RunState, common: Common): Promise<void> => {
    await opHandler(runState, common)
  }
  if (entry.opcodeInfo.isInvalid) return entry
  if (kind !== undefined) {
    return {
      ...entry,
      opHandler: (runState, common) => tellMessage(asTraced(runState), kind, deps, () => run(runState, common)),
    }
  }
  if (opcode === SELFDESTRUCT) {
    return {
      ...entry,
      opHandler: (runState, common) => tellSelfDestruct(asTraced(runState), deps, () => run(runState, common)),
    }
  }
  if (opcode < LOG0 || opcode > LOG4) return entry
  return {
    ...entry,
    opHandler(runState, common) {
      const frame = asTraced(runState)
      const before = frame.interpreter._result.logs.length
      const pending = opHandler(runState, common)
      const tell = (): void => deps.trace.logs(frame, before)
      return pending instanceof Promise ? pending.then(tell) : tell()
    },
  }
}

type Arguments = { value: bigint; offset: bigint; size: bigint; message: OutgoingMessage }

/** What the stack says of the message; the opcode itself checks that enough is there. */
function argumentsOf(frame: TracedFrame, kind: CallKind): Arguments {
  const { stack, env } = frame
  const peek = (below: number): bigint => stack._store[stack.length - 1 - below] ?? 0n
  const from = env.address.bytes
  if (kind === 'CREATE' || kind === 'CREATE2') {
    return { value: peek(0), offset: peek(1), size: peek(2), message: { type: kind, from, value: peek(0) } }
  }
  const to = hexToBytes(BigInt.asUintN(160, peek(1)).toString(16).padStart(40, '0'))
  const transfers = kind === 'CALL' || kind === 'CALLCODE'
  const value = transfers ? peek(2) : kind === 'DELEGATECALL' ? env.callValue : undefined
  const input = transfers ? 3 : 2
  return {
    value: transfers ? peek(2) : 0n,
    offset: peek(input),
    size: peek(input + 1),
    message: { type: kind, from, to, ...(value === undefined ? {} : { value }) },
  }
}

/** A message that is refused before it becomes a frame is shown as one that failed at once, as geth does. */
async function tellMessage(
  frame: TracedFrame,
  kind: CallKind,
  { trace, state }: TracedTableDeps,
  run: () => Promise<void>,
): Promise<void> {
  const { message, value, offset, size } = argumentsOf(frame, kind)
  const creates = message.to === undefined
  const reason = refusal(frame, state, value, creates)
  const limit = frame.messageGasLimit
  const { entered } = trace
  const open: OpenStep = trace.open ?? { gasBefore: frame.gasLeft, paid: false, forwarded: 0n }
  trace.open = open
  trace.outgoing = message
  try {
    await run()
  } finally {
    trace.open = undefined
  }
  if (trace.entered > entered) return
  const stipend = !creates && value !== 0n ? CALL_STIPEND : 0n
  const forwarded = limit ?? (open.paid ? open.forwarded : frame.gasLeft - frame.gasLeft / 64n)
  trace.refuse(message, {
    input: memoryWindow(frame.memory, offset, size),
    gas: forwarded + stipend,
    error: reason ?? COLLISION,
    gasUsed: reason === undefined ? forwarded : 0n,
  })
}

const CALL_STIPEND = 2300n
const COLLISION = 'contract address collision'

/** Why the message cannot become a frame, in the order in which geth looks. */
function refusal(frame: TracedFrame, state: JournaledState, value: bigint, creates: boolean): string | undefined {
  const account = state.peekAccount(frame.env.address.bytes)
  if (frame.env.depth >= MAX_DEPTH) return 'max call depth exceeded'
  if ((account?.balance ?? 0n) < value) return 'insufficient balance for transfer'
  return creates && account?.nonce === MAX_NONCE ? 'nonce uint64 overflow' : undefined
}

async function tellSelfDestruct(
  frame: TracedFrame,
  { trace, state }: TracedTableDeps,
  run: () => Promise<void>,
): Promise<void> {
  const { stack, env } = frame
  const beneficiary = stack._store[stack.length - 1] ?? 0n
  const balance = state.peekAccount(env.address.bytes)?.balance ?? 0n
  const before = frame.interpreter._result.logs.length
  try {
    await run()
  } catch (error) {
    if (error instanceof EVMError && error.error === EVMError.errorMessages.STOP) {
      trace.logs(frame, before)
      const to = hexToBytes(BigInt.asUintN(160, beneficiary).toString(16).padStart(40, '0'))
      trace.selfDestructed(env.address.bytes, to, balance)
    }
    throw error
  }
}

function isCreation(opcode: number): boolean {
  return opcode === 0xf0 || opcode === 0xf5
}

function asTraced(runState: RunState): TracedFrame {
  return runState as unknown as TracedFrame
}
