import type { Address } from 'viem'
import { readContract } from 'viem/actions'
import { l2TokenBridgeAbi } from '../abis/l2TokenBridge.ts'
import type { NativeRollupChain } from '../chains.ts'
import type { Reader } from './reader.ts'
import { rollupFromL2 } from './rollupOfClient.ts'

export type GetL2TokenAddressParameters = {
  /** a token of L1 */
  l1Token: Address
  /** for a client without a chain */
  chain?: NativeRollupChain | undefined
}

/**
 * Where a token of L1 is on L2, or will be: the contract appears with the first deposit.
 *
 * @example const token = await getL2TokenAddress(l2, { l1Token })
 */
export async function getL2TokenAddress(
  client: Reader,
  { l1Token, chain }: GetL2TokenAddressParameters,
): Promise<Address> {
  const { l2TokenBridge: address } = rollupFromL2(client, chain)
  return readContract(client, { address, abi: l2TokenBridgeAbi, functionName: 'predictLocalToken', args: [l1Token] })
}
