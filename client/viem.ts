/** `reenact/viem`: native rollups for viem. */
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
export type { WaitOptions } from './actions/poll.ts'
export type { PreparedCall, TransactionOptions } from './actions/sendCall.ts'
export { prepareSendMessage, type SendMessageParameters, sendMessage } from './actions/sendMessage.ts'
export {
  type WaitForMessageParameters,
  type WaitForMessageReturnType,
  waitForMessage,
} from './actions/waitForMessage.ts'
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
export {
  AccountRequiredError,
  InsufficientFundsError,
  NotARollupError,
  RollupClientError,
  WaitTimeoutError,
  WrongChainError,
} from './errors.ts'
export { type GetMessagesParameters, getMessages, type ReceiptLogs } from './getMessages.ts'
export {
  EstimateUnavailableError,
  InsufficientFeeError,
  MessageAlreadyClaimedError,
  MessageFailingError,
  MessageNotFoundError,
  MessageNotReadyError,
} from './messageErrors.ts'
export type {
  L2Head,
  Message,
  MessageStatus,
  SentMessage,
  Settlement,
  Withdrawal,
  WithdrawalStatus,
} from './types.ts'
