import { getBlock, readContract } from 'viem/actions'
import { nativeRollupAbi } from '../abis/nativeRollup.ts'
import type { NativeRollupChain } from '../chains.ts'
import type { L2Head } from '../types.ts'
import type { Reader } from './reader.ts'
import { rollupFromL1 } from './rollupOfClient.ts'

export type GetL2HeadParameters = { targetChain: NativeRollupChain }
export type GetL2HeadReturnType = L2Head

/**
 * The newest L2 block that L1 has accepted.
 *
 * @example const { blockNumber } = await getL2Head(l1, { targetChain: l2Chain })
 */
export async function getL2Head(client: Reader, { targetChain }: GetL2HeadParameters): Promise<GetL2HeadReturnType> {
  // all answers of one block
  const { number: l1BlockNumber } = await getBlock(client)
  const contract = {
    address: rollupFromL1(client, targetChain).rollup,
    abi: nativeRollupAbi,
    blockNumber: l1BlockNumber,
  } as const
  const [blockNumber, blockHash, timestamp] = await Promise.all([
    readContract(client, { ...contract, functionName: 'headNumber' }),
    readContract(client, { ...contract, functionName: 'headHash' }),
    readContract(client, { ...contract, functionName: 'headTimestamp' }),
  ])
  const stateRoot = await readContract(client, { ...contract, functionName: 'stateRootAt', args: [blockNumber] })
  return { blockNumber, blockHash, stateRoot, timestamp }
}
