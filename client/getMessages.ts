import { isAddressEqual, type Log, parseEventLogs, type TransactionReceipt } from 'viem'
import { l1MessengerAbi } from './abis/l1Messenger.ts'
import { type NativeRollupChain, rollupOf } from './chains.ts'
import { MessageNotFoundError } from './messageErrors.ts'
import type { SentMessage } from './types.ts'

export type GetMessagesParameters = { targetChain: NativeRollupChain }

/** What is read of a receipt: viem's have it, of any chain. */
export type MessageReceipt = Pick<TransactionReceipt, 'blockNumber' | 'transactionHash'> & { logs: readonly Log[] }

/**
 * The messages to a rollup that an L1 transaction has sent, in their order.
 *
 * @throws MessageNotFoundError for what is no receipt, a hash for instance
 * @example const [message] = getMessages(receipt, { targetChain: l2Chain })
 */
export function getMessages(receipt: MessageReceipt, { targetChain }: GetMessagesParameters): SentMessage[] {
  const { l1Messenger } = rollupOf(targetChain)
  if (!Array.isArray(receipt?.logs)) throw new MessageNotFoundError('This is no receipt')
  const logs = receipt.logs.filter(({ address }) => isAddressEqual(address, l1Messenger))
  return parseEventLogs({ abi: l1MessengerAbi, eventName: 'MessageSent', logs }).map(({ args }) => ({
    ...args,
    l1BlockNumber: receipt.blockNumber,
    transactionHash: receipt.transactionHash,
  }))
}
