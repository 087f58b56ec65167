import { encodeFunctionData } from 'viem'
import type { RollupDeployment } from '../../genesis/types.ts'
import { l1MessengerAbi } from '../contracts.ts'
import { RollupError } from '../errors.ts'
import type { L1Client } from '../l1/l1Client.ts'
import type { WithdrawalClaim } from './withdrawalSteps.ts'

type Hex = `0x${string}`

/** What the claim of a withdrawal would do on L1 now. */
export type SimulatedClaim =
  /** `gasLimit`: what the transaction needs; `gasUsed`: what it costs, known where L1 offers traces */
  | { success: true; gasLimit: bigint; gasUsed?: bigint }
  /** `inner`: how the call inside ended that failed, the receiver's say; known where L1 offers traces */
  | { success: false; error?: string; output: Hex; inner?: { error: string; output: Hex } }

/** Asks L1 what `L1Messenger.claim` would do, sent by `from`, who gets the fee. Throws RollupError when L1 does not answer. */
export async function simulateClaim(
  { l1, deployment }: { l1: L1Client; deployment: RollupDeployment },
  claim: WithdrawalClaim,
  from: Hex = claim.message.sender,
): Promise<SimulatedClaim> {
  const { message, path, l2Block, accountProof, storageProof } = claim
  const args = [message, path, l2Block, accountProof, storageProof, from] as const
  const data = encodeFunctionData({ abi: l1MessengerAbi, functionName: 'claim', args })
  const call = { from, to: deployment.l1.messenger, data }
  const estimate = await estimateOrRefusal(l1, call)
  const frame = await l1.traceCall(call)
  if (typeof estimate === 'bigint') {
    const isTraced = frame !== undefined && frame.error === undefined
    return { success: true, gasLimit: estimate, ...(isTraced ? { gasUsed: frame.gasUsed } : {}) }
  }
  // of a receiver that fails the messenger only says that it did; nothing is called behind it
  const last = frame?.calls.at(-1)
  const inner = last?.error === undefined ? {} : { inner: { error: last.error, output: last.output } }
  return { success: false, ...estimate, ...inner }
}

/** A claim that fails without a revert is refused in words only. */
async function estimateOrRefusal(
  l1: L1Client,
  call: Parameters<L1Client['estimateGas']>[0],
): Promise<bigint | { output: Hex; error?: string }> {
  try {
    const estimate = await l1.estimateGas(call)
    return typeof estimate === 'bigint' ? estimate : { output: estimate.revertData }
  } catch (error) {
    if (!(error instanceof RollupError) || error.code !== 'L1_REFUSED') throw error
    return { output: '0x', error: error.message }
  }
}
