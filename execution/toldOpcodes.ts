import type { Common } from '@ethereumjs/common'
import { EVMError } from '@ethereumjs/evm'
import type { EvmTrace, OpenStep, OutgoingMessage } from './evmTrace.ts'
import { lendMemory } from './frameGas.ts'
import type { OpcodeEntry, RunState } from './opcodeMap.ts'
import type { JournaledState } from './stateManager.ts'
import { asTraced, type TracedFrame } from './tracedFrame.ts'
import type { CallKind } from './traceTypes.ts'
import { wordToAddress } from './words.ts'

export type ToldDeps = { trace: EvmTrace; state: JournaledState }

const SELFDESTRUCT = 0xff
const LOG0 = 0xa0
const LOG4 = 0xa4
const MAX_DEPTH = 1024
const MAX_NONCE = (1n << 64n) - 1n

export const MESSAGE_KINDS: ReadonlyMap<number, CallKind> = new Map([
  [0xf0, 'CREATE'],
  [0xf1, 'CALL'],
  [0xf2, 'CALLCODE'],
  [0xf4, 'DELEGATECALL'],
  [0xf5, 'CREATE2'],
  [0xfa, 'STATICCALL'],
])

/** Tells of messages that are made or refused, of logs and of SELFDESTRUCT; leaves other opcodes alone. */
export function toldEntry(entry: OpcodeEntry, opcode: number, deps: ToldDeps): OpcodeEntry {
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
  const to = wordToAddress(peek(1))
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
  { trace, state }: ToldDeps,
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
    // Lent: code may pay for megabytes once and be refused with them again and again.
    input: lendMemory(frame, [offset, size]),
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
  { trace, state }: ToldDeps,
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
      const to = wordToAddress(beneficiary)
      trace.selfDestructed(env.address.bytes, to, balance)
    }
    throw error
  }
}
