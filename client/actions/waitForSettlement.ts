import { getBlock, readContract } from 'viem/actions'
import { nativeRollupAbi } from '../abis/nativeRollup.ts'
import type { NativeRollupChain, Rollup } from '../chains.ts'
import type { Settlement } from '../types.ts'
import { findSettlement } from './getSettlement.ts'
import { poll, type WaitOptions } from './poll.ts'
import type { Reader } from './reader.ts'
import { rollupFromL1 } from './rollupOfClient.ts'

export type WaitForSettlementParameters = WaitOptions & { l2BlockNumber: bigint; targetChain: NativeRollupChain }
export type WaitForSettlementReturnType = Settlement

/**
 * Waits until L1 has accepted an L2 block. Whether it is the block that an L2 node has under this number is for the caller
 * to compare, by `l2BlockHash`.
 *
 * @throws WaitTimeoutError, the reason of `signal`
 * @example const settlement = await waitForSettlement(l1, { l2BlockNumber: receipt.blockNumber, targetChain: l2Chain })
 */
export async function waitForSettlement(
  client: Reader,
  { l2BlockNumber, targetChain, ...options }: WaitForSettlementParameters,
): Promise<WaitForSettlementReturnType> {
  const rollup = rollupFromL1(client, targetChain)
  const awaited = { what: `settlement of L2 block ${l2BlockNumber}`, advice: settlementAdvice(rollup) }
  return poll(client, options, awaited, async () => {
    const { number: toBlock } = await getBlock(client)
    const head = { address: rollup.rollup, abi: nativeRollupAbi, functionName: 'headNumber' } as const
    const headNumber = await readContract(client, { ...head, blockNumber: toBlock })
    const reached = { reached: `the newest block that L1 has settled is ${headNumber}` }
    if (headNumber < l2BlockNumber) return reached
    const found = await findSettlement(client, rollup, { l2BlockNumber, toBlock })
    return found === null ? reached : { found }
  })
}

/** What may be wrong when nothing more is settled, for WaitTimeoutError. */
export function settlementAdvice({ l1ChainId }: Rollup): string {
  return `Is settlement going on (rollup_status of the L2 node), and is the client a node of chain ${l1ChainId}?`
}
