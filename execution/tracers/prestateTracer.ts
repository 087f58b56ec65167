import { generateAddress, generateAddress2 } from '@ethereumjs/util'
import { bigintToMinimalBytes, bytesEqual, bytesToHex, EMPTY_BYTES, hexToBytes } from '../../stateless/bytes.ts'
import { delegateOf } from '../delegation.ts'
import type { AccountSnapshot, PrestateTracerOptions } from '../traceTypes.ts'
import type { TraceBudget } from './budget.ts'
import type { TracedState, TracedStep, TracedTransaction, Tracer } from './tracer.ts'

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

  function lookUp(address: Uint8Array): void {
    const key = bytesToHex(address)
    if (state === undefined || pre.has(key)) return
    const found = state.getAccount(address)
    budget.take(ACCOUNT_BYTES)
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

  function start({ sender, to, coinbase, authorities }: TracedTransaction): void {
    const nonce = state?.getAccount(sender)?.nonce ?? 0n
    const target = to ?? generateAddress(sender, bigintToMinimalBytes(nonce))
    for (const address of [sender, target, coinbase, ...authorities]) lookUp(address)
    lookUpDelegate(target)
  }

  return {
    onStart(transaction, initial) {
      state = initial
      start(transaction)
    },
    onStep(step) {
      if (!WATCHED.has(step.opcode)) return
      const target = touchedAddress(step, (address) => state?.getAccount(address)?.nonce ?? 0n)
      if (target !== undefined) {
        lookUp(target)
        if (isCall(step.opcode)) lookUpDelegate(target)
      }
      if ((step.opcode === SLOAD || step.opcode === SSTORE) && step.height >= 1) lookUpSlot(step.address, step.peek(0))
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

const SLOAD = 0x54
const SSTORE = 0x55
const CREATE = 0xf0
const CREATE2 = 0xf5
/** BALANCE, EXTCODESIZE, EXTCODECOPY, EXTCODEHASH, SELFDESTRUCT: their first argument is an address. */
const ADDRESS_FIRST: ReadonlySet<number> = new Set([0x31, 0x3b, 0x3c, 0x3f, 0xff])

const WATCHED: ReadonlySet<number> = new Set([...ADDRESS_FIRST, SLOAD, SSTORE, CREATE, 0xf1, 0xf2, 0xf4, CREATE2, 0xfa])

/** CALL, CALLCODE, DELEGATECALL, STATICCALL */
function isCall(opcode: number): boolean {
  return opcode === 0xf1 || opcode === 0xf2 || opcode === 0xf4 || opcode === 0xfa
}

/** The other account that a step is about. */
function touchedAddress(step: TracedStep, nonceOf: (address: Uint8Array) => bigint): Uint8Array | undefined {
  const { opcode, height } = step
  if (ADDRESS_FIRST.has(opcode) && height >= 1) return toAddress(step.peek(0))
  if (isCall(opcode) && height >= 5) return toAddress(step.peek(1))
  if (opcode === CREATE) return generateAddress(step.address, bigintToMinimalBytes(nonceOf(step.address)))
  if (opcode !== CREATE2 || height < 4) return undefined
  const initCode = step.memoryWindow(step.peek(1), step.peek(2))
  return generateAddress2(step.address, toWord(step.peek(3)), initCode)
}

function toAddress(word: bigint): Uint8Array {
  return hexToBytes(BigInt.asUintN(160, word).toString(16).padStart(40, '0'))
}

function toWord(word: bigint): Uint8Array {
  return hexToBytes(word.toString(16).padStart(64, '0'))
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
      budget.take(ACCOUNT_BYTES + storage.size * SLOT_BYTES)
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
