import { encodeEventTopics, type Hash, type Hex } from 'viem'
import { getBlockNumber, readContract } from 'viem/actions'
import { l2MessengerAbi } from '../abis/l2Messenger.ts'
import type { Rollup } from '../chains.ts'
import type { Message, MessageStatus, SentMessage } from '../types.ts'
import { logPages } from './logPages.ts'
import type { Reader } from './reader.ts'

/** Where a message stands; with `claimed` what delivered it, with `failing` why its delivery would fail. */
export type MessageState = {
  message: Message
  status: MessageStatus
  l2TransactionHash?: Hash
  l2BlockNumber?: bigint
  revertReason?: string
}

/** Where a message stands, by calls of L2's messenger and its logs alone. */
export async function deliveryOf(
  client: Reader,
  { l2Messenger: address }: Pick<Rollup, 'l2Messenger'>,
  { l1BlockNumber, transactionHash: _, ...message }: SentMessage,
): Promise<MessageState> {
  const messenger = { address, abi: l2MessengerAbi } as const
  const { index } = message
  const blockNumber = await getBlockNumber(client, { cacheTime: 0 })
  const at = { ...messenger, blockNumber } as const
  if (!(await readContract(client, { ...at, functionName: 'delivered', args: [index] }))) {
    const provenBlock = await readContract(client, { ...at, functionName: 'provenBlock' })
    return { message, status: l1BlockNumber <= provenBlock ? 'claimable' : 'queued' }
  }
  const eventTopics = encodeEventTopics({ abi: l2MessengerAbi, eventName: 'MessageDelivered', args: { index } })
  const query = { address, topics: eventTopics as (Hex | null)[], fromBlock: 0n, toBlock: blockNumber }
  for await (const [log] of logPages(client, query)) {
    if (log?.transactionHash == null || log.blockNumber == null) continue
    const l2 = { l2TransactionHash: log.transactionHash, l2BlockNumber: BigInt(log.blockNumber) }
    return { message, status: 'claimed', ...l2 }
  }
  throw new Error(`L2 has delivered message ${index}, and its node has no log of it`)
}
