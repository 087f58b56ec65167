import type { Address, Hash } from 'viem'
import { type PreparedCall, type Sender, senderOf } from './sendCall.ts'
import { estimateSendMessageGas, prepareSendMessage, type SendMessageParameters, sendMessage } from './sendMessage.ts'

/** As for sendMessage; `to` is the sender's own address when it is left out. */
export type DepositParameters = Omit<SendMessageParameters, 'to' | 'value'> & {
  to?: Address | undefined
  /** wei that arrive on L2 */
  value: bigint
}

/**
 * Brings ETH to L2, to the same address or to `to`, which may be called with `data`. Plain ETH arrives without a fee.
 *
 * @throws as sendMessage
 * @example const hash = await deposit(l1, { value: parseEther('1'), targetChain: l2Chain })
 */
export async function deposit(client: Sender, parameters: DepositParameters): Promise<Hash> {
  return sendMessage(client, withReceiver(client, parameters))
}

/** What deposit sends, checked and tried. */
export async function prepareDeposit(client: Sender, parameters: DepositParameters): Promise<PreparedCall> {
  return prepareSendMessage(client, withReceiver(client, parameters))
}

/** Gas that deposit takes on L1. Throws as deposit, where the contract refuses it. */
export async function estimateDepositGas(client: Sender, parameters: DepositParameters): Promise<bigint> {
  return estimateSendMessageGas(client, withReceiver(client, parameters))
}

function withReceiver(client: Sender, parameters: DepositParameters): SendMessageParameters {
  return { ...parameters, to: parameters.to ?? senderOf(client, parameters).address }
}
