import type { Common } from '@ethereumjs/common'
import { EVMError } from '@ethereumjs/evm'
import { bytesToBigint } from '../stateless/bytes.ts'
import type { AmsterdamCore } from './amsterdamCore.ts'
import type { AmsterdamFrame } from './frameGas.ts'
import { analyseCode, type CodeAnalysis, readPush } from './jumpAnalysis.ts'
import { MESSAGE_OPCODES } from './messageOpcodes.ts'
import { olderEntry } from './olderOpcodes.ts'
import { slotEntry } from './slotOpcode.ts'
import type { JournaledState } from './stateManager.ts'
import { addressOf, PRICED_OPCODES, SELF_PRICED_OPCODES, type StateOpcode } from './stateOpcodes.ts'
import type { EnginePaths } from './types.ts'
import { WORD_OPCODES } from './wordOpcodes.ts'

/** The part of EthereumJS's run state (one call frame) that we touch; the library does not export its type. */
export type RunState = {
  gasLeft: bigint
  stateGasSpilled: bigint
  programCounter: number
  opCode: number
  code: Uint8Array
  validJumps: Uint8Array
  cachedPushes: Record<number, bigint>
  shouldDoJumpAnalysis: boolean
  stack: {
    readonly length: number
    pop(): bigint
    popN(count: number): bigint[]
    peek(count: number): bigint[]
    push(value: bigint): void
  }
  gasRefund: bigint
  interpreter: object
}

export type OpcodeEntry = {
  opcodeInfo: {
    readonly code: number
    readonly fullName?: string
    readonly feeBigInt: bigint
    readonly dynamicGas: boolean
    readonly isInvalid: boolean
  }
  opHandler: (runState: RunState, common: Common) => Promise<void> | undefined | void
  /** the price of a step with `dynamicGas`, given its fixed part */
  gasHandler?: (runState: RunState, gas: bigint, common: Common) => bigint | Promise<bigint>
}

export type OpcodeMap = OpcodeEntry[]

/** The table that a frame runs with, and the jump analysis that goes with it. */
export type OpcodeTable = { readonly map: OpcodeMap; analyse(code: Uint8Array): CodeAnalysis }

export type OpcodeHooks = {
  /** before every opcode but the CALL and CREATE families */
  beforeOpcode?: (runState: RunState) => void
  /** before an opcode of the CALL or CREATE family, whose gas is charged but not spent yet */
  beforeMessage?: (runState: RunState) => void
}

/**
 * How a run has depended on the amount of gas that was left, besides running out of it: not at all; by SSTORE, which wants
 * more than it costs; or as code that knows the amount (GAS, or a balance that paid for it) or gives a part of it away
 * (CALL, CREATE).
 */
export type GasSight = 'nothing' | 'sentry' | 'amount'

export type OpcodeContext = {
  /** told before each opcode that depends on the gas that is left */
  seesGas(sight: GasSight): void
  state: JournaledState
  analyses: WeakMap<Uint8Array, CodeAnalysis>
  /** EIP-8024 is active: DUPN, SWAPN and EXCHANGE have an immediate byte */
  immediates: boolean
  /** `reference`: only what the library does wrong is replaced */
  paths: EnginePaths
  /** Amsterdam: opcodes that touch state are ours */
  amsterdam: AmsterdamCore | undefined
}

const JUMP = 0x56
const JUMPI = 0x57
const EXTCODEHASH = 0x3f
const SLOAD = 0x54
const SSTORE = 0x55
/** GAS; BALANCE and SELFBALANCE, because a sender has paid for all of its limit. */
const GAS_READERS: ReadonlySet<number> = new Set([0x5a, 0x31, 0x47])
const PUSH1 = 0x60
const PUSH32 = 0x7f
/** CREATE, CALL, CALLCODE, DELEGATECALL, CREATE2, STATICCALL; of any fork. */
const MESSAGE_CODES: ReadonlySet<number> = new Set(MESSAGE_OPCODES.keys())

/**
 * EthereumJS's opcode table with handlers of our own and, when armed, a hook before each opcode.
 *
 * - JUMP, JUMPI: fail without hashing the whole code for an error text (the library does that: 38 KB hashed for 30 gas).
 * - PUSHn: constants are decoded on first use, since decoding all of them in advance makes analysis slow.
 * - Arithmetic and memory (wordOpcodes.ts), SLOAD (slotOpcode.ts): the same, faster.
 * - Amsterdam: whatever touches state (stateOpcodes.ts, messageOpcodes.ts). Before: what the library takes for bytecode
 *   containers (olderOpcodes.ts).
 * - EXTCODEHASH: reads the account only. The library loads the code to look for a format that is not active, and a
 *   witness need not hold it.
 */
export function buildOpcodeTable(base: OpcodeMap, context: OpcodeContext, hooks: OpcodeHooks = {}): OpcodeTable {
  const own = context.paths === 'reference' ? correctedEntry : ownEntry
  const map = base.map((entry) => hookEntry(tellSight(own(entry, context), context), hooks))
  return { map, analyse: createAnalysis(context) }
}

function ownEntry(entry: OpcodeEntry, context: OpcodeContext): OpcodeEntry {
  const { code } = entry.opcodeInfo
  if (code >= PUSH1 && code <= PUSH32) return { ...entry, opHandler: push }
  const word = WORD_OPCODES.get(code)
  if (word !== undefined) return { ...entry, ...word }
  if (code === SLOAD) return slotEntry(entry, context.state)
  return correctedEntry(entry, context)
}

/** Ours only where the library's is wrong, the words and the hash of an invalid jump included. */
function correctedEntry(entry: OpcodeEntry, context: OpcodeContext): OpcodeEntry {
  const { code } = entry.opcodeInfo
  if (code === JUMP) return { ...entry, opHandler: jump }
  if (code === JUMPI) return { ...entry, opHandler: jumpIf }
  if (code === EXTCODEHASH) {
    return { ...entry, opHandler: (runState) => pushCodeHash(runState, context) }
  }
  return context.amsterdam === undefined ? olderEntry(entry, context.state) : stateEntry(entry, context.amsterdam)
}

function stateEntry(entry: OpcodeEntry, core: AmsterdamCore): OpcodeEntry {
  const { code } = entry.opcodeInfo
  const handlerOf = (opcode: StateOpcode): OpcodeEntry['opHandler'] => {
    return (runState) => opcode(runState as unknown as AmsterdamFrame, core)
  }
  const priced = PRICED_OPCODES.get(code)
  if (priced !== undefined) return { ...entry, opHandler: handlerOf(priced) }
  const selfPriced = SELF_PRICED_OPCODES.get(code) ?? MESSAGE_OPCODES.get(code)
  if (selfPriced === undefined) return entry
  const opcodeInfo = { code, feeBigInt: 0n, dynamicGas: false, isInvalid: false }
  return { ...entry, opcodeInfo, opHandler: handlerOf(selfPriced) }
}

function tellSight(entry: OpcodeEntry, { seesGas }: OpcodeContext): OpcodeEntry {
  const { code } = entry.opcodeInfo
  if (code !== SSTORE && !GAS_READERS.has(code) && !MESSAGE_CODES.has(code)) return entry
  const sight = code === SSTORE ? 'sentry' : 'amount'
  return hookEntry(entry, { beforeOpcode: () => seesGas(sight), beforeMessage: () => seesGas(sight) })
}

function hookEntry(entry: OpcodeEntry, hooks: OpcodeHooks): OpcodeEntry {
  const hook = MESSAGE_CODES.has(entry.opcodeInfo.code) ? hooks.beforeMessage : hooks.beforeOpcode
  if (hook === undefined) return entry
  const { opHandler } = entry
  return {
    ...entry,
    opHandler(runState, common) {
      hook(runState)
      return opHandler(runState, common)
    },
  }
}

function jump(runState: RunState): void {
  jumpTo(runState, runState.stack.pop())
}

function jumpIf(runState: RunState): void {
  const [destination = 0n, condition = 0n] = runState.stack.popN(2)
  if (condition !== 0n) jumpTo(runState, destination)
}

function jumpTo(runState: RunState, destination: bigint): void {
  const target = destination < BigInt(runState.validJumps.length) ? Number(destination) : -1
  if (runState.validJumps[target] !== 1) throw new EVMError(EVMError.errorMessages.INVALID_JUMP)
  runState.programCounter = target
}

function push(runState: RunState): void {
  const length = runState.opCode - PUSH1 + 1
  const position = runState.programCounter
  runState.programCounter = position + length
  if (runState.shouldDoJumpAnalysis) {
    runState.stack.push(readPush(runState.code, position, length))
    return
  }
  let value = runState.cachedPushes[position]
  if (value === undefined) {
    value = readPush(runState.code, position, length)
    runState.cachedPushes[position] = value
  }
  runState.stack.push(value)
}

async function pushCodeHash(runState: RunState, context: OpcodeContext): Promise<void> {
  const account = await context.state.getAccount(addressOf(runState.stack.pop()))
  runState.stack.push(account === undefined || account.isEmpty() ? 0n : bytesToBigint(account.codeHash))
}

/** Jump analysis kept by code object: the library repeats it in every call frame that jumps. */
function createAnalysis({ analyses, immediates }: OpcodeContext): OpcodeTable['analyse'] {
  return (code) => {
    let analysis = analyses.get(code)
    if (analysis === undefined) {
      analysis = analyseCode(code, immediates)
      analyses.set(code, analysis)
    }
    return analysis
  }
}
