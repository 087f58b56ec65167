import type { ContractFunctionArgs, Hash } from 'viem'
import { crossMessengerAbi } from '../abis/crossMessenger.ts'
import type { NativeRollupChain } from '../chains.ts'
import {
  CrossMessageAlreadyClaimedError,
  CrossMessageFailingError,
  CrossMessageNotReadyError,
} from '../crossMessageErrors.ts'
import type { Message } from '../types.ts'
import { ProofMismatchError } from '../withdrawalErrors.ts'
import { rollupFromL2 } from './rollupOfClient.ts'
import {
  type PreparedCall,
  prepareCall,
  type Refusals,
  type Sender,
  sendPrepared,
  type TransactionOptions,
} from './sendCall.ts'

/** From an L1 header, which the destination knows, down to a message of another rollup; see contracts/l2/CrossMessenger.sol. */
export type CrossProof = ContractFunctionArgs<typeof crossMessengerAbi, 'nonpayable', 'claim'>[1]

/** A message of another rollup with its proof, as buildClaimCrossMessage makes it. */
export type CrossMessageClaim = { message: Message; proof: CrossProof }
export type ClaimCrossMessageParameters = CrossMessageClaim &
  TransactionOptions & {
    /** for a client without a chain */
    chain?: NativeRollupChain | undefined
  }
export type ClaimCrossMessageReturnType = Hash

/**
 * Claims a message of another rollup on this one: its receiver is called. Whoever likes may do it for others.
 *
 * @throws CrossMessageAlreadyClaimedError, CrossMessageNotReadyError, CrossMessageFailingError, ProofMismatchError, and what
 *   prepareCall throws: before anything is sent
 * @example const hash = await claimCrossMessage(other, await buildClaimCrossMessage(source, { message, destination: other }))
 */
export async function claimCrossMessage(
  client: Sender,
  parameters: ClaimCrossMessageParameters,
): Promise<ClaimCrossMessageReturnType> {
  return sendPrepared(client, await prepareClaimCrossMessage(client, parameters), parameters)
}

/** What claimCrossMessage sends, checked and tried. */
export async function prepareClaimCrossMessage(
  client: Sender,
  parameters: ClaimCrossMessageParameters,
): Promise<PreparedCall> {
  const { message, proof, chain } = parameters
  const { l2ChainId, crossMessenger } = rollupFromL2(client, chain)
  return prepareCall(
    client,
    {
      chainId: l2ChainId,
      address: crossMessenger,
      abi: crossMessengerAbi,
      functionName: 'claim',
      args: [message, proof],
      refusals: refusalsOf(message),
    },
    parameters,
  )
}

function refusalsOf({ index, to }: Message): Refusals {
  const mismatch: Refusals[string] = (_, options) =>
    new ProofMismatchError(`The destination does not accept the proof of message ${index}`, options)
  return {
    Messages_AlreadyDelivered: (_, options) => new CrossMessageAlreadyClaimedError({ index }, options),
    Messages_DeliveryFailed: (_, options) => new CrossMessageFailingError({ index, to }, options),
    L1Anchor_Unknown: (_, options) =>
      new CrossMessageNotReadyError({ index, reason: 'the block of its proof is forgotten' }, options),
    CrossMessenger_UnknownBlock: mismatch,
    CrossMessenger_NotInOutbox: mismatch,
    L1Anchor_WrongHeader: mismatch,
    Mpt_InvalidProof: mismatch,
    Rlp_Invalid: mismatch,
  }
}
