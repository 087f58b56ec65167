import { createEIP7708TransferLog } from '@ethereumjs/evm'
import { Account, Address } from '@ethereumjs/util'
import { bigintToMinimalBytes, bytesEqual, bytesToBigint } from '../stateless/bytes.ts'
import type { AmsterdamCore } from './amsterdamCore.ts'
import {
  type AmsterdamFrame,
  chargeGas,
  chargeStateGas,
  creditStateGas,
  halt,
  type MemoryWindow,
  requireGas,
  STORAGE_SENTRY,
} from './frameGas.ts'
import { isAlive, moveEther } from './messages.ts'
import type { JournaledState } from './stateManager.ts'
import { wordToAddress, wordToBytes } from './words.ts'

/** A handler that charges its own gas, or (`priced`) one that runs after the library's gas function. */
export type StateOpcode = (frame: AmsterdamFrame, core: AmsterdamCore) => Promise<void> | void

/**
 * BALANCE, SELFBALANCE, EXTCODESIZE, EXTCODECOPY: gas as in the library; code is what lies there, whatever it begins
 * with, and it is read even when none of it is copied (EELS vm/instructions/environment.py).
 */
export const PRICED_OPCODES: ReadonlyMap<number, StateOpcode> = new Map<number, StateOpcode>([
  [0x31, balance],
  [0x3b, (frame, { state }) => pushCodeSize(frame, state)],
  [0x3c, (frame, { state }) => copyCode(frame, state)],
  [0x47, selfBalance],
])

/** SSTORE and SELFDESTRUCT charge in the order of EELS: no state is read before its price is known to be there. */
export const SELF_PRICED_OPCODES: ReadonlyMap<number, StateOpcode> = new Map([
  [0x55, storeSlot],
  [0xff, selfDestruct],
])

async function balance(frame: AmsterdamFrame, { state }: AmsterdamCore): Promise<void> {
  const account = await state.getAccount(addressOf(frame.stack.pop()))
  frame.stack.push(account?.balance ?? 0n)
}

/** At 5 gas the price of a promise would show. */
function selfBalance(frame: AmsterdamFrame, { state }: AmsterdamCore): void {
  frame.stack.push(state.peekAccount(frame.env.address.bytes)?.balance ?? 0n)
}

/** EXTCODESIZE, its gas charged. */
export async function pushCodeSize({ stack }: Pick<AmsterdamFrame, 'stack'>, state: JournaledState): Promise<void> {
  const code = await state.getCode(addressOf(stack.pop()))
  stack.push(BigInt(code.length))
}

/** EXTCODECOPY, its gas charged. */
export async function copyCode(
  { stack, memory }: Pick<AmsterdamFrame, 'stack' | 'memory'>,
  state: JournaledState,
): Promise<void> {
  const [address = 0n, memoryOffset = 0n, codeOffset = 0n, size = 0n] = stack.popN(4)
  const code = await state.getCode(addressOf(address))
  if (size > 0n) memory.write(Number(memoryOffset), Number(size), slice(code, [codeOffset, size]))
}

/** `size` bytes, zeros where there are none. */
function slice(bytes: Uint8Array, [offset, size]: MemoryWindow): Uint8Array {
  const out = new Uint8Array(Number(size))
  if (offset < BigInt(bytes.length)) out.set(bytes.subarray(Number(offset), Number(offset) + out.length))
  return out
}

/** EIP-2200, EIP-8037, EIP-8038 (EELS vm/instructions/storage.py sstore). A credit comes before the charges. */
async function storeSlot(frame: AmsterdamFrame, { evm, state, costs }: AmsterdamCore): Promise<void> {
  if (frame.env.isStatic) halt('STATIC_STATE_CHANGE')
  const [slot = 0n, next = 0n] = frame.stack.popN(2)
  const { address } = frame.env
  const key = wordToBytes(slot)
  const cold = !evm.journal.isWarmedStorage(address.bytes, key)
  let cost = cold ? costs.coldSlot : costs.warmAccess
  requireGas(frame, cost > STORAGE_SENTRY ? cost : STORAGE_SENTRY)
  if (cold) evm.journal.addWarmedStorage(address.bytes, key)
  const current = bytesToBigint(await state.getStorage(address, key))
  const original = bytesToBigint(await state.originalStorageCache.get(address, key))
  if (original === current && current !== next) cost += costs.storageWrite
  if (current !== next) {
    if (original !== 0n && current !== 0n && next === 0n) frame.gasRefund += costs.storageClearRefund
    if (original !== 0n && current === 0n) frame.gasRefund -= costs.storageClearRefund
    if (original === next) frame.gasRefund += costs.storageWrite
    if (original === 0n && next === 0n) creditStateGas(evm, frame, costs.newSlot)
  }
  chargeGas(frame, cost)
  if (original === 0n && current === 0n && next !== 0n) chargeStateGas(evm, frame, costs.newSlot)
  evm.tracing?.paid(frame, 0n)
  await state.putStorage(address, key, bigintToMinimalBytes(next))
}

/** EIP-6780, EIP-8246 (EELS vm/instructions/system.py selfdestruct): nothing is burnt. */
async function selfDestruct(frame: AmsterdamFrame, core: AmsterdamCore): Promise<void> {
  const { evm, state, costs } = core
  if (frame.env.isStatic) halt('STATIC_STATE_CHANGE')
  const beneficiary = addressOf(frame.stack.pop())
  const { address } = frame.env
  const cold = !evm.journal.isWarmedAddress(beneficiary.bytes)
  let cost = costs.selfdestruct + (cold ? costs.coldAccount : 0n)
  requireGas(frame, cost)
  if (cold) evm.journal.addWarmedAddress(beneficiary.bytes)
  const alive = isAlive(await state.getAccount(beneficiary))
  const left = (await state.getAccount(address))?.balance ?? 0n
  const createsAccount = !alive && left !== 0n
  if (createsAccount) cost += costs.accountWrite
  chargeGas(frame, cost)
  if (createsAccount) chargeStateGas(evm, frame, costs.newAccount)
  evm.tracing?.paid(frame, 0n)
  const result = frame.interpreter._result
  if (!bytesEqual(address.bytes, beneficiary.bytes)) {
    if (left > 0n) {
      await moveEther(core, address, beneficiary, left)
      result.logs.push(createEIP7708TransferLog(address, beneficiary, left))
    } else if (!alive) {
      await evm.journal.putAccount(beneficiary, new Account())
    }
  }
  if (core.created.has(address.toString())) result.selfdestruct.set(address.toString(), beneficiary.toString())
  halt('STOP')
}

export function addressOf(word: bigint): Address {
  return new Address(wordToAddress(word))
}
