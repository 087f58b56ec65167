import { encodeEventTopics, parseEventLogs } from 'viem'
import { getBlock, readContract } from 'viem/actions'
import { nativeRollupAbi } from '../abis/nativeRollup.ts'
import type { Rollup } from '../chains.ts'
import { logPages } from './logPages.ts'
import type { Reader } from './reader.ts'

/** contracts/l1/NativeRollup.sol::STATE_ROOT_HISTORY */
const STATE_ROOT_HISTORY = 8_192n

/** A settled L2 block, and L1 as of one block. Seconds. */
export type FinalityQuestion = { l2BlockNumber: bigint; headNumber: bigint; delay: bigint; l1BlockNumber: bigint }

/** The newest L2 block that L1 takes proofs of, or when there will be one. Seconds since the epoch. */
export type Finality = { provable: bigint } | { readyAt: bigint | undefined; now: bigint }

/**
 * Which L2 block proves what was sent in a settled one, in a rollup with a finality delay: the newest that is final and
 * whose state root L1 still has, among its last 8,192 or as a checkpoint (docs/contracts.md). Final is what would be
 * in the next block of L1: the node's pending one, where it has one.
 */
export async function findFinality(client: Reader, rollup: Rollup, question: FinalityQuestion): Promise<Finality> {
  const { l2BlockNumber, headNumber, delay, l1BlockNumber } = question
  const now = await nextTimestamp(client)
  const finalAt = async (number: bigint): Promise<bigint> => {
    const contract = { address: rollup.rollup, abi: nativeRollupAbi, blockNumber: l1BlockNumber } as const
    return (await readContract(client, { ...contract, functionName: 'recordedAt', args: [number] })) + delay
  }
  const oldest = headNumber - STATE_ROOT_HISTORY + 1n
  const isInRing = l2BlockNumber >= oldest
  const first = isInRing ? l2BlockNumber : oldest
  const firstAt = await finalAt(first)
  if (firstAt <= now) return { provable: await newestFinal(first, headNumber, async (n) => (await finalAt(n)) <= now) }
  if (isInRing) return { readyAt: firstAt, now }
  let readyAt: bigint | undefined
  for await (const number of newestCheckpoints(client, rollup, l1BlockNumber)) {
    if (number < l2BlockNumber) break
    readyAt = await finalAt(number)
    if (readyAt <= now) return { provable: number }
  }
  return { readyAt, now }
}

async function nextTimestamp(client: Reader): Promise<bigint> {
  try {
    return (await getBlock(client, { blockTag: 'pending' })).timestamp
  } catch {
    // many nodes have no pending block
    return (await getBlock(client)).timestamp
  }
}

/** Blocks become final in their order, so that the last one is found by halves. `low` is final. */
async function newestFinal(low: bigint, high: bigint, isFinal: (number: bigint) => Promise<boolean>): Promise<bigint> {
  if (low === high) return low
  const middle = (low + high + 1n) / 2n
  return (await isFinal(middle)) ? newestFinal(middle, high, isFinal) : newestFinal(low, middle - 1n, isFinal)
}

/** Numbers of L2 blocks whose state roots L1 keeps for ever. */
async function* newestCheckpoints(
  client: Reader,
  { rollup, deployBlock }: Rollup,
  toBlock: bigint,
): AsyncGenerator<bigint, void> {
  const event = { abi: nativeRollupAbi, eventName: 'StateCheckpointed' } as const
  const topics = encodeEventTopics(event) as [`0x${string}`]
  for await (const logs of logPages(client, { address: rollup, topics, fromBlock: deployBlock, toBlock })) {
    for (const { args } of parseEventLogs({ ...event, logs }).reverse()) yield args.number
  }
}
