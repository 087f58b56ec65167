import type { RollupDeployment } from '../genesis/types.ts'
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

/** One settled L2 block as BlockAdvanced tells it. */
export type SettledBlock = { number: bigint; hash: `0x${string}`; stateRoot: `0x${string}`; anchorBlock: bigint; l1Block: bigint; l1TxHash: `0x${string}` }

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
  accountProof: readonly `0x${string}`[]
  storageProof: readonly `0x${string}`[]
  /** ready to send to `to` on L1 */
  calldata: `0x${string}`
  to: `0x${string}`
}

/** Builder and settler limits (README 7); not rules of EXECUTE. */
export type SettlementLimits = { maxRegularGas: bigint; maxCalldataBytes: number; maxTransactionGas: bigint }

export type { Hash32 }
