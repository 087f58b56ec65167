import { nativeRollupAbi } from 'reenact/abi'
import {
  createClient,
  custom,
  decodeFunctionData,
  encodeEventTopics,
  encodeFunctionResult,
  type Hex,
  LimitExceededRpcError,
  numberToHex,
  zeroAddress,
  zeroHash,
} from 'viem'
import { expect, test } from 'vitest'
import { type Finality, findFinality } from '../../client/actions/finality.ts'
import type { Rollup } from '../../client/chains.ts'

/** Settled L2 blocks: one in every L1 block, with the same number, at the second of that number. */
const HEAD = 10_000n
/** the oldest of 8,192 whose state root L1 still has */
const OLDEST = 1_809n
const EVENT = { abi: nativeRollupAbi, eventName: 'StateCheckpointed' } as const
const rollup = { rollup: zeroAddress, deployBlock: 0n } as unknown as Rollup

type Range = { fromBlock: Hex; toBlock: Hex }

/** An L1 with a rollup that has these checkpoints, with logs of 500 blocks at once, and an own clock. */
function l1With(checkpoints: readonly bigint[], now: bigint) {
  const recordedAt = (data: Hex): Hex => {
    const [number = 0n] = decodeFunctionData({ abi: nativeRollupAbi, data }).args as readonly bigint[]
    if (number < OLDEST && !checkpoints.includes(number)) throw new Error(`L1 has forgotten block ${number}`)
    return encodeFunctionResult({ abi: nativeRollupAbi, functionName: 'recordedAt', result: number })
  }
  const logs = ({ fromBlock, toBlock }: Range) => {
    const [from, to] = [BigInt(fromBlock), BigInt(toBlock)]
    if (to - from >= 500n) throw new LimitExceededRpcError(new Error('too many blocks'))
    return checkpoints
      .filter((number) => number >= from && number <= to)
      .map((number) => ({
        address: zeroAddress,
        topics: encodeEventTopics({ ...EVENT, args: { number } }),
        data: '0x',
        blockNumber: numberToHex(number),
        blockHash: zeroHash,
        transactionHash: zeroHash,
        transactionIndex: '0x0',
        logIndex: '0x0',
        removed: false,
      }))
  }
  const request = async ({ method, params }: { method: string; params: readonly unknown[] }) => {
    if (method === 'eth_getBlockByNumber') return { number: numberToHex(HEAD), timestamp: numberToHex(now) }
    if (method === 'eth_call') return recordedAt((params[0] as { data: Hex }).data)
    return logs(params[0] as Range)
  }
  return createClient({ transport: custom({ request }, { retryCount: 0 }) })
}

const EVERY_600 = Array.from({ length: 17 }, (_, index) => BigInt(index) * 600n + 1n)
const noneInTheRing = EVERY_600.filter((number) => number < OLDEST)

test.each<[what: string, checkpoints: readonly bigint[], l2Block: bigint, delay: bigint, now: bigint, Finality]>([
  ['in the last place of the ring: by the newest final block', [], OLDEST, 100n, 9_000n, { provable: 8_900n }],
  ['just out of the ring, which has final blocks: the same', [], OLDEST - 1n, 100n, 9_000n, { provable: 8_900n }],
  ['the head itself, final in the next second', [], HEAD, 100n, 10_099n, { readyAt: 10_100n, now: 10_099n }],
  ['the head itself, final now', [], HEAD, 100n, 10_100n, { provable: HEAD }],
  [
    'out of a ring without final blocks: the newest final checkpoint',
    EVERY_600,
    500n,
    9_000n,
    10_000n,
    { provable: 601n },
  ],
  ['the checkpoint itself', EVERY_600, 601n, 9_000n, 10_000n, { provable: 601n }],
  ['just after it: the next one', EVERY_600, 602n, 9_000n, 10_000n, { readyAt: 10_201n, now: 10_000n }],
  ['before any final one, at its second', EVERY_600, 700n, 9_000n, 10_201n, { provable: 1_201n }],
  ['without a checkpoint since', noneInTheRing, 1_802n, 9_000n, 10_000n, { readyAt: undefined, now: 10_000n }],
])('%s', async (_, checkpoints, l2BlockNumber, delay, now, expected) => {
  const question = { l2BlockNumber, headNumber: HEAD, delay, l1BlockNumber: HEAD }
  expect(await findFinality(l1With(checkpoints, now), rollup, question)).toEqual(expected)
})
