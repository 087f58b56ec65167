import { BEACON_ROOTS_ADDRESS, HISTORY_ADDRESS, REQUEST_ADDRESSES } from '../genesis/systemContracts.ts'
import type { RollupDeployment } from '../genesis/types.ts'
import type { GenesisState } from '../node/chain.ts'
import type { AdjustableClock } from '../node/clock.ts'
import { createImpersonation, type ImpersonatedSenders } from '../node/impersonation.ts'
import type { L1Node } from '../node/l1Node.ts'
import { createSnapshots, type Snapshots } from '../node/snapshots.ts'
import { createStateEdits, type StateEdits } from '../node/stateEdits.ts'
import { nowSeconds, setTime } from '../node/timeTravel.ts'
import type { L2Node } from '../rollup/l2Node.ts'
import { l1DevMethods } from '../rpc/dev/l1.ts'
import { l2DevMethods } from '../rpc/dev/l2.ts'
import type { MethodTable } from '../rpc/types.ts'
import { hexToBytes } from '../stateless/bytes.ts'
import { CLIENT_VERSION } from './version.ts'

/** What only a devnet has. */
export type DevTools = {
  methods: MethodTable
  impersonation: ImpersonatedSenders
  snapshots: Snapshots
  edits: StateEdits
}

/** Contracts of the chain itself: their storage is its history, not state that anybody moves to another chain. */
const SYSTEM_ADDRESSES = [HISTORY_ADDRESS, BEACON_ROOTS_ADDRESS, ...REQUEST_ADDRESSES]

/** `rollups` run on this L1 beside it: a loaded state leaves their contracts alone, since L2 does not come with it. */
export function l1DevTools(node: L1Node, clock: AdjustableClock, rollups: readonly RollupDeployment[] = []): DevTools {
  const { chain, pool, sealer, genesis } = node
  const impersonation = createImpersonation(node)
  const snapshots = createSnapshots(node, clock)
  const edits = createStateEdits(node)
  const methods = l1DevMethods({
    chain,
    pool,
    sealer,
    clock,
    genesis,
    node,
    clientVersion: CLIENT_VERSION,
    edits,
    snapshots,
    senders: impersonation,
    keptAccounts: [...SYSTEM_ADDRESSES, ...rollups.flatMap(contractsOf)].map(hexToBytes),
  })
  return { methods, impersonation, snapshots, edits }
}

function contractsOf({ l1 }: RollupDeployment): string[] {
  return [l1.rollup, l1.messenger, l1.tokenBridge]
}

export function l2DevTools(node: L2Node, genesis: GenesisState, clock: AdjustableClock): MethodTable {
  const { chain, pool, sealer, sequencer, setCoinbase } = node
  const obstacle = () => sequencer.status().reason
  return l2DevMethods({ chain, pool, sealer, clock, genesis, clientVersion: CLIENT_VERSION, obstacle, setCoinbase })
}

/** A chain whose time was moved ahead goes on from there after a restart. */
export function catchUp(clock: AdjustableClock, { chain }: Pick<L1Node, 'chain'>): void {
  const { timestamp } = chain.head().header
  if (timestamp > nowSeconds(clock)) setTime(clock, timestamp)
}
