import { Message } from '@ethereumjs/evm'
import { Account, Address } from '@ethereumjs/util'
import { bytesToBigint, EMPTY_BYTES } from '../stateless/bytes.ts'
import type { AmsterdamCore } from './amsterdamCore.ts'
import { createdAddress, saltedAddress } from './createdAddress.ts'
import { delegateOf } from './delegation.ts'
import {
  type AmsterdamFrame,
  callGasLimit,
  chargeGas,
  chargeStateGas,
  creditStateGas,
  extendMemory,
  halt,
  lendMemory,
  type MemoryWindow,
  memoryGas,
  readMemory,
  requireGas,
  wordCount,
} from './frameGas.ts'
import { isAlive, mergeChild, runMessage } from './messages.ts'
import { addressOf, type StateOpcode } from './stateOpcodes.ts'
import { wordToBytes } from './words.ts'

const MAX_DEPTH = 1024
const MAX_NONCE = (1n << 64n) - 1n

/** The CALL and CREATE families (EELS vm/instructions/system.py); they charge their own gas. */
export const MESSAGE_OPCODES: ReadonlyMap<number, StateOpcode> = new Map([
  [0xf0, (frame: AmsterdamFrame, core: AmsterdamCore) => create(frame, core, 3)],
  [0xf1, (frame: AmsterdamFrame, core: AmsterdamCore) => call(frame, core, 'call')],
  [0xf2, (frame: AmsterdamFrame, core: AmsterdamCore) => call(frame, core, 'callcode')],
  [0xf4, (frame: AmsterdamFrame, core: AmsterdamCore) => call(frame, core, 'delegatecall')],
  [0xf5, (frame: AmsterdamFrame, core: AmsterdamCore) => create(frame, core, 4)],
  [0xfa, (frame: AmsterdamFrame, core: AmsterdamCore) => call(frame, core, 'staticcall')],
])

type CallKind = 'call' | 'callcode' | 'delegatecall' | 'staticcall'

type CallArguments = {
  kind: CallKind
  gas: bigint
  target: Address
  value: bigint
  input: MemoryWindow
  output: MemoryWindow
}

function popCall(frame: AmsterdamFrame, kind: CallKind): CallArguments {
  const hasValue = kind === 'call' || kind === 'callcode'
  const items = frame.stack.popN(hasValue ? 7 : 6)
  const [gas = 0n, target = 0n] = items
  const [inOffset = 0n, inSize = 0n, outOffset = 0n, outSize = 0n] = items.slice(hasValue ? 3 : 2)
  const value = hasValue ? (items[2] ?? 0n) : 0n
  return { kind, gas, target: addressOf(target), value, input: [inOffset, inSize], output: [outOffset, outSize] }
}

async function call(frame: AmsterdamFrame, core: AmsterdamCore, kind: CallKind): Promise<void> {
  const { evm, state, costs } = core
  const args = popCall(frame, kind)
  const { target, value } = args
  if (kind === 'call' && frame.env.isStatic && value !== 0n) halt('STATIC_STATE_CHANGE')
  const windows = [args.input, args.output]
  const code = await resolveCode(frame, core, target, memoryGas(frame, windows) + (value === 0n ? 0n : costs.callValue))
  const createsAccount = kind === 'call' && value !== 0n && !isAlive(await state.getAccount(target))
  if (createsAccount) chargeStateGas(evm, frame, costs.newAccount)
  const most = callGasLimit(frame.gasLeft)
  const stipend = value === 0n ? 0n : costs.callStipend
  const gasLimit = (args.gas < most ? args.gas : most) + stipend
  extendMemory(frame, windows)
  evm.tracing?.paid(frame, gasLimit - stipend)
  // What the callee gets is not taken before it ran; the meter counts on that.
  frame.gasLeft += stipend
  frame.returnBytes = EMPTY_BYTES
  const payable = value === 0n || (state.peekAccount(frame.env.address.bytes)?.balance ?? 0n) >= value
  const succeeded = frame.env.depth < MAX_DEPTH && payable && (await enter(frame, core, args, gasLimit, code))
  if (!succeeded && createsAccount) creditStateGas(evm, frame, costs.newAccount)
  frame.stack.push(succeeded ? 1n : 0n)
  const [offset, size] = args.output
  const written = frame.returnBytes.subarray(0, size < BigInt(frame.returnBytes.length) ? Number(size) : undefined)
  if (written.length > 0) frame.memory.write(Number(offset), written.length, written)
}

type Callee = { code: Uint8Array; address: Address; delegated: boolean }

/** Charges the access to the callee, to its delegate, and `other`; reads nothing that is not paid for. */
async function resolveCode(
  frame: AmsterdamFrame,
  { evm, state, costs }: AmsterdamCore,
  target: Address,
  other: bigint,
): Promise<Callee> {
  const accessGas = (address: Address) =>
    evm.journal.isWarmedAddress(address.bytes) ? costs.warmAccess : costs.coldAccount
  const cost = other + accessGas(target)
  requireGas(frame, cost)
  evm.journal.addWarmedAddress(target.bytes)
  const code = await state.getCode(target)
  const delegate = delegateOf(code)
  if (delegate === undefined) {
    chargeGas(frame, cost)
    return { code, address: target, delegated: false }
  }
  chargeGas(frame, cost + accessGas(delegate))
  evm.journal.addWarmedAddress(delegate.bytes)
  return { code: await state.getCode(delegate), address: delegate, delegated: true }
}

async function enter(
  frame: AmsterdamFrame,
  core: AmsterdamCore,
  args: CallArguments,
  gasLimit: bigint,
  callee: Callee,
): Promise<boolean> {
  const { env } = frame
  const { kind } = args
  const inCaller = kind === 'callcode' || kind === 'delegatecall'
  const precompile = core.evm.getPrecompile(callee.address)
  const message = new Message({
    caller: kind === 'delegatecall' ? env.caller : env.address,
    to: inCaller ? env.address : args.target,
    codeAddress: callee.address,
    // A delegation to a precompile runs nothing (EIP-7702).
    code: precompile === undefined ? callee.code : EMPTY_BYTES,
    value: kind === 'delegatecall' ? env.callValue : args.value,
    data: lendMemory(frame, args.input),
    gasLimit,
    depth: env.depth + 1,
    isStatic: env.isStatic || kind === 'staticcall',
    delegatecall: kind === 'delegatecall',
    gasRefund: frame.gasRefund,
    selfdestruct: new Map(),
    createdAddresses: core.created,
    blobVersionedHashes: env.blobVersionedHashes,
  })
  await core.breathe()
  const result = await runMessage(core, { message, precompile: callee.delegated ? undefined : precompile })
  frame.returnBytes = result.execResult.returnValue
  return mergeChild(core, frame, result)
}

/** `items`: CREATE has three, CREATE2 a salt as well. */
async function create(frame: AmsterdamFrame, core: AmsterdamCore, items: 3 | 4): Promise<void> {
  const { evm, state, costs } = core
  if (frame.env.isStatic) halt('STATIC_STATE_CHANGE')
  const [endowment = 0n, offset = 0n, size = 0n, salt = 0n] = frame.stack.popN(items)
  const window: MemoryWindow = [offset, size]
  const wordPrice = costs.initCodeWord + (items === 4 ? costs.keccakWord : 0n)
  chargeGas(frame, costs.createAccess + memoryGas(frame, [window]) + wordPrice * wordCount(size))
  if (size > costs.maxInitCodeSize) halt('INITCODE_SIZE_VIOLATION')
  extendMemory(frame, [window])
  const initCode = readMemory(frame, window)
  frame.returnBytes = EMPTY_BYTES
  const { address } = frame.env
  const creator = (await state.getAccount(address)) ?? new Account()
  if (creator.balance < endowment || creator.nonce === MAX_NONCE || frame.env.depth >= MAX_DEPTH) {
    frame.stack.push(0n)
    return
  }
  const target =
    items === 4
      ? new Address(saltedAddress(address.bytes, wordToBytes(salt), initCode))
      : nextAddress(address, creator.nonce)
  evm.journal.addWarmedAddress(target.bytes)
  const account = await state.getAccount(target)
  const createsAccount = !isAlive(account)
  if (createsAccount) chargeStateGas(evm, frame, costs.newAccount)
  const gasLimit = callGasLimit(frame.gasLeft)
  evm.tracing?.paid(frame, gasLimit)
  creator.nonce += 1n
  await evm.journal.putAccount(address, creator)
  if (account !== undefined && !isDeployable(account)) {
    frame.gasLeft -= gasLimit
    frame.stack.push(0n)
    return
  }
  const message = new Message({
    caller: address,
    to: target,
    value: endowment,
    code: initCode,
    gasLimit,
    depth: frame.env.depth + 1,
    gasRefund: frame.gasRefund,
    selfdestruct: new Map(),
    createdAddresses: core.created,
    blobVersionedHashes: frame.env.blobVersionedHashes,
  })
  await core.breathe()
  const result = await runMessage(core, { message, create: true })
  const succeeded = mergeChild(core, frame, result)
  if (!succeeded && createsAccount) creditStateGas(evm, frame, costs.newAccount)
  frame.returnBytes = succeeded ? EMPTY_BYTES : result.execResult.returnValue
  frame.stack.push(succeeded ? bytesToBigint(target.bytes) : 0n)
}

/** EIP-684; storage does not matter (EIP-7610 is not part of Amsterdam). */
export function isDeployable(account: Account): boolean {
  return account.nonce === 0n && !account.isContract()
}

export function nextAddress(creator: Address, nonce: bigint): Address {
  return new Address(createdAddress(creator.bytes, nonce))
}
