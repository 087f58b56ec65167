import { decodeFunctionData, isAddressEqual, zeroHash } from 'viem'
import { getBlock } from 'viem/actions'
import { crossMessengerAbi } from '../abis/crossMessenger.ts'
import { type NativeRollupChain, rollupOf } from '../chains.ts'
import { CrossMessageNotReadyError } from '../crossMessageErrors.ts'
import { getRollupCrossMessageProof } from '../generated/rollupActions.ts'
import type { CrossMessage } from '../getCrossMessages.ts'
import { getMessageHash } from '../messageHash.ts'
import { rpcCodeOf, rpcMessageOf } from '../rpcFailure.ts'
import { ProofMismatchError } from '../withdrawalErrors.ts'
import type { CrossMessageClaim } from './claimCrossMessage.ts'
import type { Reader } from './reader.ts'
import { rollupFromL2 } from './rollupOfClient.ts'

export type BuildClaimCrossMessageParameters = {
  /** as getCrossMessages finds it in a receipt of this rollup */
  message: CrossMessage
  /** a client of the rollup that it is for */
  destination: Reader
  /** for a client without a chain */
  chain?: NativeRollupChain | undefined
}
export type BuildClaimCrossMessageReturnType = CrossMessageClaim

/** what is not settled yet, or unknown to a node that is behind */
const NOT_YET = [-32000, -32001]

/**
 * What claimCrossMessage needs on the destination, asked of the rollup that sent the message
 * (`rollup_getCrossMessageProof`), under the newest block of the destination. It holds for 8,191 seconds of time there.
 *
 * @throws CrossMessageNotReadyError, ProofMismatchError, WrongChainError
 * @example await claimCrossMessage(other, await buildClaimCrossMessage(source, { message, destination: other }))
 */
export async function buildClaimCrossMessage(
  client: Reader,
  { message, destination, chain }: BuildClaimCrossMessageParameters,
): Promise<BuildClaimCrossMessageReturnType> {
  const { l2ChainId: sourceChainId } = rollupFromL2(client, chain)
  const { l2ChainId: destinationChainId, crossMessenger } = rollupOf(destination.chain)
  const { index } = message
  const { timestamp, parentBeaconBlockRoot = zeroHash } = await getBlock(destination)
  const proof = getRollupCrossMessageProof(client, {
    id: index,
    destinationBlock: { timestamp, parentBeaconBlockRoot },
  })
  const { to, calldata } = await proof.catch((cause: unknown) => {
    if (!NOT_YET.includes(rpcCodeOf(cause) ?? 0)) throw cause
    throw new CrossMessageNotReadyError({ index, reason: rpcMessageOf(cause) }, { cause })
  })
  const { functionName, args } = decodeFunctionData({ abi: crossMessengerAbi, data: calldata })
  if (functionName !== 'claim' || !isAddressEqual(to, crossMessenger)) {
    throw new ProofMismatchError(`The node of chain ${sourceChainId} gives no claim for message ${index}`)
  }
  const [proven, crossProof] = args
  const route = { sourceChainId, destinationChainId }
  if (getMessageHash(proven, route) !== getMessageHash(message, route)) {
    throw new ProofMismatchError(`The node of chain ${sourceChainId} has another message ${index}`)
  }
  return { message: proven, proof: crossProof }
}
