import { type CallDeps, withCallRun } from './callRun.ts'
import type { CallContext, CallOutcome, CallRequest } from './types.ts'

/**
 * eth_call: runs a message on top of a block's state and forgets what it did.
 *
 * As geth does: the sender may be anyone, a contract too, with any nonce; the base fee is 0 unless the call pays for
 * gas; value and paid gas must be covered; intrinsic gas is charged. Without `gas` the block gas limit holds. A call may
 * use more regular gas than EIP-7825 allows a transaction.
 *
 * @throws TransactionRejected when no transaction like this could run (funds, fees, gas below the minimum)
 */
export async function runCallRequest(call: CallRequest, context: CallContext, deps: CallDeps): Promise<CallOutcome> {
  return withCallRun(call, context, deps, {
    regularGas: 'uncapped',
    use: async (run) => (await run.attempt(call.gas ?? run.header.gasLimit)).outcome,
  })
}
