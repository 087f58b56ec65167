import { encodeEventTopics, parseEventLogs } from 'viem'
import { getBlock } from 'viem/actions'
import { nativeRollupAbi } from '../abis/nativeRollup.ts'
import type { NativeRollupChain, Rollup } from '../chains.ts'
import type { Settlement } from '../types.ts'
import { logPages } from './logPages.ts'
import type { Reader } from './reader.ts'
import { rollupFromL1 } from './rollupOfClient.ts'

export type GetSettlementParameters = { l2BlockNumber: bigint; targetChain: NativeRollupChain }
/** null: not settled; the genesis block never is, L1 was created with it */
export type GetSettlementReturnType = Settlement | null

/**
 * How an L2 block got to L1; of what was settled and undone by a reorg of L1, nothing.
 *
 * @example const settlement = await getSettlement(l1, { l2BlockNumber: 5n, targetChain: l2Chain })
 */
export async function getSettlement(
  client: Reader,
  { l2BlockNumber, targetChain }: GetSettlementParameters,
): Promise<GetSettlementReturnType> {
  const { number: toBlock } = await getBlock(client)
  return findSettlement(client, rollupFromL1(client, targetChain), { l2BlockNumber, toBlock })
}

/** Looks for it in the blocks of L1 up to `toBlock`. */
export async function findSettlement(
  client: Reader,
  { rollup, deployBlock }: Rollup,
  { l2BlockNumber, toBlock }: { l2BlockNumber: bigint; toBlock: bigint },
): Promise<Settlement | null> {
  const event = { abi: nativeRollupAbi, eventName: 'BlockAdvanced' } as const
  const topics = encodeEventTopics({ ...event, args: { number: l2BlockNumber } }) as [`0x${string}`]
  for await (const logs of logPages(client, { address: rollup, topics, fromBlock: deployBlock, toBlock })) {
    const [log] = parseEventLogs({ ...event, logs })
    if (log === undefined) continue
    const { blockHash, stateRoot, anchorBlock } = log.args
    return {
      l2BlockNumber,
      l2BlockHash: blockHash,
      stateRoot,
      anchorBlockNumber: anchorBlock,
      l1BlockNumber: log.blockNumber,
      l1TransactionHash: log.transactionHash,
    }
  }
  return null
}
