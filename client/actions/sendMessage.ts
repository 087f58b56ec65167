import type { Address, Hash, Hex } from 'viem'
import { l1MessengerAbi } from '../abis/l1Messenger.ts'
import { type NativeRollupChain, rollupOf } from '../chains.ts'
import { type Sender, sendCall, type TransactionOptions } from './sendCall.ts'

export type SendMessageParameters = TransactionOptions & {
  targetChain: NativeRollupChain
  /** who is called on L2 */
  to: Address
  data?: Hex
  /** wei that the receiver gets */
  value?: bigint
  /** wei for whoever delivers it, on top of `value` */
  fee?: bigint
  /** gas that the call gets on L2, state gas included */
  l2GasLimit: bigint
}

/** Sends a message to L2: a call there with ETH, from the same address. Throws RollupClientError, viem's errors. */
export function sendMessage(
  client: Sender,
  { targetChain, to, data = '0x', value = 0n, fee = 0n, l2GasLimit, ...options }: SendMessageParameters,
): Promise<Hash> {
  const { l1ChainId, l1Messenger } = rollupOf(targetChain)
  const args = [to, fee, l2GasLimit, data] as const
  return sendCall(
    client,
    {
      chainId: l1ChainId,
      address: l1Messenger,
      abi: l1MessengerAbi,
      functionName: 'sendMessage',
      args,
      value: value + fee,
    },
    options,
  )
}
