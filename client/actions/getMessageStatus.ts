import type { NativeRollupChain } from '../chains.ts'
import type { MessageStatus } from '../types.ts'
import { getMessageState, type MessageSelector, selectMessage } from './messageState.ts'
import type { Reader } from './reader.ts'
import { chainFromL2 } from './rollupOfClient.ts'

export type GetMessageStatusParameters = MessageSelector & {
  /** for a client without a chain */
  chain?: NativeRollupChain | undefined
}
export type GetMessageStatusReturnType = MessageStatus

/**
 * Where a message from L1 stands on L2. A node that has no `rollup_getMessage` does not tell what is failing.
 *
 * @throws MessageNotFoundError when L1 has sent no such message, or the node has not heard of it yet
 * @example const status = await getMessageStatus(l2, { l1Receipt })
 */
export async function getMessageStatus(
  client: Reader,
  { chain, ...selector }: GetMessageStatusParameters,
): Promise<GetMessageStatusReturnType> {
  const targetChain = chainFromL2(client, chain)
  return (await getMessageState(client, targetChain, selectMessage(selector, targetChain))).status
}
