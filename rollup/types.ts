import type { RollupDeployment } from '../genesis/types.ts'
import type { GasSchedule } from '../precompiles/types.ts'
import type { Hash32 } from '../stateless/types.ts'

/** contracts/lib/Messages.sol::Message */
export type Message = {
  sender: `0x${string}`
  to: `0x${string}`
  value: bigint
  fee: bigint
  gasLimit: bigint
  data: `0x${string}`
  index: bigint
}

export type L1MessageRecord = { message: Message; l1Block: bigint; l1BlockHash: `0x${string}`; l1TxHash: `0x${string}` }

/** An L2 transaction that L1 demands (contracts/lib/ForcedQueue.sol), without its bytes. */
export type ForcedRecord = {
  id: bigint
  txHash: `0x${string}`
  payer: `0x${string}`
  /** L1 timestamp at which it was forced, seconds */
  since: bigint
  l1Block: bigint
  l1TxHash: `0x${string}`
}

/** One settled L2 block as BlockAdvanced tells it. */
export type SettledBlock = {
  number: bigint
  hash: `0x${string}`
  stateRoot: `0x${string}`
  anchorBlock: bigint
  l1Block: bigint
  l1TxHash: `0x${string}`
  /** seconds; the finality delay counts from here */
  l1Timestamp: bigint
}

/** What the rollup's node knows of its L1, kept by the L1 watcher, resumable and reorg-aware. */
export type L1View = {
  readonly deployment: RollupDeployment
  /** newest L1 block the watcher has read completely */
  head(): { number: bigint; hash: `0x${string}`; timestamp: bigint }
  settledHead(): SettledBlock | undefined
  settledAt(number: bigint): SettledBlock | undefined
  messages(): readonly L1MessageRecord[]
  /** L2 -> L1 indices already claimed on L1, with the claiming transaction */
  claimed(index: bigint): `0x${string}` | undefined
  /** forced transactions that are neither included in a settled block nor dropped, oldest first */
  pendingForced(): readonly ForcedRecord[]
  /** the signed bytes of a forced transaction */
  forcedBytes(id: bigint): Uint8Array | undefined
}

export type WithdrawalStatus = 'waiting-to-settle' | 'waiting-for-finality' | 'ready-to-claim' | 'claimed'

export type Withdrawal = {
  message: Message
  hash: `0x${string}`
  l2Block: bigint
  l2TxHash: `0x${string}`
  status: WithdrawalStatus
  /** seconds since the epoch; only while waiting for finality */
  readyAt?: bigint
  claimTx?: `0x${string}`
}

export type WithdrawalProof = {
  message: Message
  path: readonly `0x${string}`[]
  outboxRoot: `0x${string}`
  /** the settled block whose state root proves the outbox */
  l2Block: bigint
  stateRoot: `0x${string}`
  accountProof: readonly `0x${string}`[]
  storageProof: readonly `0x${string}`[]
  /** ready to send to `to` on L1 */
  calldata: `0x${string}`
  to: `0x${string}`
}

/** Builder and settler limits (README 7); not rules of EXECUTE. */
export type SettlementLimits = { maxRegularGas: bigint; maxCalldataBytes: number; maxTransactionGas: bigint }

/** What rollup_config tells: the deployment and how this node runs it. */
export type RollupConfig = RollupDeployment & {
  /** active hardfork of the L2 */
  fork: string
  executeAddress: `0x${string}`
  /** seconds; 0 is instant */
  blockTimes: { l1: number; l2: number }
  gasSchedule: GasSchedule
}

export type ChainPoint = { number: bigint; hash: `0x${string}`; timestamp: bigint }

/**
 * How far this node is with what L1 says: `inSync` when it has read L1 to its head and has every settled block. `lastError`
 * says why not, and names the L2 block that it refuses and the L1 transaction that settled it.
 */
export type Derivation = { inSync: boolean; lastError?: string; l2Block?: bigint; l1TxHash?: `0x${string}` }

/** What rollup_status tells, as of the L1 watcher's newest block. */
export type RollupStatus = {
  l1Head: ChainPoint
  /** unsafe: built; safe: settled; finalized: settled and final */
  l2: { unsafe: ChainPoint; safe: ChainPoint; finalized: ChainPoint }
  /** how far settlement is behind the L2 head */
  lag: { blocks: bigint; seconds: bigint }
  /**
   * deposits: L1 messages not yet claimed on L2; forced: forced transactions in no settled block, the oldest of which
   * opens the rollup to anyone at `forcedDeadline` (seconds since the epoch)
   */
  queue: { deposits: bigint; blocksToSettle: bigint; forced: bigint; forcedDeadline?: bigint }
  derivation: Derivation
  sequencer: { active: boolean; reason?: string }
  /** `nextAttempt`: seconds since the epoch */
  settler: { active: boolean; lastTx?: `0x${string}`; lastError?: string; nextAttempt?: bigint }
  /** wei held by the L1 messenger for this rollup */
  escrow: bigint
}

/** `address`: sender or receiver. `from`: the first index. `limit`: how many at most; default all. */
export type WithdrawalFilter = {
  txHash?: `0x${string}`
  address?: `0x${string}`
  status?: WithdrawalStatus
  from?: bigint
  limit?: number
}

/** `l2Block`: a settled block that holds the message, default the newest. `feeRecipient`: default the sender. */
export type WithdrawalProofOptions = { l2Block?: bigint; feeRecipient?: `0x${string}` }

/** One message by its index, or all of one L2 transaction, or the n-th of it (from 0). */
export type MessageSelector = { index: bigint } | { txHash: `0x${string}`; ordinal?: number }

export type WithdrawalErrorCode = 'NO_SUCH_WITHDRAWAL' | 'NOT_SETTLED'

/**
 * `AMBIGUOUS`: the L1 transaction has several; `NOT_ANCHORED`: no L2 block carries an L1 block that has it;
 * `ROOT_FORGOTTEN`: L2 no longer has the inbox root of the block that was named.
 */
export type MessageErrorCode = 'NO_SUCH_MESSAGE' | 'AMBIGUOUS' | 'NOT_ANCHORED' | 'ROOT_FORGOTTEN' | 'UNKNOWN_BLOCK'

/** A block of the destination: its timestamp in seconds, and the hash of the L1 block that it carries. */
export type CrossAnchor = { timestamp: bigint; l1BlockHash: `0x${string}` }

/** A message to another rollup, ready to be claimed there in one hop. */
export type CrossMessageProof = {
  message: Message
  destinationChainId: bigint
  path: readonly `0x${string}`[]
  outboxRoot: `0x${string}`
  /** the block of this L2, settled on L1 as of `l1Block`, whose state proves the outbox */
  l2Block: bigint
  l1Block: bigint
  /** ready to send to `to` on the destination, while that keeps the anchor (8,191 seconds) */
  calldata: `0x${string}`
  to: `0x${string}`
}

export type CrossMessageErrorCode = 'NO_SUCH_MESSAGE' | 'NOT_SETTLED' | 'UNKNOWN_ANCHOR'

/**
 * What the rollup_ methods read. `getWithdrawalProof` answers in message order and throws a NodeError with a
 * WithdrawalErrorCode. `getCrossMessageProof` proves under an anchor of the destination; CrossMessageErrorCode.
 */
export type RollupReader = {
  config(): RollupConfig
  status(): Promise<RollupStatus>
  getWithdrawals(filter: WithdrawalFilter): Promise<readonly Withdrawal[]>
  getWithdrawalProof(selector: MessageSelector, options: WithdrawalProofOptions): Promise<readonly WithdrawalProof[]>
  getCrossMessageProof(selector: MessageSelector, anchor: CrossAnchor): Promise<readonly CrossMessageProof[]>
}

export type { Hash32 }
