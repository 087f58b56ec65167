import type { Address } from '@ethereumjs/util'
import { bytesToBigint } from '../stateless/bytes.ts'
import type { FrameMemory } from './frameMemory.ts'
import type { RunState } from './opcodeMap.ts'
import type { JournaledState } from './stateManager.ts'
import type { TracedState, TracedStep } from './tracers/tracer.ts'
import { wordToBytes } from './words.ts'

/** A running frame of any fork: what a trace reads of the library's run state. */
export type TracedFrame = Omit<RunState, 'interpreter' | 'stack'> & {
  readonly stack: RunState['stack'] & { readonly _store: bigint[]; readonly length: number }
  readonly memory: FrameMemory
  readonly memoryWordCount: bigint
  readonly returnBytes: Uint8Array
  /** older forks: what a CALL or CREATE will hand to its callee, without stipend */
  readonly messageGasLimit?: bigint
  /** Amsterdam: the price that could not be paid */
  readonly wanted?: bigint
  readonly env: {
    readonly address: Address
    readonly callValue: bigint
    readonly depth: number
  }
  readonly interpreter: { readonly _result: { readonly logs: readonly LibraryLog[] } }
}

export type LibraryLog = readonly [Uint8Array, Uint8Array[], Uint8Array]

/** One object for all steps, which shows the frame that it was last set to: making one for each costs more than the step. */
export function createStepView(): (frame: TracedFrame, opcode: number, name: string) => TracedStep {
  let shown: TracedFrame
  const sizeOf = (frame: TracedFrame): number => Number(frame.memoryWordCount) * 32
  const view = {
    opcode: 0,
    name: '',
    get pc() {
      return shown.programCounter
    },
    get gas() {
      return shown.gasLeft
    },
    get depth() {
      return shown.env.depth
    },
    get refund() {
      return shown.gasRefund
    },
    get address() {
      return shown.env.address.bytes
    },
    get height() {
      return shown.stack.length
    },
    get memorySize() {
      return sizeOf(shown)
    },
    get returnData() {
      return shown.returnBytes
    },
    peek: (below: number) => shown.stack._store[shown.stack.length - 1 - below] ?? 0n,
    stack: () => shown.stack._store.slice(0, shown.stack.length),
    memory: () => padded(shown.memory._store, 0, sizeOf(shown)),
  }
  return (frame, opcode, name) => {
    shown = frame
    view.opcode = opcode
    view.name = name
    return view
  }
}

/** Memory that was paid for exists as far as somebody wrote or read it. */
function padded(store: Uint8Array, offset: number, length: number): Uint8Array {
  const out = new Uint8Array(length)
  out.set(store.subarray(offset, offset + length))
  return out
}

/** State for tracers: reads that nothing records. */
export function tracedState(state: JournaledState, isPrecompile: TracedState['isPrecompile']): TracedState {
  return {
    getAccount(address) {
      const account = state.peekAccount(address)
      if (account === undefined) return undefined
      const { nonce, balance, codeHash } = account
      return { nonce, balance, code: state.codeByHash(codeHash) }
    },
    getStorage: (address, slot) => bytesToBigint(state.peekStorage(address, wordToBytes(slot))),
    isPrecompile,
  }
}

export function asTraced(runState: RunState): TracedFrame {
  return runState as unknown as TracedFrame
}
