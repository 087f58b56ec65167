import type { GenesisState } from '../../node/chain.ts'
import type { AdjustableClock } from '../../node/clock.ts'
import type { ImpersonatedSenders } from '../../node/impersonation.ts'
import type { L1Node } from '../../node/l1Node.ts'
import type { Snapshots } from '../../node/snapshots.ts'
import type { StateEdits } from '../../node/stateEdits.ts'
import type { Chain, Sealer, TxPool } from '../../node/types.ts'
import type { Address20 } from '../../stateless/types.ts'

/** What the development methods of any chain of a devnet work on. */
export type DevDeps = {
  chain: Chain
  pool: TxPool
  sealer: Sealer
  /** one for all chains of the process */
  clock: AdjustableClock
  clientVersion: string
  /** where the chain began: part of the keys of its state */
  genesis: GenesisState
}

export type L1DevDeps = DevDeps & {
  node: L1Node
  edits: StateEdits
  snapshots: Snapshots
  senders: ImpersonatedSenders
  /** accounts that anvil_loadState leaves alone: what the chain and its rollups keep for themselves */
  keptAccounts: readonly Address20[]
}

export type L2DevDeps = DevDeps & {
  /** why the sequencer does not build now */
  obstacle(): string | undefined
  /** throws RollupError where the rollup contract names the coinbase */
  setCoinbase(address: Address20): void
}
