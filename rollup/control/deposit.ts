import { decodeErrorResult, encodeFunctionData } from 'viem'
import type { StateView } from '../../stateless/types.ts'
import { l1MessengerAbi, readUndelivered } from '../contracts.ts'
import { decodeMessageSent } from '../l1/l1Events.ts'
import type { L1Receipt } from '../l1/l1Types.ts'
import type { Message } from '../types.ts'

type Hex = `0x${string}`

/** What a delivery of ETH needs where the account is new on L2 (183,600 state gas), with room for a short `receive`. */
export const DEFAULT_MESSAGE_GAS = 300_000n

/** The call of L1Messenger that sends a message to L2; the fee is part of the value that goes with it. */
export function encodeSendMessage({ to, fee, gasLimit, data }: Pick<Message, 'to' | 'fee' | 'gasLimit' | 'data'>): Hex {
  return encodeFunctionData({ abi: l1MessengerAbi, functionName: 'sendMessage', args: [to, fee, gasLimit, data] })
}

/** The messages that an L1 transaction sent through this messenger, in their order. Throws RollupError BAD_L1_DATA. */
export function sentMessages({ logs }: L1Receipt, messenger: Hex): Message[] {
  return logs.flatMap((log) => {
    const event = log.address === messenger.toLowerCase() ? decodeMessageSent(log) : undefined
    return event === undefined ? [] : [event.message]
  })
}

/** The name of an error of L1Messenger; undefined for anything else. */
export function messengerErrorName(revertData: Hex): string | undefined {
  try {
    return decodeErrorResult({ abi: l1MessengerAbi, data: revertData }).errorName
  } catch {
    return undefined
  }
}

/** Has this message of L1 been delivered in a state of L2? */
export function isDelivered(state: StateView, messenger: Uint8Array, index: bigint): boolean {
  return !readUndelivered(state, messenger, Number(index) + 1).includes(Number(index))
}
