/** `reenact/ethers`: native rollups for ethers 6. */
export {
  defineNativeRollupChain,
  type NativeRollupChain,
  type NativeRollupChainOptions,
  type Rollup,
} from './chains.ts'
export {
  AccountRequiredError,
  InsufficientFundsError,
  NotARollupError,
  ProviderRequiredError,
  RollupClientError,
  WaitTimeoutError,
  WrongChainError,
} from './errors.ts'
export type { EthersPeer, EthersSendOptions } from './ethers/connection.ts'
export { createEthersSdk, type EthersSdk, type EthersSdkOptions } from './ethers/createEthersSdk.ts'
export type { DepositRequest, EthersDeposits, MessageChoice } from './ethers/deposits.ts'
export {
  EstimateUnavailableError,
  InsufficientFeeError,
  MessageAlreadyClaimedError,
  MessageFailingError,
  MessageNotFoundError,
  MessageNotReadyError,
} from './messageErrors.ts'
