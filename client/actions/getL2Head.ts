import type { Chain, Client, Transport } from 'viem'
import { multicall, readContract } from 'viem/actions'
import { nativeRollupAbi } from '../abis/nativeRollup.ts'
import { type NativeRollupChain, rollupOf } from '../chains.ts'
import type { L2Head } from '../types.ts'

export type GetL2HeadParameters = { targetChain: NativeRollupChain }
export type GetL2HeadReturnType = L2Head

/**
 * The newest L2 block that L1 has accepted.
 *
 * @example const { blockNumber } = await getL2Head(l1, { targetChain: l2Chain })
 */
export async function getL2Head(
  client: Client<Transport, Chain | undefined>,
  { targetChain }: GetL2HeadParameters,
): Promise<GetL2HeadReturnType> {
  const { rollup } = rollupOf(targetChain)
  const contract = { address: rollup, abi: nativeRollupAbi } as const
  // four answers of one block
  const [blockNumber, blockHash, timestamp] = await multicall(client, {
    allowFailure: false,
    multicallAddress: targetChain.contracts.multicall3.address,
    contracts: [
      { ...contract, functionName: 'headNumber' },
      { ...contract, functionName: 'headHash' },
      { ...contract, functionName: 'headTimestamp' },
    ],
  })
  const stateRoot = await readContract(client, { ...contract, functionName: 'stateRootAt', args: [blockNumber] })
  return { blockNumber, blockHash, stateRoot, timestamp }
}
