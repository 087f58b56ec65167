export { EXECUTE_ADDRESS } from './address.ts'
export { createExecutionCache, NO_CACHE } from './cache.ts'
export { createExecute, type Execute, type ExecuteDeps } from './execute.ts'
export { claimedGas, EXECUTE_BASE_GAS, EXECUTE_BYTE_GAS, executeGas, upfrontGas } from './gas.ts'
export {
  calldataLength,
  MAX_EXECUTION_GAS,
  RESOLVE_GAS,
  type SettledInput,
  type SettlementGas,
  settlementGas,
} from './settlementGas.ts'
export { type GasShare, type InputSize, shareGas } from './settlementShares.ts'
