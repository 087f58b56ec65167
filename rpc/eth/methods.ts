import type { MethodTable } from '../types.ts'
import { blockAccessListMethods } from './blockAccessList.ts'
import { blockMethods } from './blocks.ts'
import { callMethods } from './call.ts'
import { configMethods } from './config.ts'
import type { EthDeps } from './deps.ts'
import { feeHistoryMethods } from './feeHistory.ts'
import { feeMethods } from './fees.ts'
import { filterMethods } from './filters.ts'
import { logMethods } from './logs.ts'
import { networkMethods } from './network.ts'
import { proofMethods } from './proof.ts'
import { receiptMethods } from './receipts.ts'
import { createRunCall } from './runCall.ts'
import { sendMethods } from './send.ts'
import { transactionObjectMethods } from './sendTransaction.ts'
import { signMethods } from './sign.ts'
import { simulateMethods } from './simulate.ts'
import { stateMethods } from './state.ts'
import { subscriptionMethods } from './subscriptions.ts'
import { transactionMethods } from './transactions.ts'

/** All eth_ methods of one chain. */
export function ethMethods(deps: EthDeps): MethodTable {
  const runCall = createRunCall()
  return {
    ...networkMethods(deps),
    ...configMethods(deps),
    ...feeMethods(deps),
    ...feeHistoryMethods(deps),
    ...stateMethods(deps),
    ...proofMethods(deps),
    ...blockMethods(deps),
    ...blockAccessListMethods(deps),
    ...transactionMethods(deps),
    ...receiptMethods(deps),
    ...sendMethods(deps),
    ...transactionObjectMethods(deps),
    ...signMethods(deps),
    ...callMethods(deps, runCall),
    ...simulateMethods(deps, runCall),
    ...logMethods(deps),
    ...filterMethods(deps),
    ...subscriptionMethods(deps),
  }
}
