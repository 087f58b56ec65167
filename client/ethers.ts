/** `reenact/ethers`: native rollups for ethers 6. */
export {
  defineNativeRollupChain,
  type NativeRollupChain,
  type NativeRollupChainOptions,
  type Rollup,
} from './chains.ts'
export {
  AccountRequiredError,
  NotARollupError,
  ProviderRequiredError,
  RollupClientError,
  WrongChainError,
} from './errors.ts'
export type { EthersPeer, EthersSendOptions } from './ethers/connection.ts'
export { createEthersSdk, type EthersSdk, type EthersSdkOptions } from './ethers/createEthersSdk.ts'
