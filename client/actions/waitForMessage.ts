import { type Address, type Hash, isAddressEqual } from 'viem'
import { type NativeRollupChain, rollupOf } from '../chains.ts'
import { InsufficientFeeError, MessageFailingError, MessageNotFoundError } from '../messageErrors.ts'
import type { Message } from '../types.ts'
import { estimateMessage } from './estimateMessage.ts'
import type { MessageState } from './messageDelivery.ts'
import { getMessageState, type MessageSelector, selectMessage } from './messageState.ts'
import { type Look, poll, type WaitOptions } from './poll.ts'
import type { Reader } from './reader.ts'
import { chainFromL2 } from './rollupOfClient.ts'

export type WaitForMessageParameters = MessageSelector &
  WaitOptions & {
    chain?: NativeRollupChain | undefined
    /** milliseconds for which the message may fail or pay too little before that is an error; default 2,000 */
    patience?: number | undefined
  }

/** What delivered a message. */
export type WaitForMessageReturnType = {
  status: 'claimed'
  message: Message
  l2TransactionHash: Hash
  l2BlockNumber: bigint
}

const PATIENCE = 2_000

/**
 * Waits until a message from L1 is delivered on L2. Without a `timeout` it waits for as long as somebody may deliver it.
 *
 * @throws MessageFailingError and InsufficientFeeError when nobody will deliver it as things are, MessageNotFoundError,
 * WaitTimeoutError, the reason of `signal`
 * @example await waitForMessage(l2, { l1Receipt: await waitForTransactionReceipt(l1, { hash }) })
 */
export async function waitForMessage(
  client: Reader,
  { chain, patience = PATIENCE, pollingInterval, timeout, signal, ...selector }: WaitForMessageParameters,
): Promise<WaitForMessageReturnType> {
  const targetChain = chainFromL2(client, chain)
  const { l2ChainId, l2TokenBridge } = rollupOf(targetChain)
  const id = selectMessage(selector, targetChain)
  const awaited = {
    what: `message ${id.index} on chain ${l2ChainId}`,
    advice: 'Is this a node of the rollup that the message was sent to, and does it follow L1 (rollup_status)?',
  }
  let since = Number.POSITIVE_INFINITY
  return poll(
    client,
    { pollingInterval, timeout, signal },
    awaited,
    async (): Promise<Look<WaitForMessageReturnType>> => {
      const state = await getMessageState(client, targetChain, id).catch(orUndefined)
      if (state === undefined) return { reached: 'the node has not heard of it' }
      const { status, message, l2TransactionHash, l2BlockNumber } = state
      if (status === 'claimed' && l2TransactionHash !== undefined && l2BlockNumber !== undefined) {
        return { found: { status, message, l2TransactionHash, l2BlockNumber } }
      }
      const obstacle = await obstacleOf(client, state, l2TokenBridge)
      since = obstacle === undefined ? Number.POSITIVE_INFINITY : Math.min(since, Date.now())
      if (obstacle !== undefined && Date.now() - since >= patience) throw obstacle
      return { reached: `it is ${status}` }
    },
  )
}

/** A message that the node does not know yet. */
function orUndefined(error: unknown): undefined {
  if (!(error instanceof MessageNotFoundError)) throw error
}

/** Why nobody will deliver it, as things are. The sequencer takes plain ETH and tokens for nothing. */
async function obstacleOf(
  client: Reader,
  { status, message, revertReason }: MessageState,
  l2TokenBridge: Address,
): Promise<MessageFailingError | InsufficientFeeError | undefined> {
  const { index, sender, to, value, data, fee } = message
  if (status === 'failing') return new MessageFailingError({ index, reason: revertReason ?? 'no reason is known' })
  if (data === '0x' || isAddressEqual(to, l2TokenBridge)) return undefined
  const estimate = await estimateMessage(client, { from: sender, to, value, data, fee }).catch(() => undefined)
  if (estimate === undefined || estimate.relayed) return undefined
  return new InsufficientFeeError({ index, fee, needed: estimate.relayFee })
}
