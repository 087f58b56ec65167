import { Common, Mainnet } from '@ethereumjs/common'
import { EVM, EVMError, EVMMockBlockchain, type ExecResult, type Log, type Message, NobleBN254 } from '@ethereumjs/evm'
import { type Account, type Address, createZeroAddress } from '@ethereumjs/util'
import { EMPTY_BYTES } from '../stateless/bytes.ts'
import type { FrameOptions } from './amsterdamCore.ts'
import type { YieldClock } from './eventLoop.ts'
import { FrameMemory } from './frameMemory.ts'
import { assert } from './internal.ts'
import { type FrameRules, type FrameRun, runCode } from './interpreter.ts'
import type { OpcodeMap, OpcodeTable, RunState } from './opcodeMap.ts'

/** What runs one call frame. The library does not export its class; these are the parts that we touch. */
export type Frame = {
  readonly _runState: RunState
  readonly _result: {
    logs: Log[]
    returnValue: Uint8Array | undefined
    selfdestruct: ExecResult['selfdestruct']
    createdAddresses?: Set<string>
  }
  run(code: Uint8Array, pc: number): FrameRun | Promise<FrameRun>
}

export type FrameEnv = {
  readonly gasRefund: bigint
  readonly initialLogs: Log[] | undefined
  readonly [field: string]: unknown
}

export type FrameParts = {
  evm: EVM
  env: FrameEnv
  gasLimit: bigint
  table: OpcodeTable
  clock: YieldClock
}

export type FrameClass = (parts: FrameParts) => Frame

/** The library's prototypes behind a running frame. */
type FoundParts = { interpreter: object; Stack: new () => RunState['stack'] }

let loading: Promise<FrameClass> | undefined

/**
 * The library's interpreter with our memory and our loop. Found once per process, by running a
 * single STOP and looking at what ran it: the class has no other way out of the package.
 */
export function loadFrameClass(): Promise<FrameClass> {
  loading ??= findInterpreter().then(frameClassOf)
  return loading
}

async function findInterpreter(): Promise<FoundParts> {
  const common = new Common({ chain: Mainnet, hardfork: 'cancun' })
  const stateManager = { getAccount: async () => undefined }
  const evm = new EVM({
    common,
    stateManager: stateManager as never,
    blockchain: new EVMMockBlockchain(),
    bn254: new NobleBN254(),
  })
  let found: FoundParts | undefined
  const map = (evm as unknown as { _opcodeMap: OpcodeMap })._opcodeMap
  const stop = map[0]
  assert(stop !== undefined, 'the library has no STOP')
  map[0] = {
    ...stop,
    opHandler(runState, rules) {
      found = {
        interpreter: Object.getPrototypeOf(runState.interpreter) as object,
        Stack: runState.stack.constructor as FoundParts['Stack'],
      }
      return stop.opHandler(runState, rules)
    },
  }
  await evm.runCode({ code: Uint8Array.of(0), gasLimit: 1n })
  assert(found !== undefined && 'runStep' in found.interpreter, 'the interpreter of the library was not found')
  return found
}

/** Fields as the library's constructor sets them (evm 10.1.3), without its 8 KB of memory per frame. */
function frameClassOf({ interpreter, Stack }: FoundParts): FrameClass {
  class OwnFrame {
    readonly opDebuggers = {}
    readonly _evm: EVM
    readonly _stateManager: EVM['stateManager']
    readonly common: Common
    readonly journal: EVM['journal']
    readonly _env: FrameEnv
    readonly _runState: RunState
    readonly _result: object
    readonly #rules: FrameRules

    constructor({ evm, env, gasLimit, table, clock }: FrameParts) {
      this._evm = evm
      this._stateManager = evm.stateManager
      this.common = evm.common
      this.journal = evm.journal
      this._env = env
      this._runState = {
        programCounter: 0,
        opCode: 0xfe,
        memory: new FrameMemory(),
        memoryWordCount: 0n,
        highestMemCost: 0n,
        stack: new Stack(),
        code: EMPTY_BYTES,
        validJumps: EMPTY_BYTES,
        cachedPushes: NO_PUSHES,
        stateManager: evm.stateManager,
        blockchain: evm.blockchain,
        env,
        shouldDoJumpAnalysis: true,
        interpreter: this,
        gasRefund: env.gasRefund,
        gasLeft: gasLimit,
        stateGasSpilled: 0n,
        returnBytes: EMPTY_BYTES,
      } as RunState
      const logs = env.initialLogs === undefined ? [] : [...env.initialLogs]
      this._result = { logs, returnValue: undefined, selfdestruct: new Map() }
      this.#rules = { common: evm.common, table, clock }
    }

    run(code: Uint8Array, pc: number): FrameRun | Promise<FrameRun> {
      return runCode(this._runState, code, pc, this.#rules)
    }
  }
  Object.setPrototypeOf(OwnFrame.prototype, interpreter)
  return (parts) => new OwnFrame(parts) as unknown as Frame
}

const NO_PUSHES: Record<number, bigint> = {}

/** The frame's environment, as the library's opcodes read it. */
export function frameEnv(
  message: Message,
  contract: Account,
  context: { gasPrice: bigint; origin: Address; block: unknown; initialLogs: Log[] | undefined },
): FrameEnv {
  return {
    address: message.to ?? createZeroAddress(),
    caller: message.caller,
    callData: message.data,
    callValue: message.value,
    code: message.code,
    isStatic: message.isStatic,
    isCreate: message.isCreate ?? false,
    depth: message.depth,
    gasPrice: context.gasPrice,
    origin: context.origin,
    block: context.block,
    contract,
    codeAddress: message.codeAddress,
    gasRefund: message.gasRefund,
    chargeCodeAccesses: message.chargeCodeAccesses,
    blobVersionedHashes: message.blobVersionedHashes ?? [],
    createdAddresses: message.createdAddresses,
    initialLogs: context.initialLogs,
  }
}

/**
 * Runs a frame and sums it up as the library's runInterpreter does, but hands the run state on as it is: copying its
 * twenty fields after every call costs more than a short call. A promise only where the code waits for something.
 */
export function runFrame(
  frame: Frame,
  message: Message,
  { pc = 0, stateGasSpilled = 0n }: { pc?: number } & FrameOptions,
): ExecResult | Promise<ExecResult> {
  const result = frame._result
  frame._runState.stateGasSpilled = stateGasSpilled
  if (message.selfdestruct !== undefined) result.selfdestruct = message.selfdestruct
  if (message.createdAddresses !== undefined) result.createdAddresses = message.createdAddresses
  const ran = frame.run(message.code as Uint8Array, pc)
  return ran instanceof Promise ? ran.then((run) => sumUp(frame, message, run)) : sumUp(frame, message, ran)
}

function sumUp({ _result: result }: Frame, message: Message, { runState, exceptionError }: FrameRun): ExecResult {
  const reverted = exceptionError?.error === EVMError.errorMessages.REVERT
  const failed = exceptionError !== undefined
  const executed = failed && !reverted ? message.gasLimit : message.gasLimit - runState.gasLeft
  return {
    logs: failed ? [] : result.logs,
    selfdestruct: failed ? new Map() : result.selfdestruct,
    createdAddresses: failed ? new Set() : result.createdAddresses,
    runState,
    exceptionError,
    gas: runState.gasLeft,
    executionGasUsed: executed,
    gasRefund: runState.gasRefund,
    stateGasSpilled: runState.stateGasSpilled,
    returnValue: result.returnValue ?? EMPTY_BYTES,
  } as ExecResult
}
