import type { Account, Address, Hex } from 'viem'
import type { NativeRollupChain } from '../chains.ts'
import { completeMessage, type MessageWish } from './estimateMessage.ts'
import { chainFromL2 } from './rollupOfClient.ts'
import { type Sender, senderOf } from './sendCall.ts'

export type BuildDepositParameters = {
  /** who will send it on L1; default: the account of the client */
  account?: Account | Address | undefined
  /** default: who sends it */
  to?: Address | undefined
  /** wei that arrive on L2 */
  value: bigint
  data?: Hex | undefined
  /** wei for whoever delivers it; default: what the sequencer asks, nothing for plain ETH */
  fee?: bigint | undefined
  /** gas that the call gets on L2; default: what this node estimates */
  l2GasLimit?: bigint | undefined
  /** for a client without a chain */
  chain?: NativeRollupChain | undefined
}
/** What `deposit` takes. */
export type BuildDepositReturnType = {
  targetChain: NativeRollupChain
  account: Account | Address
  to: Address
  value: bigint
  data: Hex
  fee: bigint
  l2GasLimit: bigint
}

/**
 * What a deposit needs, as this node of L2 sees it: gas limit and fee.
 *
 * @throws MessageFailingError, InsufficientFeeError, EstimateUnavailableError, AccountRequiredError
 * @example await deposit(l1, await buildDeposit(l2, { account, to, data, value: 0n }))
 */
export async function buildDeposit(
  client: Sender,
  parameters: BuildDepositParameters,
): Promise<BuildDepositReturnType> {
  const { account, targetChain, wish } = plannedDeposit(client, parameters)
  const { to, value, data } = wish
  return { targetChain, account, to, value, data, ...(await completeMessage(targetChain, wish, client)) }
}

/** With all that is known without asking. Throws AccountRequiredError, NotARollupError, WrongChainError. */
export function plannedDeposit(
  client: Sender,
  { account, to, value, data = '0x', fee, l2GasLimit, chain }: BuildDepositParameters,
): { account: Account | Address; targetChain: NativeRollupChain; wish: MessageWish } {
  const targetChain = chainFromL2(client, chain)
  const sender = senderOf(client, { account })
  const wish = { from: sender.address, to: to ?? sender.address, value, data, fee, l2GasLimit }
  return { account: account ?? sender, targetChain, wish }
}
