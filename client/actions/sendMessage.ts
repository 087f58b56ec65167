import type { Address, Hash, Hex } from 'viem'
import { l1MessengerAbi } from '../abis/l1Messenger.ts'
import { type NativeRollupChain, rollupOf } from '../chains.ts'
import { completeMessage } from './estimateMessage.ts'
import type { Reader } from './reader.ts'
import {
  type ContractCall,
  estimateGas,
  type PreparedCall,
  prepareCall,
  type Sender,
  senderOf,
  sendPrepared,
  TREE_LEVEL_GAS,
  type TransactionOptions,
} from './sendCall.ts'

export type SendMessageParameters = TransactionOptions & {
  targetChain: NativeRollupChain
  /** who is called on L2 */
  to: Address
  data?: Hex | undefined
  /** wei that the receiver gets */
  value?: bigint | undefined
  /**
   * wei for whoever delivers it, on top of `value`; default: what the sequencer asks (nothing for plain ETH). With 0n a
   * message with data waits for somebody to deliver it (claimMessage).
   */
  fee?: bigint | undefined
  /** gas that the call gets on L2, state gas included; default: what the node of `targetChain` estimates */
  l2GasLimit?: bigint | undefined
  /** whom to ask what is left out; default: a client of the first URL of `targetChain` */
  l2Client?: Reader | undefined
}

/**
 * Sends a message to L2: a call there with ETH, from the same address. What is left out is asked of a node of
 * `targetChain`.
 *
 * @throws RollupClientError (InsufficientFeeError, InsufficientFundsError, MessageFailingError, ...), viem's errors
 * @example const hash = await sendMessage(l1, { to, data, targetChain: l2Chain })
 */
export async function sendMessage(client: Sender, parameters: SendMessageParameters): Promise<Hash> {
  return sendPrepared(client, await prepareSendMessage(client, parameters), parameters)
}

/** What sendMessage sends, checked and tried. */
export async function prepareSendMessage(client: Sender, parameters: SendMessageParameters): Promise<PreparedCall> {
  return prepareCall(client, await messageCall(client, parameters), parameters)
}

/** Gas that sendMessage takes on L1. */
export async function estimateSendMessageGas(client: Sender, parameters: SendMessageParameters): Promise<bigint> {
  return estimateGas(client, await messageCall(client, parameters), parameters)
}

async function messageCall(
  client: Sender,
  { targetChain, to, data = '0x', value = 0n, fee, l2GasLimit, l2Client, account }: SendMessageParameters,
): Promise<ContractCall<typeof l1MessengerAbi, 'sendMessage'>> {
  const { l1ChainId, l1Messenger } = rollupOf(targetChain)
  const { address: from } = senderOf(client, { account })
  const complete = await completeMessage(targetChain, { from, to, value, data, fee, l2GasLimit }, l2Client)
  return {
    chainId: l1ChainId,
    address: l1Messenger,
    abi: l1MessengerAbi,
    functionName: 'sendMessage',
    args: [to, complete.fee, complete.l2GasLimit, data],
    value: value + complete.fee,
    spareGas: TREE_LEVEL_GAS,
  }
}
