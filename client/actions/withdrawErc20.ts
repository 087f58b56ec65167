import type { Address, Hash } from 'viem'
import { l2TokenBridgeAbi } from '../abis/l2TokenBridge.ts'
import type { NativeRollupChain } from '../chains.ts'
import { rollupFromL2 } from './rollupOfClient.ts'
import {
  type PreparedCall,
  prepareCall,
  type Sender,
  senderOf,
  sendPrepared,
  TREE_LEVEL_GAS,
  type TransactionOptions,
} from './sendCall.ts'
import { approveTransfer, prepareApproval, type TokenTransfer } from './tokenApproval.ts'

export type WithdrawErc20Parameters = TransactionOptions & {
  /** on L2: the token that the bridge has made there for one of L1 (getL2TokenAddress), or a token of L2 */
  token: Address
  /** units of the token */
  amount: bigint
  /** who gets it on L1; default: who sends it */
  to?: Address | undefined
  /** wei for whoever claims it on L1 */
  fee?: bigint | undefined
  /** for a client without a chain */
  chain?: NativeRollupChain | undefined
}
export type WithdrawErc20ReturnType = Hash

/**
 * Sends tokens to L1, where they are claimed as any withdrawal is. A token of L2 itself is approved first, in a transaction of
 * its own, when what is approved is too little; `nonce` is that of the first transaction, `gas` of the withdrawal.
 *
 * @returns the hash of the withdrawal
 * @throws InsufficientTokensError, InsufficientFundsError and what every sending action throws
 * @example const hash = await withdrawErc20(l2, { token, amount: 10n ** 18n })
 */
export async function withdrawErc20(
  client: Sender,
  parameters: WithdrawErc20Parameters,
): Promise<WithdrawErc20ReturnType> {
  const { gas: _, ...approval } = parameters
  const nonce = await approveTransfer(client, transferOf(client, parameters), approval)
  return sendPrepared(client, await prepareWithdrawErc20(client, parameters), { ...parameters, nonce })
}

/** The next approval that withdrawErc20 needs, checked and tried; undefined when it needs none. */
export async function prepareWithdrawErc20Approval(
  client: Sender,
  parameters: Omit<WithdrawErc20Parameters, 'gas'>,
): Promise<PreparedCall | undefined> {
  return prepareApproval(client, transferOf(client, parameters), parameters)
}

/** What withdrawErc20 sends once enough is approved, checked and tried. */
export async function prepareWithdrawErc20(client: Sender, parameters: WithdrawErc20Parameters): Promise<PreparedCall> {
  const { token, amount, fee = 0n, to = senderOf(client, parameters).address } = parameters
  const { chainId, bridge } = transferOf(client, parameters)
  return prepareCall(
    client,
    {
      chainId,
      address: bridge,
      abi: l2TokenBridgeAbi,
      functionName: 'withdraw',
      args: [token, to, amount, fee],
      value: fee,
      spareGas: TREE_LEVEL_GAS,
    },
    parameters,
  )
}

function transferOf(
  client: Sender,
  { token, amount, chain }: Pick<WithdrawErc20Parameters, 'token' | 'amount' | 'chain'>,
): TokenTransfer {
  const { l2ChainId: chainId, l2TokenBridge: bridge } = rollupFromL2(client, chain)
  return { chainId, bridge, token, amount }
}
