import { type Address, isAddressEqual, type Log, parseEventLogs } from 'viem'
import { crossMessengerAbi } from './abis/crossMessenger.ts'
import { L2_CONTRACTS } from './chains.ts'
import type { Message } from './types.ts'

/** A message to another rollup; it carries no wei and pays no fee. `destination` is the chain id there. */
export type CrossMessage = Message & { destination: number }

/**
 * The messages to other rollups that a transaction on L2 sent, in their order; `messenger` of L2, where it is another one
 * than usual.
 *
 * @example const [message] = getCrossMessages(await source.waitForTransactionReceipt({ hash }))
 */
export function getCrossMessages(
  receipt: { logs: readonly Log[] },
  { messenger = L2_CONTRACTS.crossMessenger }: { messenger?: Address } = {},
): CrossMessage[] {
  const logs = receipt.logs.filter(({ address }) => isAddressEqual(address, messenger))
  return parseEventLogs({ abi: crossMessengerAbi, eventName: 'CrossMessageSent', logs }).map(
    ({ args: { destinationChainId, ...sent } }) => ({
      ...sent,
      value: 0n,
      fee: 0n,
      destination: Number(destinationChainId),
    }),
  )
}
