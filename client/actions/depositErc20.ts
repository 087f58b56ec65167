import { type Address, erc20Abi, type Hash, isAddressEqual, zeroAddress } from 'viem'
import { readContract, waitForTransactionReceipt } from 'viem/actions'
import { l1TokenBridgeAbi } from '../abis/l1TokenBridge.ts'
import { type NativeRollupChain, rollupOf } from '../chains.ts'
import { InsufficientTokensError, RollupClientError } from '../errors.ts'
import {
  type PreparedCall,
  prepareCall,
  requireChain,
  type Sender,
  senderOf,
  sendPrepared,
  TREE_LEVEL_GAS,
  type TransactionOptions,
} from './sendCall.ts'

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
  let { nonce } = parameters
  // twice at most: to nothing first where the token wants that
  for (let attempt = 0; attempt < 2; attempt++) {
    const call = await prepareErc20Approval(client, approval)
    if (call === undefined) break
    const hash = await sendPrepared(client, call, { ...approval, nonce })
    await waitForTransactionReceipt(client, { hash })
    if (nonce !== undefined) nonce++
  }
  return sendPrepared(client, await prepareDepositErc20(client, parameters), { ...parameters, nonce })
}

/** The next approval that depositErc20 needs, checked and tried; undefined when there is enough, or the token needs none. */
export async function prepareErc20Approval(
  client: Sender,
  parameters: Omit<DepositErc20Parameters, 'gas'>,
): Promise<PreparedCall | undefined> {
  const { targetChain, token, amount } = parameters
  const { l1ChainId: chainId, l1TokenBridge } = rollupOf(targetChain)
  await requireChain(client, chainId)
  const { address: owner } = senderOf(client, parameters)
  const erc20 = { address: token, abi: erc20Abi } as const
  const [balance, allowance, remoteToken] = await Promise.all([
    readContract(client, { ...erc20, functionName: 'balanceOf', args: [owner] }),
    readContract(client, { ...erc20, functionName: 'allowance', args: [owner, l1TokenBridge] }),
    readContract(client, { address: l1TokenBridge, abi: l1TokenBridgeAbi, functionName: 'remoteToken', args: [token] }),
  ])
  if (balance < amount) throw new InsufficientTokensError({ address: owner, token, chainId, balance, needed: amount })
  if (allowance >= amount || !isAddressEqual(remoteToken, zeroAddress)) return undefined
  const approve = (units: bigint) =>
    prepareCall(client, { ...erc20, chainId, functionName: 'approve', args: [l1TokenBridge, units] }, parameters)
  // some tokens let nobody change an approval that is left over
  return approve(amount).catch((error: unknown) => {
    if (allowance === 0n || error instanceof RollupClientError) throw error
    return approve(0n)
  })
}

/** What depositErc20 sends once enough is approved, checked and tried. */
export async function prepareDepositErc20(client: Sender, parameters: DepositErc20Parameters): Promise<PreparedCall> {
  const { targetChain, token, amount, fee = 0n, to = senderOf(client, parameters).address } = parameters
  const { l1ChainId, l1TokenBridge } = rollupOf(targetChain)
  return prepareCall(
    client,
    {
      chainId: l1ChainId,
      address: l1TokenBridge,
      abi: l1TokenBridgeAbi,
      functionName: 'deposit',
      args: [token, to, amount, fee],
      value: fee,
      spareGas: TREE_LEVEL_GAS,
    },
    parameters,
  )
}
