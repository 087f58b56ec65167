import type { BlockOutcome, Transaction } from '../../execution/types.ts'
import type { Chain, Logger, TxPool } from '../../node/types.ts'
import type { Block } from '../../stateless/types.ts'
import type { Anchor } from '../anchor.ts'
import type { ClaimPlan, Claims } from '../claims.ts'
import type { ForcedTransactions } from '../forcedTransactions.ts'
import type { ReplayQueue } from '../replay.ts'
import type { Settleable } from '../settling/inputs.ts'
import type { Message, SettlementLimits } from '../types.ts'

export type BuildL2Request = {
  parent: Block
  anchor: Anchor
  timestamp: bigint
  /** undefined: nothing to claim, or no proof to be had now */
  claims: ClaimPlan | undefined
  /** claims come behind the transactions; default: before them, since these may spend what claims bring */
  claimsLast?: boolean
  /** make a block although nobody sent anything */
  allowEmpty: boolean
  byHand?: HandMade
}

/** What somebody wants of one block: exactly these transactions in their order, none else; this coinbase (20 bytes). */
export type HandMade = { transactions?: readonly Transaction[]; coinbase?: Uint8Array }

/** A transaction of the old chain that the new one does not take, and why. */
export type Displaced = { tx: Transaction; reason: string }

export type BuiltL2Block = {
  outcome: BlockOutcome
  settleable: Settleable
  /** messages of L1 that the block claims */
  delivered: readonly Message[]
  /** what the replay queue can forget once the block is stored */
  replayed: readonly Transaction[]
  displaced: readonly Displaced[]
}

/** `coinbase` is asked at the beginning of each block. */
export type L2BuilderOptions = { gasLimit: bigint; coinbase(): Uint8Array; limits: SettlementLimits }
export type L2BuilderDeps = {
  chain: Chain
  pool: TxPool
  claims: Claims
  replay: ReplayQueue
  forced: ForcedTransactions
  /** claims of an old chain that the pool took back: they are made anew, for the new anchor */
  isOwn(tx: Transaction): boolean
  /** a transaction that was to be run again, or was given to be run, and is in no block */
  onLeftOut?(tx: Transaction, reason: string): void
  logger: Logger
}
