import type { CallKind, TraceResult } from '../traceTypes.ts'
import type { Log } from '../types.ts'

/**
 * What watches one transaction. Callbacks come in this order: `onStart`, then of each frame `onEnter`, its steps, logs and
 * inner frames, `onExit`; at last `onEnd`. Bytes and arrays that they get are lent: copy what is to outlive the callback.
 *
 * A tracer without `onStep` costs the run next to nothing, one that does not listen for frames and logs either nothing at
 * all. What `onStep` does takes constant time, or is taken from the budget: the step is not paid for yet.
 */
export type Tracer = {
  /** nothing has been charged yet */
  onStart?(transaction: TracedTransaction, state: TracedState): void
  onEnter?(frame: EnteredFrame): void
  onExit?(end: FrameEnd): void
  /** before the opcode does anything */
  onStep?(step: TracedStep): void
  /** the price of the step told last, before it enters a frame */
  onPrice?(cost: bigint): void
  /** the step told last is paid for and has changed nothing yet; may come after `onPrice` of a step that changes nothing */
  onPaid?(memory: TracedMemory): void
  /** the step told last halts its frame, other than by a revert */
  onFault?(error: string): void
  onLog?(log: Log): void
  /** fees are paid and accounts cleared */
  onEnd?(end: { gasUsed: bigint }): void
  result(): TraceResult
}

/** Watches as a tracer does, and has its result elsewhere. */
export type Watcher = Omit<Tracer, 'result'>

export type TracedTransaction = {
  sender: Uint8Array
  to?: Uint8Array
  gasLimit: bigint
  coinbase: Uint8Array
  /** logs of the same block before it */
  logsBefore: number
  /** of EIP-7702 authorizations that a signer can be recovered from */
  authorities: readonly Uint8Array[]
}

/** State as it is now; looking at it leaves no trace in block access lists. */
export type TracedState = {
  getAccount(address: Uint8Array): { nonce: bigint; balance: bigint; code: Uint8Array } | undefined
  getStorage(address: Uint8Array, slot: bigint): bigint
  /** at the outermost level a precompile is called like anybody else */
  isPrecompile(address: Uint8Array): boolean
}

export type EnteredFrame = {
  /** 0 is the outermost frame */
  depth: number
  type: CallKind
  from: Uint8Array
  to: Uint8Array
  /** init code for creations */
  input: Uint8Array
  gas: bigint
  value?: bigint
}

export type FrameEnd = {
  depth: number
  output: Uint8Array
  gasUsed: bigint
  error?: string
  /** false: the error took nothing back (Frontier: no gas for the code of a creation) */
  reverted: boolean
}

/** Good for the duration of the callback. */
export type TracedStep = {
  readonly pc: number
  readonly opcode: number
  readonly name: string
  readonly gas: bigint
  /** 0 is the outermost frame */
  readonly depth: number
  readonly refund: bigint
  readonly address: Uint8Array
  /** height of the stack */
  readonly height: number
  /** the item this far below the top; 0 when there is none */
  peek(below: number): bigint
  /** a copy, bottom first */
  stack(): bigint[]
  /** a copy, whole words */
  memory(): Uint8Array
  readonly memorySize: number
  readonly returnData: Uint8Array
}

/**
 * Memory of a step that is paid for: the only moment at which a tracer may look at what the step's arguments name. Before,
 * they may name gigabytes for nothing.
 */
export type TracedMemory = {
  /** lent; for windows that the step has paid for */
  window(offset: bigint, size: bigint): Uint8Array
}

/** The words of an error that took state back by choice. */
export const EXECUTION_REVERTED = 'execution reverted'
