import { EVMError, type EVMResult, type EVMRunCallOpts, type Log, Message } from '@ethereumjs/evm'
import { Address } from '@ethereumjs/util'
import { EMPTY_BYTES } from '../stateless/bytes.ts'
import type { AmsterdamCore, FrameRequest } from './amsterdamCore.ts'
import { delegateOf } from './delegation.ts'
import { chargeGas, chargeStateGas, type FrameGas, halt } from './frameGas.ts'
import { assert } from './internal.ts'
import { isDeployable, nextAddress } from './messageOpcodes.ts'
import { isAlive, runMessage, stateGasEntry } from './messages.ts'

/**
 * The outermost frame of a transaction or system call, its authorizations already applied (EELS vm/interpreter.py
 * process_top_level): charges what depends on the state, then runs. When that charge cannot be paid, or the address of
 * a creation is taken, nothing runs, all gas is gone and `eip2780PrepOog` tells `runTx` to take the authorizations back.
 */
export async function runOutermost(core: AmsterdamCore, options: EVMRunCallOpts): Promise<EVMResult> {
  const { evm } = core
  const { gasLimit = 0n } = options
  core.created = new Set()
  const entry = stateGasEntry(core)
  const gas: FrameGas = { gasLeft: gasLimit, stateGasSpilled: 0n }
  let request: FrameRequest
  try {
    request = await (options.to === undefined ? prepareCreation(core, options, gas) : prepareCall(core, options, gas))
  } catch (error) {
    if (!(error instanceof EVMError)) throw error
    evm.eip2780PrepOog = true
    return failed(gasLimit, error)
  }
  const spentBefore = gasLimit - gas.gasLeft
  const frame = { stateGasSpilled: gas.stateGasSpilled, spentBefore }
  const result = await runMessage(core, { ...request, frame, entry })
  result.execResult.executionGasUsed += spentBefore
  result.execResult.createdAddresses = core.created
  return result
}

function failed(gasLimit: bigint, exceptionError: EVMError): EVMResult {
  const nothing = {
    logs: [] as Log[],
    selfdestruct: new Map<`0x${string}`, `0x${string}`>(),
    createdAddresses: new Set<`0x${string}`>(),
    gasRefund: 0n,
  }
  return { execResult: { returnValue: EMPTY_BYTES, executionGasUsed: gasLimit, exceptionError, ...nothing } }
}

async function prepareCreation(core: AmsterdamCore, options: EVMRunCallOpts, gas: FrameGas): Promise<FrameRequest> {
  const { evm, state, costs } = core
  const { caller } = options
  assert(caller !== undefined, 'a creation without a creator')
  // The nonce has been raised already.
  const nonce = (state.peekAccount(caller.bytes)?.nonce ?? 1n) - 1n
  const target = nextAddress(caller, nonce)
  evm.journal.addWarmedAddress(target.bytes)
  const account = await state.getAccount(target)
  if (account !== undefined && !isDeployable(account)) halt('CREATE_COLLISION')
  if (!isAlive(account)) chargeStateGas(evm, gas, costs.newAccount)
  return { message: outermostMessage(core, options, target, gas, options.data ?? EMPTY_BYTES), create: true }
}

async function prepareCall(core: AmsterdamCore, options: EVMRunCallOpts, gas: FrameGas): Promise<FrameRequest> {
  const { evm, state, costs } = core
  const { to, value = 0n } = options
  assert(to !== undefined, 'a call without a target')
  if (value > 0n && !isAlive(await state.getAccount(to))) chargeStateGas(evm, gas, costs.newAccount)
  let code = await state.getCode(to)
  const delegate = delegateOf(code)
  if (delegate !== undefined) {
    chargeGas(gas, evm.journal.isWarmedAddress(delegate.bytes) ? costs.warmAccess : costs.coldAccount)
    evm.journal.addWarmedAddress(delegate.bytes)
    code = await state.getCode(delegate)
  }
  const codeAddress = delegate ?? to
  const precompile = evm.getPrecompile(codeAddress)
  if (precompile !== undefined) code = EMPTY_BYTES
  const message = outermostMessage(core, options, to, gas, code, codeAddress)
  return { message, precompile: delegate === undefined ? precompile : undefined }
}

function outermostMessage(
  core: AmsterdamCore,
  options: EVMRunCallOpts,
  to: Address,
  gas: FrameGas,
  code: Uint8Array,
  codeAddress?: Address,
): Message {
  const { value = 0n, caller = new Address(new Uint8Array(20)), data = EMPTY_BYTES, blobVersionedHashes } = options
  return new Message({
    caller,
    to,
    value,
    code,
    data: options.to === undefined ? EMPTY_BYTES : data,
    gasLimit: gas.gasLeft,
    depth: 0,
    selfdestruct: new Map(),
    createdAddresses: core.created,
    ...(codeAddress === undefined ? {} : { codeAddress }),
    ...(blobVersionedHashes === undefined ? {} : { blobVersionedHashes }),
  })
}
