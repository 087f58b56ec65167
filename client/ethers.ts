/** `reenact/ethers`: native rollups for ethers 6. */
export type { WaitOptions } from './actions/poll.ts'
export {
  defineNativeRollupChain,
  type NativeRollupChain,
  type NativeRollupChainOptions,
  type Rollup,
} from './chains.ts'
export {
  AccountRequiredError,
  InsufficientFundsError,
  LogsUnavailableError,
  NotARollupError,
  ProviderRequiredError,
  RollupClientError,
  WaitTimeoutError,
  WrongChainError,
} from './errors.ts'
export type { EthersPeer, EthersSendOptions } from './ethers/connection.ts'
export { createEthersSdk, type EthersSdk, type EthersSdkOptions } from './ethers/createEthersSdk.ts'
export type { DepositRequest, EthersDeposits, MessageChoice } from './ethers/deposits.ts'
export type { Sent } from './ethers/values.ts'
export type { EthersWithdrawals, WithdrawalLike, WithdrawalRequest } from './ethers/withdrawals.ts'
export {
  EstimateUnavailableError,
  InsufficientFeeError,
  MessageAlreadyClaimedError,
  MessageFailingError,
  MessageNotFoundError,
  MessageNotReadyError,
} from './messageErrors.ts'
export type { Message, MessageStatus, Settlement, Withdrawal, WithdrawalStatus } from './types.ts'
export {
  ProofMismatchError,
  WithdrawalAlreadyClaimedError,
  WithdrawalFailingError,
  WithdrawalMovedError,
  WithdrawalNotFinalError,
  WithdrawalNotFoundError,
  WithdrawalNotSettledError,
} from './withdrawalErrors.ts'
