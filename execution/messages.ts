import {
  createEIP7708TransferLog,
  EVMError,
  type EVMResult,
  type ExecResult,
  type Log,
  type Message,
} from '@ethereumjs/evm'
import { Account, type Address } from '@ethereumjs/util'
import { EMPTY_BYTES } from '../stateless/bytes.ts'
import type { AmsterdamCore, FrameOptions, FrameRequest, StateGasEntry } from './amsterdamCore.ts'
import type { EvmTrace } from './evmTrace.ts'
import { type AmsterdamFrame, chargeGas, chargeStateGas, halt, repayStateGasSpill, wordCount } from './frameGas.ts'
import { assert } from './internal.ts'

export function stateGasEntry({ evm }: AmsterdamCore): StateGasEntry {
  return { reservoir: evm.stateGasReservoir, used: evm.executionStateGasUsed }
}

/**
 * Runs one frame and settles it (EELS vm/interpreter.py process_call, process_create): a failure takes back state, warm
 * addresses, logs, refunds and state gas; after a revert what state gas had spilled is gas again, after a halt all is
 * gone. `executionGasUsed` of the result is out of the message's gas limit.
 */
export function runMessage(core: AmsterdamCore, request: FrameRequest): Promise<EVMResult> {
  const { tracing } = core.evm
  return tracing === undefined || request.message.depth === 0
    ? runAndSettle(core, request)
    : runTraced(core, request, tracing)
}

async function runTraced(core: AmsterdamCore, request: FrameRequest, tracing: EvmTrace): Promise<EVMResult> {
  tracing.enterInner(request.message, request.message.to?.bytes)
  const result = await runAndSettle(core, request)
  tracing.exit(result.execResult)
  return result
}

async function runAndSettle(core: AmsterdamCore, request: FrameRequest): Promise<EVMResult> {
  const { evm } = core
  const { message, entry = stateGasEntry(core) } = request
  await evm.journal.checkpoint()
  evm.transientStorage.checkpoint()
  const execResult = await (request.create === true ? create(core, request) : call(core, request))
  const error = execResult.exceptionError?.error
  if (error === undefined) {
    await evm.journal.commit()
    evm.transientStorage.commit()
  } else {
    await evm.journal.revert()
    evm.transientStorage.revert()
    evm.stateGasReservoir = entry.reservoir
    evm.executionStateGasUsed = entry.used
    if (error === EVMError.errorMessages.REVERT) execResult.executionGasUsed -= execResult.stateGasSpilled ?? 0n
    else execResult.returnValue = EMPTY_BYTES
    execResult.logs = []
    execResult.selfdestruct = new Map()
    execResult.gasRefund = 0n
    execResult.stateGasSpilled = 0n
  }
  if (message.depth === 0) core.cleanUp()
  return { execResult, ...(request.create === true && message.to !== undefined ? { createdAddress: message.to } : {}) }
}

async function call(core: AmsterdamCore, { message, precompile, frame = {} }: FrameRequest): Promise<ExecResult> {
  const logs: Log[] = []
  const { caller, to, value } = message
  assert(to !== undefined, 'a call without a target')
  if (!message.delegatecall && value > 0n && !caller.equals(to)) {
    await moveEther(core, caller, to, value)
    const log = createEIP7708TransferLog(caller, to, value)
    logs.push(log)
    core.evm.tracing?.log(log)
  }
  if (precompile !== undefined) {
    const result = await core.runPrecompile(precompile, message)
    if (result.exceptionError !== undefined) result.executionGasUsed = message.gasLimit
    result.logs = logs
    result.gasRefund = message.gasRefund
    result.selfdestruct = new Map()
    result.stateGasSpilled = frame.stateGasSpilled ?? 0n
    return result
  }
  const code = message.code as Uint8Array | undefined
  if (code === undefined || code.length === 0) return doneWithoutCode(message, logs, frame)
  return await core.interpret(message, { ...frame, initialLogs: logs })
}

function doneWithoutCode(message: Message, logs: Log[], { stateGasSpilled = 0n }: FrameOptions): ExecResult {
  const { gasRefund } = message
  return { executionGasUsed: 0n, returnValue: EMPTY_BYTES, logs, gasRefund, selfdestruct: new Map(), stateGasSpilled }
}

async function create(core: AmsterdamCore, request: FrameRequest): Promise<ExecResult> {
  const { evm, state } = core
  const { message } = request
  const { to } = message
  assert(to !== undefined, 'a creation without an address')
  await state.clearStorage(to)
  core.created.add(to.toString())
  const account = (await state.getAccount(to)) ?? new Account()
  account.nonce += 1n
  await evm.journal.putAccount(to, account)
  const result = await call(core, request)
  return result.exceptionError === undefined ? deposit(core, message, to, result) : result
}

/** EIP-3541, EIP-7954, EIP-8037: the price of a word of code is regular, that of a byte is state gas. */
async function deposit(core: AmsterdamCore, message: Message, to: Address, result: ExecResult): Promise<ExecResult> {
  const { costs, evm, state } = core
  const code = result.returnValue
  const size = BigInt(code.length)
  const gas = {
    gasLeft: message.gasLimit - result.executionGasUsed,
    stateGasSpilled: result.stateGasSpilled ?? 0n,
  }
  try {
    if (code[0] === 0xef) halt('INVALID_BYTECODE_RESULT')
    if (size > costs.maxCodeSize) halt('CODESIZE_EXCEEDS_MAXIMUM')
    chargeGas(gas, costs.codeHashWord * wordCount(size))
    chargeStateGas(evm, gas, costs.codeByte * size)
  } catch (error) {
    if (!(error instanceof EVMError)) throw error
    return { ...result, executionGasUsed: message.gasLimit, exceptionError: error, returnValue: EMPTY_BYTES }
  }
  if (code.length > 0) await state.putCode(to, code)
  return { ...result, executionGasUsed: message.gasLimit - gas.gasLeft, stateGasSpilled: gas.stateGasSpilled }
}

/** A payee's balance above 2^256 ends the block, not the frame. */
export async function moveEther(core: AmsterdamCore, from: Address, to: Address, amount: bigint): Promise<void> {
  const { evm, state } = core
  const payer = (await state.getAccount(from)) ?? new Account()
  assert(payer.balance >= amount, 'a transfer that the caller cannot pay')
  payer.balance -= amount
  await evm.journal.putAccount(from, payer)
  const payee = (await state.getAccount(to)) ?? new Account()
  payee.balance += amount
  await evm.journal.putAccount(to, payee)
}

/** Takes a finished call or creation into its caller (EELS vm/__init__.py incorporate_child). True: it succeeded. */
export function mergeChild(core: AmsterdamCore, frame: AmsterdamFrame, { execResult }: EVMResult): boolean {
  frame.gasLeft -= execResult.executionGasUsed
  if (execResult.exceptionError !== undefined) return false
  frame.stateGasSpilled += execResult.stateGasSpilled ?? 0n
  frame.gasRefund = execResult.gasRefund ?? frame.gasRefund
  repayStateGasSpill(core.evm, frame)
  const own = frame.interpreter._result
  for (const log of execResult.logs ?? []) own.logs.push(log)
  for (const [address, beneficiary] of execResult.selfdestruct ?? []) own.selfdestruct.set(address, beneficiary)
  return true
}

/** Present and not empty (EIP-161). */
export function isAlive(account: Account | undefined): boolean {
  return account !== undefined && !account.isEmpty()
}
