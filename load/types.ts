import type { RollupDeployment } from '../genesis/types.ts'
import type { Spread } from './statistics.ts'

export type Hex = `0x${string}`
export type Layer = 'l1' | 'l2'

/** Traffic that runs on either chain; these also fill the blocks of the search for the largest one. */
export const WORK_KINDS = ['transfer', 'erc20', 'storage', 'compute', 'deployment'] as const
export type WorkKind = (typeof WORK_KINDS)[number]
/** deposit: L1 to L2; withdrawal: L2 to L1; claim: of a withdrawal, on L1 */
export type TrafficKind = WorkKind | 'deposit' | 'withdrawal' | 'claim'

/** One chain under load. */
export type ChainTarget = { readonly layer: Layer; readonly url: string; readonly chainId: number }

export type Target = {
  readonly l1: ChainTarget
  readonly l2: ChainTarget
  readonly contracts: Pick<RollupDeployment, 'l1' | 'l2'>
}

/** What one settlement may need; the node's own limits, which only say which of them was near. */
export type SettlementCaps = { maxRegularGas: bigint; maxCalldataBytes: number; maxTransactionGas: bigint }

export type LoadOptions = {
  /** of mixed traffic */
  seconds: number
  /** transactions per second on both chains together; 0: as many as the nodes take */
  rate: number
  /** makes the accounts and what they send */
  seed: number
  /** kinds for which the largest block is searched */
  search: readonly WorkKind[]
  caps: SettlementCaps
}

/** One transaction of the load. Times are milliseconds of performance.now(). */
export type Sent = {
  readonly layer: Layer
  readonly kind: TrafficKind
  readonly hash: Hex
  readonly sentAt: number
  seenAt?: number
}

/** Witness and payload of settled blocks, bytes. */
export type InputParts = {
  input: number
  witnessState: number
  witnessCodes: number
  witnessHeaders: number
  transactions: number
  accessList: number
}

/** One settled L2 block, out of the L1 transaction that settled it. */
export type SettledRow = {
  l2Block: number
  l1Block: number
  l1TxHash: Hex
  transactions: number
  /** the block's own gasUsed */
  l2Gas: number
  /** R: what EXECUTE ran and charged for */
  regularGas: number
  /** what the EXECUTE call cost on L1, as L1's own trace says */
  executeGas: number
  /** its part of the settlement's gasUsed: its EXECUTE call, the bytes of its input, an equal part of the rest */
  l1Gas: number
  bytes: InputParts
}

/** One settlement transaction on L1. */
export type SettlementRow = {
  l1TxHash: Hex
  l1Block: number
  l2Blocks: number
  gasUsed: number
  executeGas: number
  /** of its bytes, as intrinsic gas: 16 and 4 */
  calldataGas: number
  calldataBytes: number
}

/** A chain during the load: everything in its blocks, whoever sent it. */
export type ChainFigures = {
  /** block numbers, both included */
  from: number
  to: number
  blocks: number
  transactions: number
  gasUsed: number
  transactionsPerSecond: number
  gasPerSecond: number
}

export type TrafficFigures = {
  layer: Layer
  kind: TrafficKind
  sent: number
  included: number
  /** in a block, with status 0 */
  failed: number
  gasUsed: number
  /** from sending to the block that has it; absent without any */
  latencyMs?: Spread
}

export type SettlementFigures = {
  transactions: number
  blocks: number
  l2Transactions: number
  l2Gas: number
  regularGas: number
  gas: { used: number; execute: number; calldata: number; overhead: number }
  calldataBytes: number
  bytes: InputParts
  l1GasPerL2Transaction: number
  l1GasPerL2Gas: number
  /** without state gas, which L1 does not run */
  l1GasPerRegularGas: number
  witnessBytesPerL2Gas: number
  inputBytesPerL2Transaction: number
  /** of all gas used on L1, and of all gas its blocks had room for */
  executeShare: { ofL1GasUsed: number; ofL1GasLimit: number; ofSettlementBlocks: Spread | null }
  /** from the L2 block to the L1 block that settled it */
  lagMs: Spread | null
}

export type BridgeFigures = {
  /** from sending on L1 to delivery on L2 */
  deposits: { sent: number; delivered: number; latencyMs: Spread | null }
  /** from sending on L2 to payment on L1 */
  withdrawals: { sent: number; claimed: number; latencyMs: Spread | null }
}

/** How much of each limit a block took, 0 to 1. */
export type Fill = Record<'regularGas' | 'calldata' | 'executionGas' | 'blockGas', number>

export type LargestBlock = {
  kind: WorkKind
  /** the most transactions of this kind in one block that was built and settled */
  transactions: number
  /** the limit that one more transaction would pass; `builder`: none, but the node's own estimate while it builds */
  boundBy: keyof Fill | 'builder'
  fill: Fill
  block: SettledRow
  /** blocks of other sizes that the search made, smallest first; the largest is the last */
  curve: readonly SettledRow[]
}

/** What `reenact load --report FILE` writes. Gas and bytes are numbers; the format changes only with `version`. */
export type LoadReport = {
  version: 1
  at: string
  client: string
  machine: string
  chains: { l1ChainId: number; l2ChainId: number }
  options: { seconds: number; rate: number; seed: number }
  /** of the traffic, until the last transaction of it was in a block */
  seconds: number
  stoppedEarly: boolean
  l1: ChainFigures
  l2: ChainFigures
  traffic: readonly TrafficFigures[]
  settlement: SettlementFigures
  bridge: BridgeFigures
  largest: readonly LargestBlock[]
  /** why the search is not complete */
  searchProblem?: string
  settlements: readonly SettlementRow[]
  blocks: readonly SettledRow[]
}

/** How far a run is, for a progress bar. `done` is 0 to 1 within the phase. */
export type Progress = {
  phase: 'preparing' | 'load' | 'settling' | 'measuring' | 'searching'
  done: number
  text: string
}
