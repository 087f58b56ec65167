import { bytesEqual, bytesToHex, EMPTY_BYTES, hexToBytes } from '../../stateless/bytes.ts'
import { createdAddress, saltedAddress } from '../createdAddress.ts'
import { delegateOf } from '../delegation.ts'
import type { AccountSnapshot, PrestateTracerOptions } from '../traceTypes.ts'
import { wordToAddress, wordToBytes } from '../words.ts'
import type { TraceBudget } from './budget.ts'
import type { TracedMemory, TracedState, TracedStep, TracedTransaction, Tracer } from './tracer.ts'

const ACCOUNT_BYTES = 300
const SLOT_BYTES = 150

type Account = { balance: bigint; nonce: bigint; code: Uint8Array; storage: Map<bigint, bigint>; empty: boolean }
type Accounts = Map<string, Account>

/**
 * The accounts and slots that a transaction touches, as they were before it; in diff mode only what it changed, with what
 * became of it (geth eth/tracers/native/prestate.go). Unlike geth, an account counts as deleted when it is gone, not when
 * SELFDESTRUCT ran.
 */
export function createPrestateTracer(options: PrestateTracerOptions, budget: TraceBudget): Tracer {
  const pre: Accounts = new Map()
  let post: Map<string, AccountSnapshot> | undefined
  let state: TracedState | undefined
  let pending: Touch | undefined

  function lookUp(address: Uint8Array): void {
    const key = bytesToHex(address)
    if (state === undefined || pre.has(key)) return
    const found = state.getAccount(address)
    budget.take(ACCOUNT_BYTES + (options.disableCode ? 0 : (found?.code.length ?? 0)))
    const { balance, nonce, code } = found ?? { balance: 0n, nonce: 0n, code: EMPTY_BYTES }
    const empty = balance === 0n && nonce === 0n && code.length === 0
    pre.set(key, { balance, nonce, code, storage: new Map(), empty })
  }

  function lookUpSlot(address: Uint8Array, slot: bigint): void {
    lookUp(address)
    const storage = pre.get(bytesToHex(address))?.storage
    if (state === undefined || storage === undefined || options.disableStorage || storage.has(slot)) return
    budget.take(SLOT_BYTES)
    storage.set(slot, state.getStorage(address, slot))
  }

  function lookUpDelegate(address: Uint8Array): void {
    const delegate = delegateOf(state?.getAccount(address)?.code ?? EMPTY_BYTES)
    if (delegate !== undefined) lookUp(delegate.bytes)
  }

  function lookUpTouched(touch: Touch, memory?: TracedMemory): void {
    const { opcode, address, words } = touch
    if (opcode === SLOAD || opcode === SSTORE) {
      lookUpSlot(address, words[0] ?? 0n)
      return
    }
    const nonce = opcode === CREATE ? (state?.getAccount(address)?.nonce ?? 0n) : 0n
    const target = touchedAddress(touch, nonce, memory)
    lookUp(target)
    if (isCall(opcode)) lookUpDelegate(target)
  }

  function start({ sender, to, coinbase, authorities }: TracedTransaction): void {
    const nonce = state?.getAccount(sender)?.nonce ?? 0n
    const target = to ?? createdAddress(sender, nonce)
    for (const address of [sender, target, coinbase, ...authorities]) lookUp(address)
    lookUpDelegate(target)
  }

  return {
    onStart(transaction, initial) {
      state = initial
      start(transaction)
    },
    onStep(step) {
      pending = touchOf(step)
    },
    onPaid(memory) {
      if (pending !== undefined) lookUpTouched(pending, memory)
      pending = undefined
    },
    onFault(error) {
      // geth refuses a write when it is paid for; here nobody has asked for its price, so memory stays out of it.
      if (pending !== undefined && error === WRITE_PROTECTION && pending.opcode !== CREATE2) lookUpTouched(pending)
      pending = undefined
    },
    onEnd() {
      if (options.diffMode && state !== undefined) post = difference(pre, state, options, budget)
      if (options.includeEmpty) return
      for (const [key, { empty }] of pre) if (empty) pre.delete(key)
    },
    result: () => ({
      tracer: 'prestateTracer',
      pre: new Map([...pre].map(([key, account]) => [key, snapshotOf(account, options)])),
      ...(post === undefined ? {} : { post }),
    }),
  }
}

const WRITE_PROTECTION = 'write protection'
const SLOAD = 0x54
const SSTORE = 0x55
const CREATE = 0xf0
const CREATE2 = 0xf5
/** BALANCE, EXTCODESIZE, EXTCODECOPY, EXTCODEHASH, SELFDESTRUCT: their first argument is an address. */
const ADDRESS_FIRST: ReadonlySet<number> = new Set([0x31, 0x3b, 0x3c, 0x3f, 0xff])

/** CALL, CALLCODE, DELEGATECALL, STATICCALL */
function isCall(opcode: number): boolean {
  return opcode === 0xf1 || opcode === 0xf2 || opcode === 0xf4 || opcode === 0xfa
}

/** What a step is about: the words on top of its stack, as they are before anything takes them away. */
type Touch = { opcode: number; address: Uint8Array; words: readonly bigint[] }

/** Nothing is looked up yet: nobody has paid. */
function touchOf(step: TracedStep): Touch | undefined {
  const { opcode, height, address } = step
  const count = argumentCount(opcode)
  if (count === undefined || height < count) return undefined
  return { opcode, address, words: [step.peek(0), step.peek(1), step.peek(2), step.peek(3)] }
}

/** The words that must be there; undefined for opcodes that touch nothing. */
function argumentCount(opcode: number): number | undefined {
  if (ADDRESS_FIRST.has(opcode) || opcode === SLOAD || opcode === SSTORE) return 1
  if (isCall(opcode)) return 5
  if (opcode === CREATE) return 0
  return opcode === CREATE2 ? 4 : undefined
}

/** The other account that a step is about; `nonce` is that of a creator. */
function touchedAddress({ opcode, address, words }: Touch, nonce: bigint, memory?: TracedMemory): Uint8Array {
  const [first = 0n, second = 0n, third = 0n, fourth = 0n] = words
  if (opcode === CREATE) return createdAddress(address, nonce)
  if (opcode === CREATE2) {
    const initCode = memory?.window(second, third) ?? EMPTY_BYTES
    return saltedAddress(address, wordToBytes(fourth), initCode)
  }
  return wordToAddress(isCall(opcode) ? second : first)
}

/** What has changed since `pre`; takes out of `pre` what has not. */
function difference(
  pre: Accounts,
  state: TracedState,
  options: PrestateTracerOptions,
  budget: TraceBudget,
): Map<string, AccountSnapshot> {
  const post = new Map<string, AccountSnapshot>()
  for (const [key, before] of pre) {
    const address = hexToBytes(key)
    const now = state.getAccount(address)
    if (now === undefined && !before.empty) {
      keepChangedSlots(before, () => 0n)
      continue
    }
    const storage = keepChangedSlots(before, (slot) => (now === undefined ? 0n : state.getStorage(address, slot)))
    const { balance, nonce, code } = now ?? { balance: 0n, nonce: 0n, code: EMPTY_BYTES }
    const changed: AccountSnapshot = {
      ...(balance === before.balance ? {} : { balance }),
      ...(nonce === before.nonce ? {} : { nonce }),
      ...(options.disableCode || bytesEqual(code, before.code) ? {} : { code }),
      ...(storage.size === 0 ? {} : { storage }),
    }
    const modified = Object.keys(changed).length > 0 || before.storage.size > 0
    if (!modified) pre.delete(key)
    else {
      budget.take(ACCOUNT_BYTES + (changed.code?.length ?? 0) + storage.size * SLOT_BYTES)
      post.set(key, changed)
    }
  }
  return post
}

/** The slots that have another value now (zeros left out). Slots that are as before, or were zero, leave `before`. */
function keepChangedSlots(before: Account, valueNow: (slot: bigint) => bigint): Map<bigint, bigint> {
  const changed = new Map<bigint, bigint>()
  for (const [slot, value] of before.storage) {
    const next = valueNow(slot)
    if (next !== value && next !== 0n) changed.set(slot, next)
    if (value === 0n || next === value) before.storage.delete(slot)
  }
  return changed
}

function snapshotOf({ balance, nonce, code, storage }: Account, options: PrestateTracerOptions): AccountSnapshot {
  return {
    balance,
    nonce,
    ...(options.disableCode || code.length === 0 ? {} : { code }),
    ...(options.disableStorage || storage.size === 0 ? {} : { storage }),
  }
}
