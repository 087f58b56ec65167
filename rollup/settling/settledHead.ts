import { decodeFunctionResult, encodeFunctionData } from 'viem'
import { nativeRollupAbi } from '../contracts.ts'
import { RollupError } from '../errors.ts'
import type { L1Client } from '../l1/l1Client.ts'

type Hex = `0x${string}`

/** The newest settled L2 block as the contract tells it, in the newest state of L1 or in that after block `at`. Throws RollupError. */
export async function readSettledHead(l1: L1Client, rollup: Hex, at?: bigint): Promise<{ number: bigint; hash: Hex }> {
  const read = (functionName: 'headNumber' | 'headHash') =>
    l1.call(rollup, encodeFunctionData({ abi: nativeRollupAbi, functionName }), at)
  try {
    const number = await read('headNumber')
    const hash = await read('headHash')
    return {
      number: decodeFunctionResult({ abi: nativeRollupAbi, functionName: 'headNumber', data: number }),
      hash: decodeFunctionResult({ abi: nativeRollupAbi, functionName: 'headHash', data: hash }),
    }
  } catch (error) {
    if (error instanceof RollupError) throw error
    throw new RollupError('BAD_L1_DATA', "the rollup's head does not decode", { rollup }, error)
  }
}
