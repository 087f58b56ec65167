import type { ExecuteBlockRequest, Log } from './types.ts'

/** Which tracer watches a run, and how. The names are geth's. */
export type TracerOptions =
  | StructLoggerOptions
  | CallTracerOptions
  | PrestateTracerOptions
  | { tracer: '4byteTracer' }
  | { tracer: 'noopTracer' }
  | { tracer: 'muxTracer'; tracers: readonly TracerOptions[] }

/** Every opcode. */
export type StructLoggerOptions = {
  tracer: 'structLogger'
  enableMemory: boolean
  disableStack: boolean
  disableStorage: boolean
  enableReturnData: boolean
  /** steps to keep; 0: all */
  limit: number
}

/** The tree of calls. */
export type CallTracerOptions = { tracer: 'callTracer'; onlyTopCall: boolean; withLog: boolean }

/** The accounts and slots that a transaction touches, as they were before it. */
export type PrestateTracerOptions = {
  tracer: 'prestateTracer'
  /** only what changed, before and after */
  diffMode: boolean
  disableCode: boolean
  disableStorage: boolean
  /** also accounts that were not there */
  includeEmpty: boolean
}

export type TraceResult =
  | StructTrace
  | { tracer: 'callTracer'; call: CallFrame }
  | PrestateTrace
  /** selector (8 hex digits) and size of the other call data, "a9059cbb-64" -> how often */
  | { tracer: '4byteTracer'; counts: ReadonlyMap<string, number> }
  | { tracer: 'noopTracer' }
  | { tracer: 'muxTracer'; results: readonly TraceResult[] }

export type StructTrace = {
  tracer: 'structLogger'
  gasUsed: bigint
  failed: boolean
  /** return data, or the data of a revert */
  output: Uint8Array
  steps: readonly StructLog[]
}

/** One step, as it was before it ran. Gas is a `number` here: a trace has millions of them, each far below 2^53. */
export type StructLog = {
  pc: number
  op: string
  gas: number
  /** for the CALL family with what is handed to the callee; the state gas that the frame's own gas had to pay included */
  gasCost: number
  /** 1 is the outermost frame */
  depth: number
  /** counter of refunds before the step */
  refund: number
  /** why the step halted its frame, in geth's words */
  error?: string
  /** bottom first */
  stack?: readonly bigint[]
  /** whole words */
  memory?: Uint8Array
  returnData?: Uint8Array
  /** SLOAD and SSTORE: the slots of this contract that were touched so far, this step's included */
  storage?: ReadonlyMap<bigint, bigint>
}

export type CallKind = 'CALL' | 'CALLCODE' | 'DELEGATECALL' | 'STATICCALL' | 'CREATE' | 'CREATE2' | 'SELFDESTRUCT'

export type CallFrame = {
  type: CallKind
  from: Uint8Array
  /** absent for a creation that failed */
  to?: Uint8Array
  input: Uint8Array
  /** outermost frame: the limit of the transaction */
  gas: bigint
  /** outermost frame: what the sender pays for */
  gasUsed: bigint
  /** absent for STATICCALL; DELEGATECALL: that of the caller */
  value?: bigint
  output?: Uint8Array
  /** in geth's words; the output of a revert is kept */
  error?: string
  calls: readonly CallFrame[]
  logs: readonly TracedLog[]
}

/**
 * `position`: how many calls of its frame came before it. `index`: how many logs of its block did, as in the receipt; those
 * that a failed frame took back do not count. Of a call alone it begins with 0.
 */
export type TracedLog = Log & { position: number; index: number }

export type PrestateTrace = {
  tracer: 'prestateTracer'
  /** by address, 40 hex digits */
  pre: ReadonlyMap<string, AccountSnapshot>
  /** diff mode: the fields that changed; an account that is gone is not here */
  post?: ReadonlyMap<string, AccountSnapshot>
}

export type AccountSnapshot = {
  balance?: bigint
  nonce?: bigint
  code?: Uint8Array
  storage?: ReadonlyMap<bigint, bigint>
}

/** A sealed block that is run once more, on the state of its parent. */
export type ReplayRequest = Omit<ExecuteBlockRequest, 'blockAccessList'> & {
  /** stops a run that takes too long */
  signal?: AbortSignal
}

export type TraceOptions = {
  options: TracerOptions
  /** most memory that the trace may take; default 64 MiB */
  maxBytes?: number
}

export type TraceBlockRequest = ReplayRequest &
  TraceOptions & {
    /** index of the one transaction to trace; default: all. Later ones do not run. */
    only?: number
  }
