/** `reenact/viem`: native rollups for viem. */
export {
  type BuildClaimWithdrawalParameters,
  type BuildClaimWithdrawalReturnType,
  buildClaimWithdrawal,
} from './actions/buildClaimWithdrawal.ts'
export {
  type ClaimWithdrawalParameters,
  type ClaimWithdrawalReturnType,
  claimWithdrawal,
  estimateClaimWithdrawalGas,
  prepareClaimWithdrawal,
  type WithdrawalClaim,
} from './actions/claimWithdrawal.ts'
export { type DepositParameters, deposit, estimateDepositGas, prepareDeposit } from './actions/deposit.ts'
export { type DevnetChains, getDevnetChains } from './actions/getDevnetChains.ts'
export { type GetL2HeadParameters, type GetL2HeadReturnType, getL2Head } from './actions/getL2Head.ts'
export {
  type GetMessageStatusParameters,
  type GetMessageStatusReturnType,
  getMessageStatus,
  type MessageSelector,
} from './actions/getMessageStatus.ts'
export { type GetRollupChainParameters, getRollupChain } from './actions/getRollupChain.ts'
export { type GetSettlementParameters, type GetSettlementReturnType, getSettlement } from './actions/getSettlement.ts'
export {
  type GetWithdrawalStatusParameters,
  type GetWithdrawalStatusReturnType,
  getWithdrawalStatus,
} from './actions/getWithdrawalStatus.ts'
export {
  estimateInitiateWithdrawalGas,
  type InitiateWithdrawalParameters,
  type InitiateWithdrawalReturnType,
  initiateWithdrawal,
  prepareInitiateWithdrawal,
} from './actions/initiateWithdrawal.ts'
export type { WaitOptions } from './actions/poll.ts'
export type { Reader } from './actions/rollupRpc.ts'
export type { PreparedCall, Sender, TransactionOptions } from './actions/sendCall.ts'
export { prepareSendMessage, type SendMessageParameters, sendMessage } from './actions/sendMessage.ts'
export {
  type WaitForMessageParameters,
  type WaitForMessageReturnType,
  waitForMessage,
} from './actions/waitForMessage.ts'
export { type WaitToClaimParameters, type WaitToClaimReturnType, waitToClaim } from './actions/waitToClaim.ts'
export {
  type ContractBySource,
  defineNativeRollupChain,
  type NativeRollupChain,
  type NativeRollupChainOptions,
  type NativeRollupContracts,
} from './chains.ts'
export { type PublicActionsL1, publicActionsL1 } from './decorators/publicActionsL1.ts'
export { type PublicActionsL2, publicActionsL2 } from './decorators/publicActionsL2.ts'
export { type WalletActionsL1, walletActionsL1 } from './decorators/walletActionsL1.ts'
export { type WalletActionsL2, walletActionsL2 } from './decorators/walletActionsL2.ts'
export {
  AccountRequiredError,
  InsufficientFundsError,
  LogsUnavailableError,
  NotARollupError,
  RollupClientError,
  WaitTimeoutError,
  WrongChainError,
} from './errors.ts'
// One action for each rollup_ method, and the types of what they take and answer.
export * from './generated/decorators.ts'
export * from './generated/devnetActions.ts'
export * from './generated/rollupActions.ts'
export type * from './generated/rpcSchema.ts'
export type * from './generated/types.ts'
export { type GetMessagesParameters, getMessages, type ReceiptLogs } from './getMessages.ts'
export { getWithdrawals, type WithdrawalReceipt } from './getWithdrawals.ts'
export {
  EstimateUnavailableError,
  InsufficientFeeError,
  MessageAlreadyClaimedError,
  MessageFailingError,
  MessageNotFoundError,
  MessageNotReadyError,
} from './messageErrors.ts'
export { getMessageHash, getWithdrawalHash, type MessageRoute } from './messageHash.ts'
export { ControlTokenRequiredError, MethodNotAvailableError, UnexpectedAnswerError } from './nodeErrors.ts'
export type { RollupClient, Wire } from './rollupRequest.ts'
export type {
  L2Head,
  Message,
  MessageStatus,
  SentMessage,
  Settlement,
  Withdrawal,
  WithdrawalStatus,
} from './types.ts'
export {
  ProofMismatchError,
  WithdrawalAlreadyClaimedError,
  WithdrawalFailingError,
  WithdrawalMovedError,
  WithdrawalNotFinalError,
  WithdrawalNotFoundError,
  WithdrawalNotSettledError,
} from './withdrawalErrors.ts'
