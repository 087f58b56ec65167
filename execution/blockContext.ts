import { Block as LibraryBlock, BlockHeader as LibraryHeader } from '@ethereumjs/block'
import { EthereumJSError } from '@ethereumjs/util'
import type { VM } from '@ethereumjs/vm'
import { NodeError } from '../stateless/errors.ts'
import { EMPTY_OMMERS_HASH } from '../stateless/header.ts'
import type { BlockHeader, Hash32, StateView } from '../stateless/types.ts'
import type { BlockAccessList } from './accessList.ts'
import type { ChainSpec } from './chainSpec.ts'
import type { PausingRun, YieldClock } from './eventLoop.ts'
import type { RunEvm } from './evm.ts'
import { InternalError } from './internal.ts'
import type { NodeCommon, SharedCommon } from './nodeCommon.ts'
import { createRunVm } from './runVm.ts'
import type { JournaledState } from './stateManager.ts'
import type { EnginePaths, ExecutePrecompile } from './types.ts'

/** The header fields that are known before the first transaction runs. */
export type HeaderBasis = Pick<
  BlockHeader,
  | 'parentHash'
  | 'coinbase'
  | 'difficulty'
  | 'number'
  | 'gasLimit'
  | 'timestamp'
  | 'extraData'
  | 'prevRandao'
  | 'nonce'
  | 'baseFeePerGas'
  | 'excessBlobGas'
  | 'parentBeaconBlockRoot'
  | 'slotNumber'
>

/** Everything the steps of one block share. Private to one run. */
export type BlockContext = {
  readonly spec: ChainSpec
  readonly header: HeaderBasis
  readonly vm: VM
  readonly evm: RunEvm
  readonly state: JournaledState
  readonly common: NodeCommon
  /** for transactions and headers */
  readonly shared: SharedCommon
  /** EthereumJS's view of the header, made once */
  readonly block: LibraryBlock
  /** since EIP-7928 */
  readonly accessList: BlockAccessList | undefined
  readonly clock: YieldClock
  readonly paths: EnginePaths
  /** EXECUTE: foreign code at a pre-block system contract makes the block invalid. */
  readonly refuseForeignSystemCode: boolean
  /** regular gas that may still be used; absent: unmetered */
  readonly budget: { remaining: bigint } | undefined
  /** Runs a piece of the library: what it throws is told apart from our own bugs and from failed reads. */
  library<T>(run: () => Promise<T>): Promise<T>
  /** Counts the regular gas of a request call and takes it off the budget. */
  addSystemGas(gas: bigint): void
}

export type BlockContextOptions = Pick<PausingRun, 'onPause'> & {
  spec: ChainSpec
  header: HeaderBasis
  state: StateView
  blockHash(number: bigint): Hash32 | undefined
  refuseForeignSystemCode?: boolean
  budget?: bigint | undefined
  execute?: ExecutePrecompile | undefined
  yieldEveryMs?: number | undefined
  /** default: `defaultPaths()` */
  paths?: EnginePaths | undefined
  /** calls the run off; it then rejects with the signal's reason, as it is or as the cause of a LibraryFailure */
  signal?: AbortSignal | undefined
}

/** What a library threw while running untrusted input; `cause` is the original. */
export class LibraryFailure extends Error {
  constructor(cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause), { cause })
    this.name = 'LibraryFailure'
  }
}

/**
 * The rule of a transaction that only the library checks and that was broken; undefined when something else failed. The
 * library throws errors of its own kind for rules, and appends a description of the VM, block and transaction in brackets.
 */
export function brokenRule(error: unknown): string | undefined {
  if (!(error instanceof LibraryFailure) || !(error.cause instanceof EthereumJSError)) return undefined
  const end = error.message.indexOf(' (vm hf=')
  return end === -1 ? error.message : error.message.slice(0, end)
}

export async function createBlockContext(
  options: BlockContextOptions,
  onSystemGas: (gas: bigint) => void,
): Promise<BlockContext> {
  const { spec, header } = options
  const common = spec.commonAt(header)
  const shared = spec.sharedCommonAt(header)
  const { vm, evm, state, clock, paths } = await createRunVm({ ...options, common })
  const block = await runLibrary(state, async () => libraryBlock(header, shared))
  const budget = options.budget === undefined ? undefined : { remaining: options.budget }
  return {
    spec,
    header,
    vm,
    evm,
    state,
    common,
    shared,
    block,
    accessList: evm.accessList,
    clock,
    paths,
    refuseForeignSystemCode: options.refuseForeignSystemCode === true,
    budget,
    library: (run) => runLibrary(state, run),
    addSystemGas: onSystemGas,
  }
}

/** A read that failed wins over whatever the library made of it. */
export async function runLibrary<T>(state: JournaledState, run: () => Promise<T>): Promise<T> {
  let result: T
  try {
    result = await run()
  } catch (error) {
    if (state.failure !== undefined) throw state.failure.error
    if (error instanceof NodeError || error instanceof InternalError) throw error
    throw new LibraryFailure(error)
  }
  if (state.failure !== undefined) throw state.failure.error
  return result
}

/** Header with the library's accessors; fields that are not known yet hold neutral values that nothing reads. */
export function libraryBlock(header: HeaderBasis, common: SharedCommon): LibraryBlock {
  const { prevRandao, coinbase, baseFeePerGas, ...same } = header
  const libraryHeader = new LibraryHeader(
    { ...definedOnly(same), uncleHash: EMPTY_OMMERS_HASH, mixHash: prevRandao, coinbase },
    { common, skipConsensusFormatValidation: true, freeze: false },
  )
  // Its constructor insists on the initial base fee at the London block; a call there has another one.
  if (baseFeePerGas !== undefined) Object.assign(libraryHeader, { baseFeePerGas })
  rememberBlobPrice(libraryHeader)
  return new LibraryBlock(libraryHeader, [], [], common.isActivatedEIP(4895) ? [] : undefined, {
    common,
    skipConsensusFormatValidation: true,
  })
}

/** The library evaluates an exponential at every BLOBBASEFEE, which costs 2 gas. */
function rememberBlobPrice(header: LibraryHeader): void {
  if (header.excessBlobGas === undefined) return
  let price: bigint | undefined
  header.getBlobGasPrice = () => {
    price ??= LibraryHeader.prototype.getBlobGasPrice.call(header)
    return price
  }
}

function definedOnly<T extends object>(fields: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  const entries = Object.entries(fields).filter(([, value]) => value !== undefined)
  return Object.fromEntries(entries) as { [K in keyof T]: Exclude<T[K], undefined> }
}
