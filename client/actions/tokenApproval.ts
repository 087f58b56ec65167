import { type Address, erc20Abi, isAddressEqual, zeroAddress } from 'viem'
import { readContract, waitForTransactionReceipt } from 'viem/actions'
import { l1TokenBridgeAbi } from '../abis/l1TokenBridge.ts'
import { InsufficientTokensError, RollupClientError } from '../errors.ts'
import {
  type PreparedCall,
  prepareCall,
  requireChain,
  type Sender,
  senderOf,
  sendPrepared,
  type TransactionOptions,
} from './sendCall.ts'

/** What a bridge takes from the sender, on which chain. Units of the token. Both bridges are one contract. */
export type TokenTransfer = { chainId: number; bridge: Address; token: Address; amount: bigint }

/**
 * Approves what a bridge will take, in transactions of their own, where that is needed.
 *
 * @returns the nonce that comes next, when one was given
 */
export async function approveTransfer(
  client: Sender,
  transfer: TokenTransfer,
  options: Omit<TransactionOptions, 'gas'>,
): Promise<number | undefined> {
  let { nonce } = options
  // twice at most: to nothing first where the token wants that
  for (let attempt = 0; attempt < 2; attempt++) {
    const call = await prepareApproval(client, transfer, options)
    if (call === undefined) break
    const hash = await sendPrepared(client, call, { ...options, nonce })
    await waitForTransactionReceipt(client, { hash })
    if (nonce !== undefined) nonce++
  }
  return nonce
}

/** The next approval that a transfer needs, checked and tried; undefined when there is enough, or the token needs none. */
export async function prepareApproval(
  client: Sender,
  { chainId, bridge, token, amount }: TokenTransfer,
  options: Omit<TransactionOptions, 'gas'>,
): Promise<PreparedCall | undefined> {
  await requireChain(client, chainId)
  const { address: owner } = senderOf(client, options)
  const erc20 = { address: token, abi: erc20Abi } as const
  const [balance, allowance, remoteToken] = await Promise.all([
    readContract(client, { ...erc20, functionName: 'balanceOf', args: [owner] }),
    readContract(client, { ...erc20, functionName: 'allowance', args: [owner, bridge] }),
    readContract(client, { address: bridge, abi: l1TokenBridgeAbi, functionName: 'remoteToken', args: [token] }),
  ])
  if (balance < amount) throw new InsufficientTokensError({ address: owner, token, chainId, balance, needed: amount })
  if (allowance >= amount || !isAddressEqual(remoteToken, zeroAddress)) return undefined
  const approve = (units: bigint) =>
    prepareCall(client, { ...erc20, chainId, functionName: 'approve', args: [bridge, units] }, options)
  // some tokens let nobody change an approval that is left over
  return approve(amount).catch((error: unknown) => {
    if (allowance === 0n || error instanceof RollupClientError) throw error
    return approve(0n)
  })
}
