import type { LocalAccount } from 'viem'
import { TransactionRejected } from '../../execution/errors.ts'
import type { Transaction } from '../../execution/types.ts'
import type { PendingBlocks } from '../../node/pendingBlock.ts'
import type { Sealer } from '../../node/types.ts'
import type { ExecuteVerdict } from '../../precompiles/types.ts'
import { bytesToHex } from '../../stateless/bytes.ts'
import { requireFreeCoinbase } from '../coinbase.ts'
import { RollupError } from '../errors.ts'
import { requireSettleable } from '../limits.ts'
import { NO_KEYS } from '../noKeys.ts'
import type { BlockByHand, BlockWithMessages, Sequencer } from '../sequencer.ts'
import type { SettleRequest } from '../settling/settleNow.ts'
import type { Settler } from '../settling/settler.ts'
import type { SettledAndFinal } from '../settling/steadySettlement.ts'
import type { Fault, Faults } from './faults.ts'
import { type RewindFate, type Rewound, type RewoundNode, rewindUnsettled } from './rewind.ts'
import { type Submission, type SubmissionRequest, submitInput } from './submission.ts'

type Hex = `0x${string}`

/** What the operator of a rollup may do to it by hand, beside what its node does by itself. All of it throws RollupError. */
export type RollupControl = {
  /** posts an input to L1, right or wrong, and tells what became of it */
  submit(request: SubmissionRequest, signal: AbortSignal): Promise<Submission>
  /**
   * Whether the node settles by itself from now on; false: it was so already. When it is off, a step that was under way has
   * ended: nothing that is sealed afterwards is sent.
   */
  setSettling(isOn: boolean): Promise<boolean>
  /** decides when blocks are made */
  readonly sealer: Sealer
  /** makes no more blocks by itself; gives the hash of the head. SEQUENCER_STATE when it is stopped already. */
  stopSequencer(): Promise<Hex>
  /** goes on; with a hash only when that is the head. SEQUENCER_STATE when it is not, or the sequencer runs. */
  startSequencer(head: Hex | undefined): Promise<void>
  /**
   * Makes one block, also while the sequencer is stopped. Given transactions (signed, in their order) are all in it, and
   * nothing else of the pool is. Throws TransactionRejected and RollupError CANNOT_BUILD, FIXED_COINBASE.
   */
  build(request: BuildByHand): Promise<BlockWithMessages>
  /** lets one thing go wrong once, and gives what was armed before; undefined: nothing more. CANNOT_BREAK when it cannot be done. */
  injectFault(fault: Fault | undefined): Fault | undefined
  /** takes unsettled blocks back; CANNOT_REWIND when others know them already */
  rewind(toBlock: bigint, fate: RewindFate): Promise<Rewound>
  /**
   * Settles up to block `upTo`, or everything that L1 time allows, also while settlement is paused; gives the L1
   * transactions. CANNOT_SETTLE when L1 would take nothing now.
   */
  settle(upTo: bigint | undefined, signal: AbortSignal): Promise<readonly Hex[]>
}

/** Like BlockByHand, with transactions as bytes. */
export type BuildByHand = Omit<BlockByHand, 'transactions'> & { transactions?: readonly Uint8Array[] }

/** The node that is controlled. */
export type ControlledNode = RewoundNode & {
  sealer: Sealer
  sequencer: Sequencer
  settler: Settler
  pending: PendingBlocks
  poke(): void
  setSettling(isOn: boolean): void
  settleNow(request: SettleRequest): Promise<readonly Hex[]>
  settlement(): SettledAndFinal
}

export type ControlDeps = {
  /** the builder's own transactions, which are made anew */
  isOwn(tx: Transaction): boolean
  faults: Faults
  accounts?: { settler: LocalAccount }
  verify(input: Uint8Array, gasLimit: bigint): Promise<ExecuteVerdict>
}

/** For what is on its way to L1; less than the time of a call. */
const PATIENCE_MS = 20_000

export function createControl(node: ControlledNode, { accounts, verify, isOwn, faults }: ControlDeps): RollupControl {
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
    async setSettling(isOn) {
      if (node.settler.status().active === isOn) return false
      node.setSettling(isOn)
      if (!isOn) await node.settler.exclusively(async () => undefined)
      return true
    },
    sealer: node.sealer,
    async stopSequencer() {
      if (!node.sequencer.setStopped(true)) throw new RollupError('SEQUENCER_STATE', 'the sequencer is stopped already')
      // a block may be under way
      return node.sequencer.exclusively(async () => headHash(node))
    },
    startSequencer: (expected) =>
      node.sequencer.exclusively(async () => {
        const head = headHash(node)
        if (expected !== undefined && expected !== head) {
          throw new RollupError('SEQUENCER_STATE', `the head is ${head}, not ${expected}`, { head })
        }
        if (!node.sequencer.setStopped(false)) throw new RollupError('SEQUENCER_STATE', 'the sequencer runs already')
        node.sealer.wake()
      }),
    async build({ transactions, ...request }) {
      if (request.coinbase !== undefined) requireFreeCoinbase(node.watcher.deployment)
      const decoded =
        transactions === undefined ? {} : { transactions: transactions.map((raw, at) => decode(node, raw, at)) }
      const work = () => node.sequencer.build({ ...request, ...decoded })
      return node.sealer.between(() => node.pending.during(work))
    },
    injectFault: faults.arm,
    rewind: (toBlock, fate) => rewindUnsettled(node, { toBlock, fate, isOwn }),
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

const headHash = ({ chain }: ControlledNode): Hex => `0x${bytesToHex(chain.head().hash)}`

function decode({ chain }: ControlledNode, raw: Uint8Array, index: number): Transaction {
  try {
    const tx = chain.engine.decodeTransaction(raw, chain.head().header)
    requireSettleable(tx)
    return tx
  } catch (error) {
    if (!(error instanceof TransactionRejected)) throw error
    throw new RollupError('CANNOT_BUILD', `transaction ${index}: ${error.message}`, { index }, error)
  }
}
