import { type BuildDepositParameters, plannedDeposit } from './buildDeposit.ts'
import { estimateMessage } from './estimateMessage.ts'
import type { Sender } from './sendCall.ts'

export type QuoteDepositParameters = Omit<BuildDepositParameters, 'l2GasLimit'>

/** What a deposit costs. Gas, wei, seconds. */
export type DepositQuote = {
  l1Gas: bigint
  /** what L1 takes for its gas at the present price */
  l1Fee: bigint
  l2GasLimit: bigint
  /** for whoever delivers it on L2: the one given, or what the sequencer asks */
  fee: bigint
  /** value, fee and L1's fee */
  total: bigint
  /** for which the sequencer delivers any message like this, also when it delivers this one for less */
  relayFee: bigint
  /** the sequencer delivers it for `fee` */
  isRelayed: boolean
  /** until it is there; undefined while nobody delivers it by itself */
  eta: bigint | undefined
}
export type QuoteDepositReturnType = DepositQuote

/**
 * What a deposit would cost on both chains, and when it would arrive; nothing is sent.
 *
 * @throws MessageFailingError, AccountRequiredError, viem's errors
 * @example const { total, eta } = await quoteDeposit(l2, { account, value: parseEther('1') })
 */
export async function quoteDeposit(
  client: Sender,
  parameters: QuoteDepositParameters,
): Promise<QuoteDepositReturnType> {
  const { fee: given, l2GasLimit: _, ...message } = plannedDeposit(client, parameters).wish
  const asked = await estimateMessage(client, { ...message, fee: given ?? 0n })
  const fee = given ?? (asked.relayed ? 0n : asked.relayFee)
  const estimate = fee === (given ?? 0n) ? asked : await estimateMessage(client, { ...message, fee })
  const { l1Gas, l1Cost: l1Fee, l2GasLimit, relayFee, relayed: isRelayed, eta } = estimate
  return { l1Gas, l1Fee, l2GasLimit, fee, total: message.value + fee + l1Fee, relayFee, isRelayed, eta }
}
