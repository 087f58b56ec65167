import type { Hash } from 'viem'
import { getTransactionReceipt } from 'viem/actions'
import type { NativeRollupChain } from '../chains.ts'
import type { MessageStatus } from '../types.ts'
import { getMessageStatus } from './getMessageStatus.ts'
import { clientOf, type Reader } from './reader.ts'
import { rollupFromL1 } from './rollupOfClient.ts'

export type GetL1MessageStatusParameters = {
  /** of the L1 transaction that sent the message */
  hash: Hash
  /** which of the messages of that transaction; default: the first */
  index?: bigint | undefined
  targetChain: NativeRollupChain
  /** what is asked on L2; default: the first URL of `targetChain` */
  l2Client?: Reader | undefined
}
export type GetL1MessageStatusReturnType = MessageStatus

/**
 * Where the message of an L1 transaction stands on L2, which L2 knows and L1 does not: its node is asked.
 *
 * @throws MessageNotFoundError, viem's TransactionReceiptNotFoundError
 * @example const status = await getL1MessageStatus(l1, { hash, targetChain: l2Chain })
 */
export async function getL1MessageStatus(
  client: Reader,
  { hash, index, targetChain, l2Client = clientOf(targetChain) }: GetL1MessageStatusParameters,
): Promise<GetL1MessageStatusReturnType> {
  rollupFromL1(client, targetChain)
  const l1Receipt = await getTransactionReceipt(client, { hash })
  return getMessageStatus(l2Client, { l1Receipt, index, chain: targetChain })
}
