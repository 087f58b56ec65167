import type { Address, Hash } from 'viem'
import { l1TokenBridgeAbi } from '../abis/l1TokenBridge.ts'
import { type NativeRollupChain, rollupOf } from '../chains.ts'
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

export type DepositErc20Parameters = TransactionOptions & {
  targetChain: NativeRollupChain
  /** on L1: a token of L1, or one that this rollup's bridge has made there for a token of L2 */
  token: Address
  /** units of the token */
  amount: bigint
  /** who gets it on L2; default: who sends it */
  to?: Address | undefined
  /** wei for whoever delivers it; default 0n: the sequencer delivers tokens for nothing, a few in each block */
  fee?: bigint | undefined
}

/**
 * Brings tokens to L2. A token of L1 is approved first, in a transaction of its own, when what is approved is too little;
 * `nonce` is that of the first transaction, `gas` of the deposit.
 *
 * @returns the hash of the deposit
 * @throws InsufficientTokensError, InsufficientFundsError and what every sending action throws
 * @example const hash = await depositErc20(l1, { token, amount: 10n ** 18n, targetChain: l2Chain })
 */
export async function depositErc20(client: Sender, parameters: DepositErc20Parameters): Promise<Hash> {
  const { gas: _, ...approval } = parameters
  const nonce = await approveTransfer(client, transferOf(parameters), approval)
  return sendPrepared(client, await prepareDepositErc20(client, parameters), { ...parameters, nonce })
}

/** The next approval that depositErc20 needs, checked and tried; undefined when there is enough, or the token needs none. */
export async function prepareErc20Approval(
  client: Sender,
  parameters: Omit<DepositErc20Parameters, 'gas'>,
): Promise<PreparedCall | undefined> {
  return prepareApproval(client, transferOf(parameters), parameters)
}

/** What depositErc20 sends once enough is approved, checked and tried. */
export async function prepareDepositErc20(client: Sender, parameters: DepositErc20Parameters): Promise<PreparedCall> {
  const { token, amount, fee = 0n, to = senderOf(client, parameters).address } = parameters
  const { chainId, bridge } = transferOf(parameters)
  return prepareCall(
    client,
    {
      chainId,
      address: bridge,
      abi: l1TokenBridgeAbi,
      functionName: 'deposit',
      args: [token, to, amount, fee],
      value: fee,
      spareGas: TREE_LEVEL_GAS,
    },
    parameters,
  )
}

function transferOf({
  targetChain,
  token,
  amount,
}: Pick<DepositErc20Parameters, 'targetChain' | 'token' | 'amount'>): TokenTransfer {
  const { l1ChainId: chainId, l1TokenBridge: bridge } = rollupOf(targetChain)
  return { chainId, bridge, token, amount }
}
