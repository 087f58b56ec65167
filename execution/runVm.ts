import type { Common } from '@ethereumjs/common'
import type { EVMMockBlockchainInterface } from '@ethereumjs/evm'
import { createVM, type VM, type VMOpts } from '@ethereumjs/vm'
import type { Hash32, StateView } from '../stateless/types.ts'
import { createYieldClock, type PausingRun, type YieldClock } from './eventLoop.ts'
import { RunEvm } from './evm.ts'
import { loadFrameClass } from './frames.ts'
import { NATIVE_ROLLUPS_FORK } from './internal.ts'
import { defaultPaths } from './paths.ts'
import { ReferenceState } from './reference/state.ts'
import { JournaledState } from './stateManager.ts'
import type { EnginePaths, ExecutePrecompile } from './types.ts'

const DEFAULT_YIELD_EVERY_MS = 10

export type RunVm = {
  readonly vm: VM
  readonly evm: RunEvm
  readonly state: JournaledState
  readonly common: Common
  readonly clock: YieldClock
  readonly paths: EnginePaths
  /** Makes it as good as new for another run with this input; only after a run that did not throw. */
  restart(input: RunInput): void
}

/** What one run works on. */
export type RunInput = PausingRun & {
  state: StateView
  /** hash of an ancestor inside the 256-block window; undefined reads as zero */
  blockHash(number: bigint): Hash32 | undefined
}

export type RunVmOptions = RunInput & {
  /** private to this VM, its fork already set (ethereumjs.md, traps T9 and T11) */
  common: Common
  /** EXECUTE; given on L1 only */
  execute?: ExecutePrecompile | undefined
  yieldEveryMs?: number | undefined
  /** default: `defaultPaths()` */
  paths?: EnginePaths | undefined
}

const ZERO_HASH = new Uint8Array(32)

/** A VM for one run at a time: never shared, never copied (`shallowCopy` of the library loses the subclass). */
export async function createRunVm(options: RunVmOptions): Promise<RunVm> {
  const { common, paths = defaultPaths() } = options
  RunEvm.allowFork(NATIVE_ROLLUPS_FORK)
  const frames = await loadFrameClass()
  const state = paths === 'reference' ? new ReferenceState(options.state) : new JournaledState(options.state)
  let input: RunInput = options
  const clock = createYieldClock(options.yieldEveryMs ?? DEFAULT_YIELD_EVERY_MS, () => input)
  const blockchain = createHashSource((number) => input.blockHash(number))
  const evm = new RunEvm({ common, state, clock, blockchain, execute: options.execute, frames, paths })
  const vm = await createVM({ common, stateManager: state, blockchain, evm })
  const restart = (next: RunInput): void => {
    input = next
    state.restart(next.state)
    evm.restart()
  }
  return { vm, evm, state, common, clock, paths, restart }
}

/** All that the EVM asks of a chain: the hash of an ancestor (BLOCKHASH). */
function createHashSource(blockHash: RunInput['blockHash']) {
  const unused = () => {
    throw new Error('not part of a running block')
  }
  return {
    getBlock: async (number: number | bigint | Uint8Array) => {
      const hash = blockHash(BigInt(number as number)) ?? ZERO_HASH
      return { hash: () => hash }
    },
    putBlock: unused,
    validateHeader: unused,
    shallowCopy: unused,
  } as unknown as EVMMockBlockchainInterface & NonNullable<VMOpts['blockchain']>
}
