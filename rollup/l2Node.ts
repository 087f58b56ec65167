import type { BlockEnv } from '../execution/types.ts'
import type { PendingBlocks } from '../node/pendingBlock.ts'
import type { LiveTxPool } from '../node/txPool.ts'
import type { Chain, Sealer } from '../node/types.ts'
import type { Block } from '../stateless/types.ts'
import type { Claims } from './claims.ts'
import { requireFreeCoinbase } from './coinbase.ts'
import { createControl, type RollupControl } from './control/control.ts'
import { type HeldL2Node, heldNode } from './control/heldNode.ts'
import { RollupError } from './errors.ts'
import type { L1Client } from './l1/l1Client.ts'
import type { L1Watcher } from './l1/l1Watcher.ts'
import type { L2NodeDeps, L2NodeOptions } from './l2NodeOptions.ts'
import { createLifecycle } from './lifecycle.ts'
import type { DeliverySimulation } from './messages/deliverySimulation.ts'
import type { Inbox } from './messages/inbox.ts'
import type { L1Messages } from './messages/l1Messages.ts'
import type { Outbox } from './messages/outbox.ts'
import { createParts, type Parts } from './parts/parts.ts'
import type { Sequencer } from './sequencer.ts'
import type { AttemptJournal } from './settling/attempts.ts'
import type { Finality } from './settling/finality.ts'
import type { InputStore } from './settling/inputs.ts'
import type { Settlements } from './settling/settlements.ts'
import { type SettleRequest, settleNow } from './settling/settleNow.ts'
import type { Settler } from './settling/settler.ts'
import { createSettlingSwitch } from './settling/settlingSwitch.ts'
import type { SettledAndFinal } from './settling/steadySettlement.ts'
import type { SyncStatusReader } from './syncStatus.ts'
import type { Derivation, RollupReader } from './types.ts'

export type L2Node = {
  readonly chain: Chain
  readonly pool: LiveTxPool
  readonly sealer: Sealer
  readonly pending: PendingBlocks
  /** what a block begun on `parent` now would begin with */
  pendingEnv(parent: Block): BlockEnv
  readonly reader: RollupReader
  readonly l1: L1Client
  /** messages to L1, and to other rollups */
  readonly outbox: Outbox
  readonly crossOutbox: Outbox
  /** messages from L1: their tree, where they stand, what their delivery would do */
  readonly inbox: Inbox
  readonly l1Messages: L1Messages
  readonly deliverySimulation: DeliverySimulation
  readonly finality: Finality
  readonly claims: Claims
  readonly watcher: L1Watcher
  readonly settler: Settler
  readonly sequencer: Sequencer
  readonly inputs: InputStore
  /** what the settler sent, and what became of it */
  readonly attempts: AttemptJournal
  /** how far the chain is with what L1 says */
  derivation(): Derivation
  /** heads and outputs as tools of OP Stack chains ask for them */
  readonly heads: SyncStatusReader
  /** where each block stands on its way to L1 */
  readonly settlements: Settlements
  /** for node/tags.ts::settlementTags: newest settled block, newest settled and final block */
  settlement(): SettledAndFinal
  /** checks the contracts on L1, reads L1, brings the chain in line, then runs; throws RollupError */
  start(): Promise<void>
  /** L1 has a new head: deposits show at once */
  poke(): void
  /** of blocks from the next one on; throws RollupError FIXED_COINBASE where the rollup contract names one */
  setCoinbase(address: Uint8Array): void
  /**
   * Runs `work` while this node does nothing by itself: no block is built or taken back, nothing is settled, L1 is not
   * read. Inside, its parts may only be called where that waits for none of these.
   */
  hold<Result>(work: (held: HeldL2Node) => Promise<Result>): Promise<Result>
  /** settles everything that L1 time allows; gives the L1 transactions. Throws RollupError. */
  settleNow(request?: SettleRequest): Promise<readonly `0x${string}`[]>
  /** whether this node settles by itself, from now on until it is stopped; `settleNow` works in any case */
  setSettling(isOn: boolean): void
  /** what its operator may do by hand; throws RollupError FOLLOWS_L1 in a follower */
  control(): RollupControl
  close(): Promise<void>
}

/** Joins watcher, sequencer and settler of one rollup around its chain. Nothing runs before `start`. */
export function createL2Node(options: L2NodeOptions, deps: L2NodeDeps): L2Node {
  const parts = createParts(options, deps)
  const { watcher, sequencer, settler, sealer } = parts
  const lifecycle = createLifecycle(options, { ...deps, ...parts })
  const settling = createSettlingSwitch(options.settle, { ...parts, isRunning: lifecycle.isRunning })
  const node: L2Node = {
    ...lookups(deps, parts),
    start: lifecycle.start,
    close: lifecycle.close,
    poke: watcher.poke,
    setCoinbase(address) {
      requireFreeCoinbase(options.deployment)
      parts.coinbase.current = address
    },
    hold(work) {
      const held = heldNode({ ...deps, ...parts, settling })
      const withL1Unread = () => watcher.exclusively(() => work(held))
      return sealer.between(() => sequencer.exclusively(() => settler.exclusively(withL1Unread)))
    },
    settleNow: (request = {}) => settling.during(() => settleNow({ ...deps, ...parts }, request)),
    setSettling: settling.set,
    control() {
      if (options.role === 'sequencer') return control
      throw new RollupError(
        'FOLLOWS_L1',
        'this node follows the rollup: it makes no blocks and has no keys; ask its sequencer',
      )
    },
  }
  const control = createControl(node, { ...deps, ...parts })
  return node
}

type Lookups = Pick<L2Node, 'chain' | 'pool' | (keyof Parts & keyof L2Node)>

function lookups({ chain, pool }: L2NodeDeps, parts: Parts): Lookups {
  return {
    chain,
    pool,
    sealer: parts.sealer,
    pending: parts.pending,
    pendingEnv: parts.pendingEnv,
    reader: parts.reader,
    l1: parts.l1,
    outbox: parts.outbox,
    crossOutbox: parts.crossOutbox,
    inbox: parts.inbox,
    l1Messages: parts.l1Messages,
    deliverySimulation: parts.deliverySimulation,
    finality: parts.finality,
    claims: parts.claims,
    watcher: parts.watcher,
    settler: parts.settler,
    sequencer: parts.sequencer,
    inputs: parts.inputs,
    attempts: parts.attempts,
    derivation: parts.derivation,
    heads: parts.heads,
    settlements: parts.settlements,
    settlement: parts.settlement,
  }
}
