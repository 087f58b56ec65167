/** `reenact/viem`: native rollups for viem. */

export {
  type BuildClaimCrossMessageParameters,
  type BuildClaimCrossMessageReturnType,
  buildClaimCrossMessage,
} from './actions/buildClaimCrossMessage.ts'
export {
  type BuildClaimMessageParameters,
  type BuildClaimMessageReturnType,
  buildClaimMessage,
} from './actions/buildClaimMessage.ts'
export {
  type BuildClaimWithdrawalParameters,
  type BuildClaimWithdrawalReturnType,
  buildClaimWithdrawal,
} from './actions/buildClaimWithdrawal.ts'
export { type BuildDepositParameters, type BuildDepositReturnType, buildDeposit } from './actions/buildDeposit.ts'
export {
  type BuildInitiateWithdrawalParameters,
  type BuildInitiateWithdrawalReturnType,
  buildInitiateWithdrawal,
} from './actions/buildInitiateWithdrawal.ts'
export {
  type ClaimCrossMessageParameters,
  type ClaimCrossMessageReturnType,
  type CrossMessageClaim,
  type CrossProof,
  claimCrossMessage,
  prepareClaimCrossMessage,
} from './actions/claimCrossMessage.ts'
export {
  type ClaimMessageParameters,
  claimMessage,
  type MessageClaim,
  type MessageProof,
  prepareClaimMessage,
} from './actions/claimMessage.ts'
export {
  type ClaimWithdrawalParameters,
  type ClaimWithdrawalReturnType,
  claimWithdrawal,
  type EstimateClaimWithdrawalGasParameters,
  type EstimateClaimWithdrawalGasReturnType,
  estimateClaimWithdrawalGas,
  prepareClaimWithdrawal,
  type WithdrawalClaim,
} from './actions/claimWithdrawal.ts'
export { type DepositParameters, deposit, estimateDepositGas, prepareDeposit } from './actions/deposit.ts'
export {
  type DepositErc20Parameters,
  depositErc20,
  prepareDepositErc20,
  prepareErc20Approval,
} from './actions/depositErc20.ts'
export {
  type ForceTransactionParameters,
  forceTransaction,
  prepareForceTransaction,
} from './actions/forceTransaction.ts'
export { type DevnetChains, getDevnetChains } from './actions/getDevnetChains.ts'
export {
  type GetExecutionWitnessParameters,
  type GetExecutionWitnessReturnType,
  getExecutionWitness,
} from './actions/getExecutionWitness.ts'
export {
  type ForcedTransaction,
  type ForcedTransactionSelector,
  type ForcedTransactionStatus,
  type GetForcedTransactionParameters,
  type GetForcedTransactionReturnType,
  getForcedTransaction,
} from './actions/getForcedTransaction.ts'
export {
  type GetL1MessageStatusParameters,
  type GetL1MessageStatusReturnType,
  getL1MessageStatus,
} from './actions/getL1MessageStatus.ts'
export { type GetL2HeadParameters, type GetL2HeadReturnType, getL2Head } from './actions/getL2Head.ts'
export { type GetL2TokenAddressParameters, getL2TokenAddress } from './actions/getL2TokenAddress.ts'
export {
  type GetMessageStatusParameters,
  type GetMessageStatusReturnType,
  getMessageStatus,
} from './actions/getMessageStatus.ts'
export { type GetRollupChainParameters, getRollupChain } from './actions/getRollupChain.ts'
export { type GetSettlementParameters, type GetSettlementReturnType, getSettlement } from './actions/getSettlement.ts'
export {
  type GetTimeToClaimParameters,
  type GetTimeToClaimReturnType,
  getTimeToClaim,
} from './actions/getTimeToClaim.ts'
export {
  type GetWithdrawalStatusParameters,
  type GetWithdrawalStatusReturnType,
  getWithdrawalStatus,
} from './actions/getWithdrawalStatus.ts'
export {
  type EstimateInitiateWithdrawalGasParameters,
  type EstimateInitiateWithdrawalGasReturnType,
  estimateInitiateWithdrawalGas,
  type InitiateWithdrawalParameters,
  type InitiateWithdrawalReturnType,
  initiateWithdrawal,
  prepareInitiateWithdrawal,
} from './actions/initiateWithdrawal.ts'
export type { MessageSelector } from './actions/messageState.ts'
export type { WaitOptions } from './actions/poll.ts'
export {
  type DepositQuote,
  type QuoteDepositParameters,
  type QuoteDepositReturnType,
  quoteDeposit,
} from './actions/quoteDeposit.ts'
export type { Reader } from './actions/reader.ts'
export { prepareReclaimBond, type ReclaimBondParameters, reclaimBond } from './actions/reclaimBond.ts'
export type { PreparedCall, Sender, TransactionOptions } from './actions/sendCall.ts'
export {
  prepareSendCrossMessage,
  type SendCrossMessageParameters,
  type SendCrossMessageReturnType,
  sendCrossMessage,
} from './actions/sendCrossMessage.ts'
export { prepareSendMessage, type SendMessageParameters, sendMessage } from './actions/sendMessage.ts'
export {
  type VerifyWithdrawalProofParameters,
  type VerifyWithdrawalProofReturnType,
  verifyWithdrawalProof,
} from './actions/verifyWithdrawalProof.ts'
export {
  type WaitForMessageParameters,
  type WaitForMessageReturnType,
  waitForMessage,
} from './actions/waitForMessage.ts'
export {
  type WaitForSettlementParameters,
  type WaitForSettlementReturnType,
  waitForSettlement,
} from './actions/waitForSettlement.ts'
export { type WaitToClaimParameters, type WaitToClaimReturnType, waitToClaim } from './actions/waitToClaim.ts'
export {
  type RollupEventName,
  type WatchRollupParameters,
  type WatchRollupReturnType,
  watchRollup,
} from './actions/watchRollup.ts'
export type { WithdrawalParameters, WithdrawalSource } from './actions/withdrawalState.ts'
export {
  prepareWithdrawErc20,
  prepareWithdrawErc20Approval,
  type WithdrawErc20Parameters,
  type WithdrawErc20ReturnType,
  withdrawErc20,
} from './actions/withdrawErc20.ts'
export {
  type ContractBySource,
  defineNativeRollupChain,
  type NativeRollupChain,
  type NativeRollupChainOptions,
  type NativeRollupContracts,
} from './chains.ts'
export {
  CrossMessageAlreadyClaimedError,
  CrossMessageFailingError,
  CrossMessageNotReadyError,
} from './crossMessageErrors.ts'
export { type PublicActionsL1, publicActionsL1 } from './decorators/publicActionsL1.ts'
export { type PublicActionsL2, publicActionsL2 } from './decorators/publicActionsL2.ts'
export { type RollupActions, rollupActions } from './decorators/rollupActions.ts'
export { type WalletActionsL1, walletActionsL1 } from './decorators/walletActionsL1.ts'
export { type WalletActionsL2, walletActionsL2 } from './decorators/walletActionsL2.ts'
export {
  AccountRequiredError,
  InsufficientFundsError,
  InsufficientTokensError,
  LogsUnavailableError,
  NotADevnetError,
  NotARollupError,
  RollupClientError,
  WaitTimeoutError,
  WrongChainError,
} from './errors.ts'
export { ForcedTransactionNotFoundError, InvalidForcedTransactionError, NoBondError } from './forcedErrors.ts'
// One action for each rollup_ method, and the types of what they take and answer.
export { type DevnetActions, devnetActions, type RollupQuestions } from './generated/decorators.ts'
export * from './generated/devnetActions.ts'
export type { RollupEvents } from './generated/events.ts'
export * from './generated/rollupActions.ts'
export type * from './generated/rpcSchema.ts'
export type * from './generated/types.ts'
export { type CrossMessage, getCrossMessages } from './getCrossMessages.ts'
export { type GetMessagesParameters, getMessages, type MessageReceipt } from './getMessages.ts'
export { getWithdrawals, type WithdrawalReceipt } from './getWithdrawals.ts'
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
export { getMessageHash, getWithdrawalHash, type MessageRoute } from './messageHash.ts'
export {
  ControlTokenRequiredError,
  MethodNotAvailableError,
  UnexpectedAnswerError,
  WebSocketRequiredError,
} from './nodeErrors.ts'
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
