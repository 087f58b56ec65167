import { InternalError } from './internal.ts'
import type { NodeCommon, SharedCommon } from './nodeCommon.ts'
import { createRunVm, type RunInput, type RunVm } from './runVm.ts'
import type { EnginePaths, ExecutePrecompile } from './types.ts'

/** How many VMs wait for their next call; more than that are only made while more calls run at the same time. */
const MAX_IDLE = 8

/** The VMs that calls run on. */
export type CallVms = {
  /**
   * Lends a VM that nobody else has and that knows of nothing but `input`. When `run` throws, whatever it was, the VM is
   * not used again.
   */
  lend<T>(fork: CallFork, input: RunInput, run: (vm: RunVm) => Promise<T>): Promise<T>
}

/** `shared` stands for the fork; `copy` makes the Common of a new VM. */
export type CallFork = { readonly shared: SharedCommon; copy(): NodeCommon }

export type CallVmOptions = {
  execute?: ExecutePrecompile | undefined
  yieldEveryMs?: number | undefined
  /** default: `defaultPaths()` */
  paths?: EnginePaths | undefined
}

/** Makes a VM for each run. */
export function createFreshVms(options: CallVmOptions): CallVms {
  return {
    lend: async ({ copy }, input, run) => run(await createRunVm({ ...options, ...input, common: copy() })),
  }
}

/**
 * Keeps VMs between runs: making one takes longer than a short call. What they keep is what the fork decides (opcode
 * tables, precompiles) and the jump analyses of code that is still in memory; a new head needs no notice.
 */
export function createKeptVms(options: CallVmOptions): CallVms {
  const idle: { shared: SharedCommon; vm: RunVm }[] = []
  const take = (shared: SharedCommon): RunVm | undefined => {
    const index = idle.findLastIndex((kept) => kept.shared === shared)
    return index === -1 ? undefined : idle.splice(index, 1)[0]?.vm
  }
  return {
    async lend({ shared, copy }, input, run) {
      const kept = take(shared)
      kept?.restart(input)
      const vm = kept ?? (await createRunVm({ ...options, ...input, common: copy() }))
      const result = await run(vm)
      vm.restart(NOTHING)
      idle.push({ shared, vm })
      if (idle.length > MAX_IDLE) idle.shift()
      return result
    },
  }
}

/** Lets go of the state that a run has read. */
const NOTHING: RunInput = {
  state: {
    root: new Uint8Array(32),
    getAccount: unused,
    getStorage: unused,
    getCode: unused,
    commit: unused,
  },
  blockHash: unused,
}

function unused(): never {
  throw new InternalError('nothing runs on an idle VM')
}
