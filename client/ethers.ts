/** `reenact/ethers`: native rollups for ethers 6. */
export type { ForcedTransaction, ForcedTransactionStatus } from './actions/getForcedTransaction.ts'
export type { GetTimeToClaimReturnType } from './actions/getTimeToClaim.ts'
export type { WaitOptions } from './actions/poll.ts'
export type { DepositQuote } from './actions/quoteDeposit.ts'
export {
  defineNativeRollupChain,
  type NativeRollupChain,
  type NativeRollupChainOptions,
  type Rollup,
} from './chains.ts'
export {
  AccountRequiredError,
  InsufficientFundsError,
  InsufficientTokensError,
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
export type { EthersForced, ForcedLike } from './ethers/forced.ts'
export type { EthersTokens, TokenRequest } from './ethers/tokens.ts'
export type { Sent } from './ethers/values.ts'
export type { EthersWithdrawals, WithdrawalLike, WithdrawalRequest } from './ethers/withdrawals.ts'
export { ForcedTransactionNotFoundError, InvalidForcedTransactionError, NoBondError } from './forcedErrors.ts'
export type { DevnetActions, RollupQuestions } from './generated/decorators.ts'
export {
  EstimateUnavailableError,
  ExcessiveFeeError,
  InsufficientFeeError,
  MessageAlreadyClaimedError,
  MessageFailingError,
  MessageNotFoundError,
  MessageNotReadyError,
  MessageProofStaleError,
} from './messageErrors.ts'
export { ControlTokenRequiredError, MethodNotAvailableError, UnexpectedAnswerError } from './nodeErrors.ts'
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
