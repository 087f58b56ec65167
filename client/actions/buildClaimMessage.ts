import type { Address } from 'viem'
import type { NativeRollupChain } from '../chains.ts'
import { getRollupMessageProof } from '../generated/rollupActions.ts'
import type { RollupMessageProof } from '../generated/types.ts'
import { MessageAlreadyClaimedError, MessageFailingError, MessageNotReadyError } from '../messageErrors.ts'
import { rpcCodeOf } from '../rpcFailure.ts'
import type { MessageClaim, MessageProof } from './claimMessage.ts'
import { getMessageState, type MessageSelector, selectMessage } from './messageState.ts'
import type { Reader } from './reader.ts'
import { chainFromL2 } from './rollupOfClient.ts'

export type BuildClaimMessageParameters = MessageSelector & {
  /** who gets the fee of the message; default: who sends the claim */
  feeRecipient?: Address | undefined
  /** for a client without a chain */
  chain?: NativeRollupChain | undefined
}
export type BuildClaimMessageReturnType = MessageClaim

const NOT_ANCHORED = -32000

/**
 * What claimMessage needs to deliver a message from L1, which anybody may: the message and its proof, by `rollup_getMessageProof`.
 *
 * @throws MessageNotFoundError, MessageNotReadyError, MessageAlreadyClaimedError, MessageFailingError
 * @example const hash = await claimMessage(l2, await buildClaimMessage(l2, { l1Receipt }))
 */
export async function buildClaimMessage(
  client: Reader,
  { feeRecipient, chain, ...selector }: BuildClaimMessageParameters,
): Promise<BuildClaimMessageReturnType> {
  const targetChain = chainFromL2(client, chain)
  const state = await getMessageState(client, targetChain, selectMessage(selector, targetChain))
  const { message, status, revertReason } = state
  const { index } = message
  if (status === 'claimed') throw new MessageAlreadyClaimedError(index)
  if (status === 'failing') throw new MessageFailingError({ index, reason: revertReason ?? 'no reason is known' })
  const answer = await getRollupMessageProof(client, { id: index }).catch((cause: unknown) => {
    throw rpcCodeOf(cause) === NOT_ANCHORED ? new MessageNotReadyError(`message ${index}`, { cause }) : cause
  })
  return { chain: targetChain, message, proof: proofOf(answer), feeRecipient }
}

function proofOf({ siblings: path, rootId, inbox }: RollupMessageProof): MessageProof {
  if (rootId !== undefined) return { path, rootId }
  if (inbox === undefined) throw new Error('the node answered with a proof under no root')
  return { path, inbox }
}
