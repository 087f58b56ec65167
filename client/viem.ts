/** `reenact/viem`: native rollups for viem. */
export { type DevnetChains, getDevnetChains } from './actions/getDevnetChains.ts'
export { type GetL2HeadParameters, type GetL2HeadReturnType, getL2Head } from './actions/getL2Head.ts'
export { type GetRollupChainParameters, getRollupChain } from './actions/getRollupChain.ts'
export type { TransactionOptions } from './actions/sendCall.ts'
export { type SendMessageParameters, sendMessage } from './actions/sendMessage.ts'
export {
  type ContractBySource,
  defineNativeRollupChain,
  type NativeRollupChain,
  type NativeRollupChainOptions,
  type NativeRollupContracts,
} from './chains.ts'
export { type PublicActionsL1, publicActionsL1 } from './decorators/publicActionsL1.ts'
export { type WalletActionsL1, walletActionsL1 } from './decorators/walletActionsL1.ts'
export { AccountRequiredError, NotARollupError, RollupClientError, WrongChainError } from './errors.ts'
export type {
  L2Head,
  Message,
  MessageStatus,
  SentMessage,
  Settlement,
  Withdrawal,
  WithdrawalStatus,
} from './types.ts'
