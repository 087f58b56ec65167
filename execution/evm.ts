import type { Common } from '@ethereumjs/common'
import {
  EVM,
  EVMError,
  type EVMMockBlockchainInterface,
  type EVMResult,
  type EVMRunCallOpts,
  type ExecResult,
  Message,
  NobleBN254,
  type PrecompileFunc,
} from '@ethereumjs/evm'
import { Account, Address } from '@ethereumjs/util'
import { bytesToHex, EMPTY_BYTES, hexToBytes } from '../stateless/bytes.ts'
import { createAccessIndex } from './accessIndex.ts'
import { BlockAccessList, SilentAccessList } from './accessList.ts'
import type { AmsterdamCore, FrameCore, FrameOptions } from './amsterdamCore.ts'
import { applyAuthorizations, type Delegating } from './authorizations.ts'
import { saltedAddress } from './createdAddress.ts'
import type { YieldClock } from './eventLoop.ts'
import { createEvmTrace, type EvmTrace } from './evmTrace.ts'
import { gasCosts } from './frameGas.ts'
import { type FrameClass, frameEnv, runFrame } from './frames.ts'
import {
  assert,
  EXECUTE_ADDRESS_HEX,
  MAX_TRANSACTION_REGULAR_GAS,
  NATIVE_ROLLUPS_EIP,
  SYSTEM_ADDRESS_HEX,
} from './internal.ts'
import type { CodeAnalysis } from './jumpAnalysis.ts'
import { MESSAGE_OPCODES, nextAddress } from './messageOpcodes.ts'
import { createMeter, type Meter } from './metering.ts'
import { NodeCommon } from './nodeCommon.ts'
import { runOlderCall } from './olderMessages.ts'
import {
  buildOpcodeTable,
  type GasSight,
  type OpcodeContext,
  type OpcodeMap,
  type OpcodeTable,
  type RunState,
} from './opcodeMap.ts'
import { runOutermost } from './outermost.ts'
import { replacePrecompiles } from './precompiles.ts'
import { type FrameEntry, forLibraryLoop } from './reference/opcodes.ts'
import type { JournaledState } from './stateManager.ts'
import { SELF_PRICED_OPCODES } from './stateOpcodes.ts'
import { tracedState } from './tracedFrame.ts'
import { buildTracedTable, opcodeNames } from './tracedTable.ts'
import type { TracedState, Watcher } from './tracers/tracer.ts'
import type { EnginePaths, ExecutePrecompile } from './types.ts'
import { WarmJournal } from './warmJournal.ts'

export const SYSTEM_ADDRESS = new Address(hexToBytes(SYSTEM_ADDRESS_HEX))

const DONE = Promise.resolve()

const SELF_PRICED: ReadonlySet<number> = new Set([...SELF_PRICED_OPCODES.keys(), ...MESSAGE_OPCODES.keys()])

type OpcodeTables = {
  opcodes: EVM['_opcodes']
  dynamicGasHandlers: EVM['_dynamicGasHandlers']
  handlers: EVM['_handlers']
  opcodeMap: EVM['_opcodeMap']
}

type EvmDeps = {
  common: Common
  state: JournaledState
  clock: YieldClock
  blockchain: EVMMockBlockchainInterface
  execute: ExecutePrecompile | undefined
  frames: FrameClass
  paths: EnginePaths
}

/**
 * EthereumJS's EVM with what a native rollup needs: EXECUTE behind its fork, metering, yields to the event loop, system
 * calls that leave no trace of their caller, and none of the library's repeated work per call frame.
 */
export class RunEvm extends EVM {
  readonly meter: Meter = createMeter()
  /** the journal, by its own type */
  readonly warmth: WarmJournal
  readonly #clock: YieldClock
  readonly #state: JournaledState
  readonly #execute: PrecompileFunc | undefined
  readonly #frames: FrameClass
  readonly #paths: EnginePaths
  /** forks before Amsterdam, on the engine's own path */
  readonly #older: FrameCore | undefined
  /** what the next frame of the library's loop begins with */
  #entry: FrameEntry | undefined
  readonly #libraryTables = new WeakMap<OpcodeMap, OpcodeMap>()
  readonly #plainTable: OpcodeTable
  readonly #opcodeContext: OpcodeContext
  readonly #libraryMap: OpcodeMap
  /** what unmetered frames run with: the plain table, or one that tells the trace */
  #table: OpcodeTable
  #meteredTable: OpcodeTable | undefined
  #tracing: EvmTrace | undefined
  #systemCall: 'none' | 'entering' | 'running' = 'none'
  #depth = 0
  #accessList: BlockAccessList | undefined
  #amsterdam: AmsterdamCore | undefined
  #authorizing: Delegating | undefined
  /** the library makes a new map of precompiles for each fork */
  #replaced: Map<string, PrecompileFunc> | undefined
  #moved: ReadonlyMap<string, PrecompileFunc> | undefined
  #shownBlock: EVMRunCallOpts['block']
  #gasSight: GasSight = 'nothing'

  constructor(deps: EvmDeps) {
    super({
      common: deps.common,
      stateManager: deps.state,
      blockchain: deps.blockchain,
      // Never asked: replacePrecompiles answers for it. The library wants one all the same.
      bn254: new NobleBN254(),
      ...(deps.common.isActivatedEIP(7928) ? { blockLevelAccessList: new SilentAccessList() } : {}),
    })
    if (deps.common.isActivatedEIP(7928)) {
      this.#accessList = new BlockAccessList()
      deps.state.trackAccesses(createAccessIndex(this.#accessList))
    }
    if (deps.common.isActivatedEIP(8037)) this.#amsterdam = this.#createCore(deps)
    else if (deps.paths === 'fast') this.#older = this.#createFrameCore(deps)
    this.#paths = deps.paths
    this.#clock = deps.clock
    this.#state = deps.state
    this.#execute = deps.execute === undefined ? undefined : executeHandler(deps.execute)
    // The maps that the library reads at every step are per instance; it types them with names it does not export.
    this.#libraryMap = this._opcodeMap as unknown as OpcodeMap
    this.#opcodeContext = {
      state: deps.state,
      analyses: new WeakMap<Uint8Array, CodeAnalysis>(),
      immediates: deps.common.isActivatedEIP(8024),
      paths: deps.paths,
      amsterdam: this.#amsterdam,
      seesGas: (sight) => {
        if (this.#gasSight !== 'amount') this.#gasSight = sight
      },
    }
    this.#plainTable = buildOpcodeTable(this.#libraryMap, this.#opcodeContext)
    this.#table = this.#plainTable
    this.#frames = deps.frames
    // The journal's type has private members; the library only calls the methods that ours has.
    this.warmth = new WarmJournal(deps.state, deps.common)
    this.journal = this.warmth as unknown as typeof this.journal
    neverCopyStateGasMaps(this)
  }

  /** The library knows a fixed list of fork names; ours is a timestamp fork after them (ethereumjs.md, trap T3). */
  static allowFork(name: string): void {
    const names = EVM.supportedHardforks as string[]
    if (!names.includes(name)) names.push(name)
  }

  /** The library makes these tables anew for every EVM, which takes longer than a short call. Nobody writes into them. */
  override getActiveOpcodes(): ReturnType<EVM['getActiveOpcodes']> {
    const { common } = this
    const byFork = common instanceof NodeCommon ? common.byFork : undefined
    const known = byFork?.get(common.hardfork()) as OpcodeTables | undefined
    if (known === undefined) {
      super.getActiveOpcodes()
      byFork?.set(common.hardfork(), {
        opcodes: this._opcodes,
        dynamicGasHandlers: this._dynamicGasHandlers,
        handlers: this._handlers,
        opcodeMap: this._opcodeMap,
      } satisfies OpcodeTables)
      return this._opcodes
    }
    this._opcodes = known.opcodes
    this._dynamicGasHandlers = known.dynamicGasHandlers
    this._handlers = known.handlers
    this._opcodeMap = known.opcodeMap
    return known.opcodes
  }

  #createCore(deps: EvmDeps): AmsterdamCore {
    const { common, clock } = deps
    return {
      ...this.#createFrameCore(deps),
      costs: gasCosts(common),
      created: new Set(),
      breathe: () => (clock.dueNow() ? clock.pause() : DONE),
    }
  }

  #createFrameCore({ state }: EvmDeps): FrameCore {
    return {
      evm: this,
      state,
      interpret: (message, options) => this.runInterpreter(message, options),
      runPrecompile: (code, message) => {
        this.#depth = message.depth
        return this.runPrecompile(code, message.data, message.gasLimit)
      },
      cleanUp: () => this.transientStorage.clear(),
    }
  }

  /**
   * As if just made, for a run that must know nothing of the one before. That one has ended: a VM whose run threw is not
   * used again.
   */
  restart(): void {
    this.trace(undefined)
    this.#moved = undefined
    this.#shownBlock = undefined
    this.#authorizing = undefined
    this.#systemCall = 'none'
    this.#depth = 0
    this.#accessList?.clear()
    if (this.#amsterdam !== undefined) this.#amsterdam.created = new Set()
    this.meter.disarm()
    this.journal.cleanJournal()
    this.transientStorage.clear()
    this.stateGasReservoir = 0n
    this.executionStateGasUsed = 0n
    this.eip2780PrepOog = false
    this.eip7928CallPostTargetOog = false
    this.createTxTargetAlive = false
    this._stateGasSnapshots = []
  }

  /** Tells `tracer` of everything that runs from here on; undefined: nobody. Metered runs are not told. */
  trace(tracer: Watcher | undefined): void {
    this.#tracing = tracer === undefined ? undefined : createEvmTrace(tracer)
    this.#table =
      this.#tracing === undefined
        ? this.#plainTable
        : buildTracedTable(this.#plainTable, {
            trace: this.#tracing,
            state: this.#state,
            selfPriced: this.#amsterdam === undefined ? new Set() : SELF_PRICED,
            names: opcodeNames(this.#libraryMap),
          })
  }

  get tracing(): EvmTrace | undefined {
    return this.#tracing
  }

  /** State as tracers may look at it. */
  get tracedState(): TracedState {
    return tracedState(this.#state, (address) => this.getPrecompile(new Address(address)) !== undefined)
  }

  get accessList(): BlockAccessList | undefined {
    return this.#accessList
  }

  /** One getter serves the dispatch of calls and the EIP-2929 warming of every transaction. */
  override get precompiles(): Map<string, PrecompileFunc> {
    const active = super.precompiles
    if (active !== this.#replaced) {
      replacePrecompiles(active, () => (this.#clock.dueNow() ? this.#clock.pause() : undefined), this.#paths)
      this.#replaced = active
    }
    if (this.#execute !== undefined && this.common.isActivatedEIP(NATIVE_ROLLUPS_EIP)) {
      if (!active.has(EXECUTE_ADDRESS_HEX)) active.set(EXECUTE_ADDRESS_HEX, this.#execute)
    } else {
      active.delete(EXECUTE_ADDRESS_HEX)
    }
    return active
  }

  /** From here on these precompiles run instead of the fork's; which addresses are warm does not change. */
  movePrecompiles(moved: ReadonlyMap<string, PrecompileFunc>): void {
    this.#moved = moved
  }

  override getPrecompile(address: Address | `0x${string}`): PrecompileFunc | undefined {
    if (this.#moved === undefined) return super.getPrecompile(address)
    return this.#moved.get(address.toString().slice(2).padStart(40, '0').toLowerCase())
  }

  isPrecompile(address: Uint8Array): boolean {
    return (this.#moved ?? this.precompiles).has(bytesToHex(address))
  }

  /** of all frames since the transaction began; precompiles count as if they depended on nothing */
  get gasSight(): GasSight {
    return this.#gasSight
  }

  /** EIP-8037: a transaction has this much for state alone, and has used nothing yet. */
  beginTransaction(reservoir: bigint): void {
    this.#gasSight = 'nothing'
    this.stateGasReservoir = reservoir
    this.executionStateGasUsed = 0n
    this.eip2780PrepOog = false
  }

  /** What the code of the next transactions sees as its block, when that differs from what they are charged by. */
  showBlock(block: EVMRunCallOpts['block']): void {
    this.#shownBlock = block
  }

  /** `runCall` from SYSTEM_ADDRESS whose caller account is neither read nor written (protocol.md 7, trap 4). */
  async runSystemCall(options: EVMRunCallOpts & { stateGas: bigint }): Promise<EVMResult> {
    const { stateGas, ...call } = options
    if (this.#amsterdam === undefined) {
      this.#systemCall = 'entering'
      this.#state.hideSystemCaller(true)
    } else {
      this.#warmForSystemCall(options)
    }
    this.stateGasReservoir = stateGas
    this.executionStateGasUsed = 0n
    this.eip2780PrepOog = false
    this.eip7928CallPostTargetOog = false
    try {
      return await this.runCall({ ...call, caller: SYSTEM_ADDRESS, skipNonceIncrement: true })
    } finally {
      this.#systemCall = 'none'
      this.#state.hideSystemCaller(false)
    }
  }

  /** As for a transaction (EELS create_evm): coinbase, precompiles, origin and target. */
  #warmForSystemCall({ block, to }: EVMRunCallOpts): void {
    const coinbase = block?.header.coinbase
    for (const address of [...this.precompiles.keys(), SYSTEM_ADDRESS_HEX]) this.journal.addAlwaysWarmAddress(address)
    for (const address of [coinbase, to]) if (address !== undefined) this.journal.addWarmedAddress(address.bytes)
  }

  override async runCall(options: EVMRunCallOpts): Promise<EVMResult> {
    if (options.message !== undefined) {
      if (this.#clock.dueNow()) await this.#clock.pause()
      const { message } = options
      this.#tracing?.enterInner(message, message.to === undefined ? this.#newAddress(message) : undefined)
      const result = await this.#runMessage(options, message)
      this.#tracing?.exit(result.execResult)
      // A caller copies its whole log list to append the callee's; do not make it do so for nothing.
      if (result.execResult.logs?.length === 0) delete result.execResult.logs
      return result
    }
    const tx = this.#authorizing
    this.#authorizing = undefined
    const seen = this.#shownBlock === undefined ? options : { ...options, block: this.#shownBlock }
    if (this.#tracing !== undefined) this.#enterOutermost(this.#tracing, options)
    const result = await (tx === undefined ? this.#runCounted(seen) : this.#runDelegating(seen, tx))
    this.#tracing?.exit(result.execResult)
    return result
  }

  #enterOutermost(trace: EvmTrace, options: EVMRunCallOpts): void {
    const { caller = new Address(new Uint8Array(20)), to, value = 0n, data = EMPTY_BYTES, gasLimit = 0n } = options
    trace.enterOutermost({
      from: caller.bytes,
      to: to?.bytes ?? this.#newAddress({ caller, data }),
      creates: to === undefined,
      input: data,
      gas: gasLimit,
      value,
    })
  }

  /** Where a creation goes whose creator's nonce has been raised already. */
  #newAddress({ caller, data, salt }: Pick<Message, 'caller' | 'data' | 'salt'>): Uint8Array {
    if (salt !== undefined) return saltedAddress(caller.bytes, salt, data)
    return nextAddress(caller, (this.#state.peekAccount(caller.bytes)?.nonce ?? 1n) - 1n).bytes
  }

  /** The next outermost call belongs to this transaction and first applies its EIP-7702 authorizations. */
  authorize(tx: Delegating | undefined): void {
    this.#authorizing = tx
  }

  async #runDelegating(options: EVMRunCallOpts, tx: Delegating): Promise<EVMResult> {
    const { gasLimit = 0n } = options
    const applied = await applyAuthorizations(this, this.#state, tx, gasLimit, this.#clock)
    if (applied.outOfGas) {
      // runTx then takes back what was written since it subtracted the fees.
      this.eip2780PrepOog = true
      return { execResult: outOfGas(gasLimit) }
    }
    const result = await this.#runCounted({ ...options, gasLimit: applied.gasLeft })
    const { execResult } = result
    execResult.executionGasUsed += gasLimit - applied.gasLeft
    execResult.gasRefund = (execResult.gasRefund ?? 0n) + applied.refund
    return result
  }

  async #runCounted(options: EVMRunCallOpts): Promise<EVMResult> {
    const usedBefore = this.executionStateGasUsed
    const reservoirBefore = this.stateGasReservoir
    const result = await this.#runOutermost(options)
    const spilled = this.executionStateGasUsed - usedBefore - (reservoirBefore - this.stateGasReservoir)
    const executed = result.execResult.executionGasUsed - (spilled > 0n ? spilled : 0n)
    this.meter.finish(executed > 0n ? executed : 0n)
    return result
  }

  async #runOutermost(options: EVMRunCallOpts): Promise<EVMResult> {
    try {
      return await (this.#amsterdam === undefined
        ? this.#runBeforeAmsterdam(options)
        : this.#runAmsterdam(options, this.#amsterdam))
    } catch (error) {
      const { gasLimit = 0n } = options
      this.meter.interrupted(gasLimit < MAX_TRANSACTION_REGULAR_GAS ? gasLimit : MAX_TRANSACTION_REGULAR_GAS)
      throw error
    }
  }

  #runAmsterdam(options: EVMRunCallOpts, core: AmsterdamCore): Promise<EVMResult> {
    const { block, caller, origin = caller, gasPrice = 0n } = options
    assert(block !== undefined && origin !== undefined, 'a message needs its block and its origin')
    this._block = block
    this._tx = { gasPrice, origin }
    return runOutermost(core, options)
  }

  #runBeforeAmsterdam(options: EVMRunCallOpts): Promise<EVMResult> {
    const { block, caller, origin = caller, to, gasPrice = 0n } = options
    if (to === undefined || this.#older === undefined || this.#tracing !== undefined || this.#systemCall !== 'none') {
      return super.runCall(options)
    }
    assert(
      block !== undefined && caller !== undefined && origin !== undefined,
      'a message needs its block and its origin',
    )
    this._block = block
    this._tx = { gasPrice, origin }
    return runOlderCall(this.#older, outermostMessage(options, caller, to), to)
  }

  /** Who watches is told what the library does, step by step. */
  #runMessage(options: EVMRunCallOpts, message: Message): Promise<EVMResult> {
    const { to } = message
    if (this.#older === undefined || to === undefined || this.#tracing !== undefined) return super.runCall(options)
    return runOlderCall(this.#older, message, to)
  }

  protected override _executeCall(message: Parameters<EVM['_executeCall']>[0]): Promise<EVMResult> {
    this.#depth = message.depth
    return super._executeCall(message)
  }

  protected override async _reduceSenderBalance(account: Account, message: Message): Promise<void> {
    if (this.#systemCall === 'entering') {
      this.#systemCall = 'running'
      this.#state.hideSystemCaller(false)
      return
    }
    return super._reduceSenderBalance(account, message)
  }

  protected override async runInterpreter(
    message: Message,
    options: Parameters<EVM['runInterpreter']>[1] & FrameOptions = {},
  ): Promise<ExecResult> {
    const { meter } = this
    if (!meter.armed) {
      const ran = this.#runFrame(message, options, this.#table)
      const result = ran instanceof Promise ? await ran : ran
      this.#tracing?.ran(result.runState as RunState | undefined, result.exceptionError !== undefined)
      return result
    }
    this.#meteredTable ??= buildOpcodeTable(this.#libraryMap, this.#opcodeContext, {
      beforeOpcode: meter.check,
      beforeMessage: meter.remember,
    })
    const outer = meter.enterFrame(message.depth, message.gasLimit + (options.spentBefore ?? 0n))
    const result = await this.#runFrame(message, options, this.#meteredTable)
    meter.leaveFrame(outer)
    return result
  }

  #runFrame(
    message: Message,
    options: { pc?: number } & FrameOptions,
    table: OpcodeTable,
  ): ExecResult | Promise<ExecResult> {
    this._opcodeMap = table.map as unknown as typeof this._opcodeMap
    if (this.#paths === 'reference') return this.#runLibraryFrame(message, options, table)
    const contract = (message.to && this.#state.readLibraryAccount(message.to)) ?? new Account()
    const env = frameEnv(message, contract, {
      gasPrice: this._tx?.gasPrice ?? 0n,
      origin: this._tx?.origin ?? message.caller,
      block: this._block,
      initialLogs: options.initialLogs,
    })
    const frame = this.#frames({ evm: this, env, gasLimit: message.gasLimit, table, clock: this.#clock })
    return runFrame(frame, message, options)
  }

  /** The library's own loop. A nested frame leaves its table behind: it is put back by whoever runs next. */
  async #runLibraryFrame(
    message: Message,
    { stateGasSpilled = 0n, ...options }: { pc?: number } & FrameOptions,
    { map }: OpcodeTable,
  ): Promise<ExecResult> {
    let stepped = this.#libraryTables.get(map)
    if (stepped === undefined) {
      stepped = forLibraryLoop(map, this.#clock, () => {
        const entry = this.#entry
        this.#entry = undefined
        return entry
      })
      this.#libraryTables.set(map, stepped)
    }
    this._opcodeMap = stepped as unknown as typeof this._opcodeMap
    this.#entry = { stateGasSpilled }
    const result = await super.runInterpreter(message, options)
    this.#entry = undefined
    // The library describes the frame with the refunds that it began with.
    const { runState, gasRefund } = result
    if (runState !== undefined && gasRefund !== undefined) runState.gasRefund = gasRefund
    return result
  }

  protected override async runPrecompile(
    code: PrecompileFunc,
    data: Uint8Array,
    gasLimit: bigint,
  ): Promise<ExecResult> {
    if (!this.meter.armed) return super.runPrecompile(code, data, gasLimit)
    const allowance = this.meter.allowance(this.#depth)
    if (allowance >= gasLimit) return super.runPrecompile(code, data, gasLimit)
    // A failing precompile consumes all it was given, which is more than the allowance.
    const result = await super.runPrecompile(code, data, allowance)
    if (result.exceptionError !== undefined) this.meter.abort()
    return result
  }
}

function outermostMessage(options: EVMRunCallOpts, caller: Address, to: Address): Message {
  const { value = 0n, data = EMPTY_BYTES, gasLimit = 0n, blobVersionedHashes = [] } = options
  const created = { selfdestruct: new Map(), createdAddresses: new Set<`0x${string}`>() }
  return new Message({ caller, to, value, data, gasLimit, blobVersionedHashes, ...created })
}

/**
 * EthereumJS copies these two maps at every call frame and never reads them ("retained for diagnostics"): keep them
 * empty, so that the copies cost nothing.
 */
function neverCopyStateGasMaps(evm: EVM): void {
  const empty = new Map<string, bigint>()
  empty.set = () => empty
  for (const name of ['createdAccountStateGas', 'createdAccountIntrinsicStateGas'] as const) {
    Object.defineProperty(evm, name, { get: () => empty, set: () => {} })
  }
}

function executeHandler(execute: ExecutePrecompile): PrecompileFunc {
  return async ({ data, gasLimit }) => {
    const result = await execute(data, gasLimit)
    if (result.ok) {
      assert(result.gasUsed <= gasLimit, 'EXECUTE charged more than it was given')
      return { returnValue: result.output, executionGasUsed: result.gasUsed }
    }
    return outOfGas(gasLimit)
  }
}

function outOfGas(gasLimit: bigint): ExecResult {
  const exceptionError = new EVMError(EVMError.errorMessages.OUT_OF_GAS)
  return { returnValue: EMPTY_BYTES, executionGasUsed: gasLimit, exceptionError }
}
