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
 * something: an await for every ADD makes most programs several times slower. Gives way to other work in between.
 *
 * Bytecode containers (EIP-3540) are no part of any fork that we run.
 */
export async function runCode(state: RunState, code: Uint8Array, pc: number, rules: FrameRules): Promise<FrameRun> {
  state.code = code
  state.programCounter = pc
  try {
    await runSteps(state, code, rules)
  } catch (error) {
    if (!(error instanceof EVMError)) throw error
    if (error.error !== EVMError.errorMessages.STOP) return { runState: state, exceptionError: error }
  }
  return { runState: state, exceptionError: undefined }
}

async function runSteps(state: RunState, code: Uint8Array, { common, table, clock }: FrameRules): Promise<void> {
  const { map } = table
  while (state.programCounter < code.length) {
    const opcode = code[state.programCounter] as number
    const entry = map[opcode] as OpcodeEntry
    const { opcodeInfo } = entry
    state.opCode = opcode
    if (clock.due()) await clock.pause()
    let gas = opcodeInfo.feeBigInt
    if (opcodeInfo.dynamicGas && entry.gasHandler !== undefined) {
      const price = entry.gasHandler(state, gas, common)
      gas = typeof price === 'bigint' ? price : await price
      if (gas >= HEAVY_STEP_GAS && clock.dueNow()) await clock.pause()
    }
    if (opcodeInfo.isInvalid) throw new EVMError(EVMError.errorMessages.INVALID_OPCODE)
    state.gasLeft -= gas
    if (state.gasLeft < 0n) {
      state.gasLeft = 0n
      throw new EVMError(EVMError.errorMessages.OUT_OF_GAS)
    }
    state.programCounter++
    if (state.shouldDoJumpAnalysis && (opcode === JUMP || opcode === JUMPI)) analyseJumps(state, table)
    const pending = entry.opHandler(state, common)
    if (pending instanceof Promise) await pending
  }
}

/** Not before the first jump: most short calls have none. */
function analyseJumps(state: RunState, table: OpcodeTable): void {
  const { jumps, pushes } = table.analyse(state.code)
  state.validJumps = jumps
  state.cachedPushes = pushes
  state.shouldDoJumpAnalysis = false
}
