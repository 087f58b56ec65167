import type { EVMError, ExecResult, Message } from '@ethereumjs/evm'
import { EMPTY_BYTES } from '../stateless/bytes.ts'
import { haltReason, OUT_OF_GAS, REVERT } from './callErrors.ts'
import { lendMemory } from './frameGas.ts'
import type { FrameMemory } from './frameMemory.ts'
import type { RunState } from './opcodeMap.ts'
import { createStepView, type LibraryLog, type TracedFrame } from './tracedFrame.ts'
import { type EnteredFrame, EXECUTION_REVERTED, type TracedMemory, type Watcher } from './tracers/tracer.ts'
import type { CallKind } from './traceTypes.ts'
import type { Log } from './types.ts'

/** A call or creation that an opcode is about to make. */
export type OutgoingMessage = {
  type: CallKind
  from: Uint8Array
  /** of a call */
  to?: Uint8Array
  value?: bigint
}

/** An opcode that prices itself, and what it hands to its callee once that is known. */
export type OpenStep = { readonly gasBefore: bigint; paid: boolean; forwarded: bigint }

/** The message that a transaction begins with. */
export type OutermostMessage = Omit<EnteredFrame, 'depth' | 'type' | 'value'> & { creates: boolean; value: bigint }

/**
 * One tracer at work in one EVM: puts what the frames of either machinery do into the tracer's terms. It watches only
 * while the EVM has it, and nothing in the EVM depends on it.
 */
export type EvmTrace = {
  readonly tracer: Watcher
  /** frames entered so far */
  readonly entered: number
  /** what the opcode that runs now sends */
  outgoing: OutgoingMessage | undefined
  /** the opcode that prices itself and has not yet */
  open: OpenStep | undefined
  enterOutermost(message: OutermostMessage): void
  /** a call or creation below the outermost frame; `created` is the address that a creation gets */
  enterInner(message: Message, created?: Uint8Array): void
  exit(result: ExecResult): void
  /** a frame that is over before anything ran */
  refuse(message: OutgoingMessage, end: { input: Uint8Array; gas: bigint; error: string; gasUsed: bigint }): void
  /** a SELFDESTRUCT has moved the balance */
  selfDestructed(from: Uint8Array, to: Uint8Array, balance: bigint): void
  step(frame: TracedFrame, opcode: number, name: string): void
  /** the opcode that prices itself has been paid for, has changed nothing yet and hands on `forwarded` gas, stipend apart */
  paid(frame: PricedFrame, forwarded: bigint): void
  /** the opcode that prices itself has halted the frame */
  unpaid(frame: PricedFrame): void
  /** the price that was told is there */
  affordable(frame: Pick<TracedFrame, 'memory'>): void
  /** the code of a frame has run */
  ran(runState: RunState | undefined, failed: boolean): void
  fault(frame: TracedFrame, error: EVMError): void
  /** those from `first` on */
  logs(frame: TracedFrame, first: number): void
  log(log: LibraryLog): void
}

type PricedFrame = Pick<TracedFrame, 'opCode' | 'gasLeft' | 'wanted' | 'memory'>

const CREATE = 0xf0
const CREATE2 = 0xf5

export function createEvmTrace(tracer: Watcher): EvmTrace {
  let depth = -1
  let entered = 0
  const viewOf = createStepView()
  /** the code of the frame on top has ended without an error */
  let ranWell = false
  const enter = (frame: Omit<EnteredFrame, 'depth'>): void => {
    depth += 1
    entered += 1
    ranWell = false
    tracer.onEnter?.({ ...frame, depth })
  }
  const leave = (output: Uint8Array, gasUsed: bigint, error?: string, reverted = error !== undefined): void => {
    tracer.onExit?.({ depth, output, gasUsed, reverted, ...(error === undefined ? {} : { error }) })
    depth -= 1
    ranWell = false
  }
  const log = ([address, topics, data]: LibraryLog): void => tracer.onLog?.({ address, topics, data } satisfies Log)

  let shown: FrameMemory
  const paidMemory: TracedMemory = { window: (offset, size) => lendMemory({ memory: shown }, [offset, size]) }
  /** Tells the price of the opcode that prices itself. False: it was told before. */
  const price = (frame: PricedFrame, forwarded: bigint): boolean => {
    const step = trace.open
    if (step === undefined || step.paid) return false
    step.paid = true
    step.forwarded = forwarded
    trace.open = undefined
    const handedOn = frame.opCode === CREATE || frame.opCode === CREATE2 ? 0n : forwarded
    const cost = step.gasBefore - frame.gasLeft + handedOn + (frame.wanted ?? 0n)
    tracer.onPrice?.(cost > 0n ? cost : 0n)
    return true
  }

  const trace: EvmTrace = {
    tracer,
    get entered() {
      return entered
    },
    outgoing: undefined,
    open: undefined,
    enterOutermost: ({ creates, ...message }) => enter({ type: creates ? 'CREATE' : 'CALL', ...message }),
    enterInner(message, created = EMPTY_BYTES) {
      const { outgoing } = trace
      if (outgoing === undefined) return
      const creates = outgoing.to === undefined
      const initCode = (message.code as Uint8Array | undefined) ?? message.data
      enter({
        ...outgoing,
        to: outgoing.to ?? created,
        input: creates ? initCode : message.data,
        gas: message.gasLimit,
      })
    },
    exit(result) {
      const words = errorWords(result)
      // Only the code that a creation leaves is paid for after it has run.
      const error = ranWell && words === OUT_OF_GAS ? CODE_STORAGE_OUT_OF_GAS : words
      // Frontier: a creation that cannot pay for its code succeeds without code.
      const reverted = error !== undefined && result.exceptionError?.error !== CODESTORE
      leave(result.returnValue, result.executionGasUsed, error, reverted)
    },
    refuse(message, { input, gas, error, gasUsed }) {
      enter({ ...message, to: message.to ?? NO_ADDRESS, input, gas })
      leave(EMPTY_BYTES, gasUsed, error)
    },
    selfDestructed(from, to, balance) {
      enter({ type: 'SELFDESTRUCT', from, to, input: EMPTY_BYTES, gas: 0n, value: balance })
      leave(EMPTY_BYTES, 0n)
    },
    step: (frame, opcode, name) => tracer.onStep?.(viewOf(frame, opcode, name)),
    paid(frame, forwarded) {
      if (price(frame, forwarded)) trace.affordable(frame)
    },
    unpaid(frame) {
      price(frame, 0n)
    },
    affordable({ memory }) {
      shown = memory
      tracer.onPaid?.(paidMemory)
    },
    ran(runState, failed) {
      ranWell = !failed
      if (failed || runState === undefined || tracer.onStep === undefined) return
      // Code that simply ends is as if a STOP stood there.
      const { code, programCounter, opCode } = runState
      if (code.length === 0 || programCounter < code.length || ENDS.has(opCode)) return
      tracer.onStep(viewOf(runState as unknown as TracedFrame, 0, 'STOP'))
      tracer.onPrice?.(0n)
      trace.affordable(runState as unknown as TracedFrame)
    },
    fault(frame, error) {
      const words = errorWords({ exceptionError: error, runState: frame } as unknown as ExecResult)
      if (words !== undefined && words !== EXECUTION_REVERTED) tracer.onFault?.(words)
    },
    logs(frame, first) {
      for (const each of frame.interpreter._result.logs.slice(first)) log(each)
    },
    log,
  }
  return trace
}

const NO_ADDRESS = new Uint8Array(20)
const STOP = 'stop'
const CODESTORE = 'code store out of gas'
const CODE_STORAGE_OUT_OF_GAS = 'contract creation code storage out of gas'
/** STOP, RETURN, SELFDESTRUCT */
const ENDS: ReadonlySet<number> = new Set([0x00, 0xf3, 0xff])

/** Why a frame ended without success, in geth's words. */
function errorWords(result: ExecResult): string | undefined {
  const words = haltReason(result)
  if (words === STOP) return undefined
  return words === REVERT ? EXECUTION_REVERTED : words
}
