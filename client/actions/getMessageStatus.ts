import { type Address, getAddress, type Hash, type Hex } from 'viem'
import { type NativeRollupChain, rollupOf } from '../chains.ts'
import { getMessages, type ReceiptLogs } from '../getMessages.ts'
import { MessageNotFoundError } from '../messageErrors.ts'
import type { Message, MessageStatus } from '../types.ts'
import { ask, type Reader, rpcCodeOf } from './rollupRpc.ts'

/** A message from L1: by its index among all messages to this rollup, or by the receipt of the transaction that sent it. */
export type MessageSelector =
  | { index: bigint; l1Receipt?: undefined }
  | {
      l1Receipt: ReceiptLogs
      /** which of the messages of that transaction; default: the first */
      index?: bigint
    }

/** Where a message stands; with `claimed` what delivered it, with `failing` why its delivery would fail. */
export type MessageState = {
  message: Message
  hash: Hash
  status: MessageStatus
  l2TransactionHash?: Hash
  l2BlockNumber?: bigint
  revertReason?: string
}

export type GetMessageStatusParameters = MessageSelector & { chain?: NativeRollupChain }
export type GetMessageStatusReturnType = MessageStatus

/**
 * Where a message from L1 stands on L2.
 *
 * @throws MessageNotFoundError when L1 has sent no such message, or the node has not heard of it yet
 * @example const status = await getMessageStatus(l2, { l1Receipt })
 */
export async function getMessageStatus(
  client: Reader,
  { chain, ...selector }: GetMessageStatusParameters,
): Promise<GetMessageStatusReturnType> {
  const { status } = await getMessageState(client, selectMessage(selector, chain ?? client.chain))
  return status
}

/** How the node is asked for a message. */
export type MessageId = { index: bigint; l1TransactionHash?: Hash; isOnly: boolean }

/** Which message is meant. Throws MessageNotFoundError, NotARollupError. */
export function selectMessage(
  { l1Receipt, index }: MessageSelector,
  chain: Reader['chain'] | NativeRollupChain,
): MessageId {
  if (l1Receipt === undefined) return { index, isOnly: false }
  const { transactionHash } = l1Receipt
  const { l2ChainId } = rollupOf(chain)
  const sent = getMessages(l1Receipt, { targetChain: chain as NativeRollupChain })
  const found = index === undefined ? sent[0] : sent.find((message) => message.index === index)
  if (found !== undefined) return { index: found.index, l1TransactionHash: transactionHash, isOnly: sent.length === 1 }
  const which = index === undefined ? 'no message' : `no message ${index}`
  throw new MessageNotFoundError(`L1 transaction ${transactionHash} has sent ${which} to chain ${l2ChainId}`)
}

type Answer = {
  id: Hex
  hash: Hash
  from: Address
  to: Address
  value: Hex
  fee: Hex
  gasLimit: Hex
  data: Hex
  status: MessageStatus
  l1: { tx: Hash }
  l2?: { tx: Hash; block: Hex }
  failure?: { revertReason: string }
}

const NOT_FOUND = -32001

/** Asks a node of L2. A message that is alone in its transaction is found again after a reorganisation of L1. */
export async function getMessageState(client: Reader, id: MessageId): Promise<MessageState> {
  const { index, l1TransactionHash, isOnly } = id
  const selector = isOnly ? { l1TxHash: l1TransactionHash } : `0x${index.toString(16)}`
  const missing = `The node knows no message ${index}`
  const answer = await ask<Answer>(client, 'rollup_getMessage', selector).catch((cause: unknown) => {
    throw rpcCodeOf(cause) === NOT_FOUND ? new MessageNotFoundError(missing, { cause }) : cause
  })
  if (l1TransactionHash !== undefined && answer.l1.tx !== l1TransactionHash) throw new MessageNotFoundError(missing)
  return {
    message: messageOf(answer),
    hash: answer.hash,
    status: answer.status,
    ...(answer.l2 === undefined ? {} : { l2TransactionHash: answer.l2.tx, l2BlockNumber: BigInt(answer.l2.block) }),
    ...(answer.failure === undefined ? {} : { revertReason: answer.failure.revertReason }),
  }
}

function messageOf({ id, from, to, value, fee, gasLimit, data }: Answer): Message {
  const numbers = { index: BigInt(id), value: BigInt(value), fee: BigInt(fee), gasLimit: BigInt(gasLimit) }
  return { sender: getAddress(from), to: getAddress(to), data, ...numbers }
}
