import type { Address, Hash, Hex } from 'viem'
import { l2MessengerAbi } from '../abis/l2Messenger.ts'
import type { NativeRollupChain } from '../chains.ts'
import { MessageAlreadyClaimedError, MessageFailingError, MessageProofStaleError } from '../messageErrors.ts'
import type { Message } from '../types.ts'
import { rollupFromL2 } from './rollupOfClient.ts'
import {
  type ContractCall,
  type PreparedCall,
  prepareCall,
  type Refusals,
  type Sender,
  senderOf,
  sendPrepared,
  type TransactionOptions,
} from './sendCall.ts'

/** `path`: siblings from the leaf upwards. Under a root of the inbox that L2 keeps, or with the proof of one. */
export type MessageProof =
  | { path: readonly Hex[]; rootId: bigint; inbox?: undefined }
  | {
      path: readonly Hex[]
      rootId?: undefined
      /** the inbox in the state of the L1 block whose hash the L2 block of that timestamp carries */
      inbox: { anchorTimestamp: bigint; l1Header: Hex; accountProof: readonly Hex[]; storageProof: readonly Hex[] }
    }

/** A message with its proof, as buildClaimMessage makes it. */
export type MessageClaim = {
  /** for a client without a chain */
  chain?: NativeRollupChain | undefined
  message: Message
  proof: MessageProof
  /** who gets the fee of the message; default: who sends the claim */
  feeRecipient?: Address | undefined
}
export type ClaimMessageParameters = MessageClaim & TransactionOptions

/**
 * Delivers a message from L1 on L2: its receiver is called and paid. Whoever likes may do it for others, for the fee.
 *
 * @throws MessageAlreadyClaimedError, MessageFailingError, MessageProofStaleError, and what every sending action throws:
 * before anything is sent
 * @example const hash = await claimMessage(l2, await buildClaimMessage(l2, { l1Receipt }))
 */
export async function claimMessage(client: Sender, parameters: ClaimMessageParameters): Promise<Hash> {
  return sendPrepared(client, await prepareClaimMessage(client, parameters), parameters)
}

/** What claimMessage sends, checked and tried. */
export async function prepareClaimMessage(client: Sender, parameters: ClaimMessageParameters): Promise<PreparedCall> {
  const { chain, message, proof, account } = parameters
  const { l2ChainId: chainId, l2Messenger: address } = rollupFromL2(client, chain)
  const { feeRecipient = senderOf(client, { account }).address } = parameters
  const call = { chainId, address, abi: l2MessengerAbi, refusals: refusalsOf(message) }
  return prepareCall(client, { ...call, ...claimOf(message, proof, feeRecipient) } as Claim, parameters)
}

type Claim = ContractCall<typeof l2MessengerAbi, 'claim'> | ContractCall<typeof l2MessengerAbi, 'claimWithProof'>

function claimOf(message: Message, { path, rootId, inbox }: MessageProof, feeRecipient: Address) {
  return rootId === undefined
    ? ({ functionName: 'claimWithProof', args: [message, { ...inbox, path }, feeRecipient] } as const)
    : ({ functionName: 'claim', args: [message, rootId, path, feeRecipient] } as const)
}

function refusalsOf({ index }: Message): Refusals {
  const stale: Refusals[string] = (_, options) => new MessageProofStaleError(index, options)
  return {
    Messages_AlreadyDelivered: (_, options) => new MessageAlreadyClaimedError(index, options),
    Messages_DeliveryFailed: (_, options) =>
      new MessageFailingError({ index, reason: 'its receiver refuses the call' }, options),
    L1Anchor_Unknown: stale,
    L2Messenger_NotInInbox: stale,
    L2Messenger_UnknownRoot: stale,
  }
}
