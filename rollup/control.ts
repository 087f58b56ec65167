import type { LocalAccount } from 'viem'
import type { ExecuteVerdict } from '../precompiles/types.ts'
import { RollupError } from './errors.ts'
import type { L2Node } from './l2Node.ts'
import { NO_KEYS } from './noKeys.ts'
import { type Submission, type SubmissionRequest, submitInput } from './submission.ts'

type Hex = `0x${string}`

/** What the operator of a rollup may do to it by hand, beside what its node does by itself. All of it throws RollupError. */
export type RollupControl = {
  /** posts an input to L1, right or wrong, and tells what became of it */
  submit(request: SubmissionRequest, signal: AbortSignal): Promise<Submission>
  /** whether the node settles by itself from now on; false: it was so already */
  setSettling(isOn: boolean): boolean
  /**
   * Settles up to block `upTo`, or everything that L1 time allows, also while settlement is paused; gives the L1
   * transactions. CANNOT_SETTLE when L1 would take nothing now.
   */
  settle(upTo: bigint | undefined, signal: AbortSignal): Promise<readonly Hex[]>
}

export type ControlDeps = {
  accounts?: { settler: LocalAccount }
  verify(input: Uint8Array, gasLimit: bigint): Promise<ExecuteVerdict>
}

/** For what is on its way to L1; less than the time of a call. */
const PATIENCE_MS = 20_000

export function createControl(node: L2Node, { accounts, verify }: ControlDeps): RollupControl {
  const { address } = accounts?.settler ?? NO_KEYS
  return {
    async submit(request, signal) {
      const { l1, watcher, settler } = node
      const submission = await submitInput({ l1, view: watcher, settler, verify }, request, {
        account: address,
        signal,
      })
      if (submission.accepted) node.poke()
      return submission
    },
    setSettling(isOn) {
      if (node.settler.status().active === isOn) return false
      node.setSettling(isOn)
      return true
    },
    async settle(upTo, signal) {
      const patience = AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)])
      const sent = await node.settleNow({ signal: patience, ...(upTo === undefined ? {} : { upTo }) })
      const head = node.chain.head().header.number
      const wanted = upTo !== undefined && upTo < head ? upTo : head
      const { settled } = node.settlement()
      if (sent.length > 0 || settled >= wanted) return sent
      const reason = node.settler.status().lastError ?? `L1 is at L2 block ${settled}`
      throw new RollupError('CANNOT_SETTLE', `nothing can be settled now: ${reason}`, { settled, wanted })
    },
  }
}
