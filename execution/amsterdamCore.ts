import type { ExecResult, Log, Message, PrecompileFunc } from '@ethereumjs/evm'
import type { RunEvm } from './evm.ts'
import type { GasCosts } from './frameGas.ts'
import type { JournaledState } from './stateManager.ts'

/** What runs a frame once its code is known. */
export type FrameOptions = {
  initialLogs?: Log[]
  /** state gas that spilled before the frame began (outermost frame only) */
  stateGasSpilled?: bigint
  /** gas that was spent before the frame began, out of the same limit */
  spentBefore?: bigint
}

/** What frames of all forks need of the EVM. */
export type FrameCore = {
  readonly evm: RunEvm
  readonly state: JournaledState
  interpret(message: Message, options: FrameOptions): Promise<ExecResult>
  runPrecompile(code: PrecompileFunc, message: Message): Promise<ExecResult>
  /** ends what a transaction or system call leaves behind in the library */
  cleanUp(): void
}

/**
 * The frame machinery of Amsterdam: EELS's rules in EELS's order, on the library's interpreter for all opcodes that
 * touch no state. The state itself notes what is read (EIP-7928), so the order of reads and gas checks is the rule.
 */
export type AmsterdamCore = FrameCore & {
  readonly costs: GasCosts
  /** lower-case 0x addresses created by the transaction; stays when a frame reverts (EELS created_accounts) */
  created: Set<`0x${string}`>
  /** may give the event loop a turn */
  breathe(): Promise<void>
}

/** A call or creation below or at the outermost frame. */
export type FrameRequest = {
  message: Message
  /** runs instead of code */
  precompile?: PrecompileFunc | undefined
  /** the address being created */
  create?: boolean
  frame?: FrameOptions
  /** state gas as it was where a failure of this frame goes back to; default: now */
  entry?: StateGasEntry
}

export type StateGasEntry = { readonly reservoir: bigint; readonly used: bigint }
