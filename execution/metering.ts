import { OverBudget } from '../stateless/errors.ts'
import { assert } from './internal.ts'
import type { RunState } from './opcodeMap.ts'

/**
 * Aborts a run as soon as it has surely used more regular gas than it may (metered-execute.md 2).
 *
 * While armed, `min` is what `gasLeft + stateGasSpilled` of the running frame must not fall below: state gas that
 * spilled into a frame's gas is not regular unless the frame halts. Each frame gets its own `min` from what its caller
 * has left; the difference is always the remaining budget. The check never aborts falsely; it may be late, so the exact
 * sum is compared after each transaction.
 */
export type Meter = {
  readonly armed: boolean
  /** Regular gas that interpreter and precompiles really ran so far, over all transactions and system calls. */
  readonly executedGas: bigint
  /** Nothing is metered until the next `arm`. */
  disarm(): void
  /** From here on at most `budget` regular gas may be executed. */
  arm(budget: bigint): void
  /** A frame or precompile is entered with `gasLimit`: returns what the caller's budget still allows. */
  allowance(depth: number): bigint
  enterFrame(depth: number, gasLimit: bigint): FrameState
  leaveFrame(outer: FrameState): void
  /** before each opcode */
  check(runState: RunState): void
  /** before an opcode that starts a message: no check, for the gas it forwards is charged but not used */
  remember(runState: RunState): void
  /** Regular gas that the last outermost message used up, burnt by a halt included. */
  readonly lastMessageGas: bigint
  /** The outermost message is over and used this much: disarms and counts what it ran. A halt burns more than was run. */
  finish(used: bigint): void
  /** The outermost message threw: disarms and counts what it ran; unarmed, where nobody counted, all it could have run. */
  interrupted(gasLimit: bigint): void
  abort(): never
}

export type FrameState = { readonly min: bigint; readonly caller: RunState | undefined }

export function createMeter(): Meter {
  let armed = false
  let budget = 0n
  let min = 0n
  let caller: RunState | undefined
  let slack = 0n
  let executedGas = 0n
  let lastMessageGas = 0n

  function abort(): never {
    throw new OverBudget('OVER_BUDGET', `execution needs more than the ${budget} regular gas that were left`, {
      budget,
    })
  }

  function allowance(depth: number): bigint {
    if (depth === 0) return slack
    assert(caller !== undefined, 'a nested message without a caller')
    const left = caller.gasLeft + caller.stateGasSpilled - min
    if (left < 0n) abort()
    slack = left
    return left
  }

  return {
    get armed() {
      return armed
    },
    get executedGas() {
      return executedGas
    },
    get lastMessageGas() {
      return lastMessageGas
    },
    disarm() {
      armed = false
    },
    arm(gas) {
      armed = true
      budget = gas > 0n ? gas : 0n
      slack = budget
      min = 0n
      caller = undefined
    },
    allowance,
    enterFrame(depth, gasLimit) {
      const outer = { min, caller }
      min = gasLimit - allowance(depth)
      return outer
    },
    leaveFrame(outer) {
      min = outer.min
      caller = outer.caller
    },
    check(runState) {
      const left = runState.gasLeft + runState.stateGasSpilled - min
      if (left < 0n) abort()
      slack = left
    },
    remember(runState) {
      caller = runState
    },
    finish(used) {
      lastMessageGas = used
      executedGas += armed && used > budget ? budget : used
      armed = false
    },
    interrupted(gasLimit) {
      executedGas += armed ? budget - slack : gasLimit
      armed = false
    },
    abort,
  }
}
