import { getAddress } from 'viem'
import { type NativeRollupChain, rollupOf } from '../chains.ts'
import { getRollupMessage } from '../generated/rollupActions.ts'
import type { RollupMessage } from '../generated/types.ts'
import { getMessages, type MessageReceipt } from '../getMessages.ts'
import { MessageNotFoundError } from '../messageErrors.ts'
import { isUnavailable, rpcCodeOf } from '../rpcFailure.ts'
import type { SentMessage } from '../types.ts'
import { deliveryOf, type MessageState } from './messageDelivery.ts'
import type { Reader } from './reader.ts'

/** A message from L1: by its index among all messages to this rollup, or by the receipt of the transaction that sent it. */
export type MessageSelector =
  | { index: bigint; l1Receipt?: undefined }
  | {
      l1Receipt: MessageReceipt
      /** which of the messages of that transaction; default: the first */
      index?: bigint | undefined
    }

/** How a node is asked for a message. `isOnly`: no other is in its transaction, `sent`: as the receipt has it. */
export type MessageId = { index: bigint; isOnly: boolean; sent?: SentMessage }

/** Which message is meant. Throws MessageNotFoundError, NotARollupError. */
export function selectMessage({ l1Receipt, index }: MessageSelector, targetChain: NativeRollupChain): MessageId {
  if (l1Receipt === undefined) {
    if (typeof index !== 'bigint') throw new MessageNotFoundError('Neither a receipt nor an index was given')
    return { index, isOnly: false }
  }
  const all = getMessages(l1Receipt, { targetChain })
  const sent = index === undefined ? all[0] : all.find((message) => message.index === index)
  if (sent !== undefined) return { index: sent.index, isOnly: all.length === 1, sent }
  const which = index === undefined ? 'no message' : `no message ${index}`
  throw new MessageNotFoundError(`L1 transaction ${l1Receipt.transactionHash} sent ${which} to chain ${targetChain.id}`)
}

/**
 * Asks a node of L2: by `rollup_getMessage`, or where that is not known the contracts, which do not tell what fails. A message
 * that is alone in its transaction is found again after a reorganisation of L1.
 *
 * @throws MessageNotFoundError
 */
export async function getMessageState(
  client: Reader,
  targetChain: NativeRollupChain,
  id: MessageId,
): Promise<MessageState> {
  const { index, isOnly, sent } = id
  const selector = isOnly && sent !== undefined ? { l1TxHash: sent.transactionHash } : { id: index }
  const missing = `The node knows no message ${index}`
  try {
    const answer = await getRollupMessage(client, selector)
    if (sent === undefined || answer.l1.tx === sent.transactionHash) return stateOf(answer)
  } catch (cause) {
    if (sent !== undefined && isUnavailable(cause)) return deliveryOf(client, rollupOf(targetChain), sent)
    throw rpcCodeOf(cause) === NOT_FOUND ? new MessageNotFoundError(missing, { cause }) : cause
  }
  throw new MessageNotFoundError(missing)
}

const NOT_FOUND = -32001

function stateOf({ status, l2, failure, ...answer }: RollupMessage): MessageState {
  const { id: index, from, to, value, fee, gasLimit, data } = answer
  return {
    message: { index, sender: getAddress(from), to: getAddress(to), value, fee, gasLimit, data },
    status,
    ...(l2 === undefined ? {} : { l2TransactionHash: l2.tx, l2BlockNumber: l2.block }),
    ...(failure === undefined ? {} : { revertReason: failure.revertReason }),
  }
}
