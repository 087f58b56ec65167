import { EVMError, type EVMResult, type ExecResult, type Message } from '@ethereumjs/evm'
import type { Address } from '@ethereumjs/util'
import { bytesToHex, EMPTY_BYTES } from '../stateless/bytes.ts'
import type { FrameCore } from './amsterdamCore.ts'
import { delegateOf } from './delegation.ts'
import { type AccountRecord, EMPTY_CODE_HASH, MAX_UINT256 } from './stateManager.ts'

const NO_ACCOUNT: AccountRecord = { nonce: 0n, balance: 0n, codeHash: EMPTY_CODE_HASH }

/**
 * A call, of any kind and depth, under the rules of a fork before Amsterdam: what the library's `runCall` comes to,
 * without its checks for EIPs that no such fork has and without its copy of the message.
 */
export async function runOlderCall(core: FrameCore, message: Message, to: Address): Promise<EVMResult> {
  const { evm } = core
  const { warmth, transientStorage } = evm
  const hasTransient = evm.common.isActivatedEIP(1153)
  await warmth.checkpoint()
  if (hasTransient) transientStorage.checkpoint()
  const execResult = await enter(core, message, to)
  if (execResult.exceptionError === undefined) {
    await warmth.commit()
    if (hasTransient) transientStorage.commit()
    return { execResult }
  }
  execResult.selfdestruct = new Map()
  execResult.createdAddresses = new Set()
  execResult.gasRefund = 0n
  execResult.logs = []
  await warmth.revert()
  if (hasTransient) transientStorage.revert()
  return { execResult }
}

async function enter(core: FrameCore, message: Message, to: Address): Promise<ExecResult> {
  const exceptionError = moveEther(core, message, to)
  const { evm } = core
  const { codeAddress, gasRefund } = message
  const precompile = evm.getPrecompile(codeAddress)
  const code = precompile === undefined ? loadCode(core, message) : EMPTY_BYTES
  if (exceptionError !== undefined || (precompile === undefined && code.length === 0)) {
    return { gasRefund, executionGasUsed: 0n, exceptionError, returnValue: EMPTY_BYTES } as ExecResult
  }
  if (precompile !== undefined) {
    const result = await core.runPrecompile(precompile, message)
    result.gasRefund = gasRefund
    if (message.depth === 0) core.cleanUp()
    return result
  }
  message.code = code
  message.chargeCodeAccesses = true
  const result = await core.interpret(message, {})
  if (message.depth === 0) core.cleanUp()
  return result
}

/** The sender and the receiver are touched whatever moves (EIP-161); before that EIP the receiver comes to be. */
function moveEther({ evm, state }: FrameCore, message: Message, to: Address): EVMError | undefined {
  const { caller, value, delegatecall } = message
  const payer = state.readAccount(caller.bytes) ?? NO_ACCOUNT
  if (delegatecall) return undefined
  const { warmth } = evm
  const writes = value > 0n || !warmth.clearsEmpty
  if (payer.balance < value) return new EVMError(EVMError.errorMessages.INSUFFICIENT_BALANCE)
  warmth.touch(caller.bytes)
  if (writes)
    state.writeAccount(caller.bytes, { nonce: payer.nonce, balance: payer.balance - value, codeHash: payer.codeHash })
  const payee = state.readAccount(to.bytes) ?? NO_ACCOUNT
  const balance = payee.balance + value
  if (balance > MAX_UINT256) return new EVMError(EVMError.errorMessages.VALUE_OVERFLOW)
  warmth.touch(to.bytes)
  if (writes) state.writeAccount(to.bytes, { nonce: payee.nonce, balance, codeHash: payee.codeHash })
  return undefined
}

function loadCode({ evm, state }: FrameCore, { codeAddress, depth }: Message): Uint8Array {
  const code = state.readCode(codeAddress.bytes)
  const delegate = evm.common.isActivatedEIP(7702) ? delegateOf(code) : undefined
  if (delegate === undefined) return code
  if (depth === 0) evm.warmth.addAlwaysWarmAddress(bytesToHex(delegate.bytes))
  return state.readCode(delegate.bytes)
}
