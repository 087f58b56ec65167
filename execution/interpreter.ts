import type { Common } from '@ethereumjs/common'
import { EVMError } from '@ethereumjs/evm'
import type { YieldClock } from './eventLoop.ts'
import type { OpcodeEntry, OpcodeTable, RunState } from './opcodeMap.ts'

export type FrameRun = { runState: RunState; exceptionError: EVMError | undefined }

export type FrameRules = { readonly common: Common; readonly table: OpcodeTable; readonly clock: YieldClock }

/** Gas of one step from which on the clock is looked at, whatever the number of steps. */
const HEAVY_STEP_GAS = 1_000n

const JUMP = 0x56
const JUMPI = 0x57

/**
 * Runs the code of a frame until it ends or breaks, as the library's `run` does, but awaits only opcodes that wait for
 * something: an await for every ADD makes most programs several times slower, and code that waits for nothing needs no
 * promise at all. Gives way to other work in between.
 *
 * Bytecode containers (EIP-3540) are no part of any fork that we run.
 */
export function runCode(
  state: RunState,
  code: Uint8Array,
  pc: number,
  rules: FrameRules,
): FrameRun | Promise<FrameRun> {
  state.code = code
  state.programCounter = pc
  try {
    const pending = runSteps(state, code, rules)
    if (pending !== undefined) return runRest(pending, state, code, rules)
  } catch (error) {
    return brokenRun(state, error)
  }
  return { runState: state, exceptionError: undefined }
}

async function runRest(first: Promise<void>, state: RunState, code: Uint8Array, rules: FrameRules): Promise<FrameRun> {
  try {
    for (let pending: Promise<void> | undefined = first; pending !== undefined; ) {
      await pending
      pending = runSteps(state, code, rules)
    }
  } catch (error) {
    return brokenRun(state, error)
  }
  return { runState: state, exceptionError: undefined }
}

function brokenRun(state: RunState, error: unknown): FrameRun {
  if (!(error instanceof EVMError)) throw error
  const stopped = error.error === EVMError.errorMessages.STOP
  return { runState: state, exceptionError: stopped ? undefined : error }
}

/** Undefined when the code has ended; else what the next step waits for. */
function runSteps(state: RunState, code: Uint8Array, rules: FrameRules): Promise<void> | undefined {
  const { common, table, clock } = rules
  const { map } = table
  while (state.programCounter < code.length) {
    const opcode = code[state.programCounter] as number
    const entry = map[opcode] as OpcodeEntry
    const { opcodeInfo } = entry
    state.opCode = opcode
    if (clock.due()) return clock.pause()
    let gas = opcodeInfo.feeBigInt
    if (opcodeInfo.dynamicGas && entry.gasHandler !== undefined) {
      const price = entry.gasHandler(state, gas, common)
      if (typeof price !== 'bigint') return takePricedStep(price, state, entry, rules)
      gas = price
      if (gas >= HEAVY_STEP_GAS && clock.dueNow()) return takePricedStep(price, state, entry, rules)
    }
    const pending = takeStep(state, entry, gas, rules)
    if (pending instanceof Promise) return pending
  }
  return undefined
}

async function takePricedStep(
  price: bigint | Promise<bigint>,
  state: RunState,
  entry: OpcodeEntry,
  rules: FrameRules,
): Promise<void> {
  const gas = await price
  const { clock } = rules
  if (gas >= HEAVY_STEP_GAS && clock.dueNow()) await clock.pause()
  await takeStep(state, entry, gas, rules)
}

/** Charges the opcode at the program counter and runs it. */
function takeStep(
  state: RunState,
  { opcodeInfo, opHandler }: OpcodeEntry,
  gas: bigint,
  { common, table }: FrameRules,
): ReturnType<OpcodeEntry['opHandler']> {
  if (opcodeInfo.isInvalid) throw new EVMError(EVMError.errorMessages.INVALID_OPCODE)
  state.gasLeft -= gas
  if (state.gasLeft < 0n) {
    state.gasLeft = 0n
    throw new EVMError(EVMError.errorMessages.OUT_OF_GAS)
  }
  const { opCode } = state
  state.programCounter++
  if (state.shouldDoJumpAnalysis && (opCode === JUMP || opCode === JUMPI)) analyseJumps(state, table)
  return opHandler(state, common)
}

/** Not before the first jump: most short calls have none. */
function analyseJumps(state: RunState, table: OpcodeTable): void {
  const { jumps, pushes } = table.analyse(state.code)
  state.validJumps = jumps
  state.cachedPushes = pushes
  state.shouldDoJumpAnalysis = false
}
