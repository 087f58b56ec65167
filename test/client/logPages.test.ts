import { LogsUnavailableError } from 'reenact/viem'
import { createClient, custom, LimitExceededRpcError, type RpcLog, zeroAddress } from 'viem'
import { expect, test } from 'vitest'
import { logPages } from '../../client/actions/logPages.ts'

type Range = { fromBlock: string; toBlock: string }

/** A node with one log in every block, which answers for so many blocks at once. */
function nodeWith(most: bigint) {
  const ranges: [bigint, bigint][] = []
  const request = async ({ params }: { params: readonly Range[] }) => {
    const [range] = params
    if (range === undefined) throw new Error('no filter')
    const [from, to] = [BigInt(range.fromBlock), BigInt(range.toBlock)]
    ranges.push([from, to])
    if (to - from + 1n > most) throw new LimitExceededRpcError(new Error('too many blocks'))
    return Array.from({ length: Number(to - from) + 1 }, (_, at) => ({ blockNumber: from + BigInt(at) }))
  }
  return { client: createClient({ transport: custom({ request }, { retryCount: 0 }) }), ranges }
}

async function blocksOf(most: bigint, fromBlock: bigint, toBlock: bigint) {
  const { client, ranges } = nodeWith(most)
  const blocks: unknown[] = []
  const pages: RpcLog[][] = []
  for await (const page of logPages(client, { address: zeroAddress, topics: [], fromBlock, toBlock }))
    pages.unshift(page)
  for (const { blockNumber } of pages.flat()) blocks.push(blockNumber)
  return { blocks, ranges }
}

const numbers = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, at) => BigInt(from + at))

test('one question where the node answers it, smaller ones where it does not, and every block once', async () => {
  expect(await blocksOf(1_000n, 5n, 104n)).toEqual({ blocks: numbers(5, 104), ranges: [[5n, 104n]] })
  for (const most of [1n, 2n, 3n, 7n, 50n, 99n]) {
    expect((await blocksOf(most, 5n, 104n)).blocks, `${most} at once`).toEqual(numbers(5, 104))
  }
  expect((await blocksOf(3n, 7n, 7n)).ranges).toEqual([[7n, 7n]])
  expect(await blocksOf(3n, 8n, 7n)).toEqual({ blocks: [], ranges: [] })
})

test('a chain that is too long for what the node answers is an error that says so, after few questions', async () => {
  const { client, ranges } = nodeWith(10n)
  const pages = logPages(client, { address: zeroAddress, topics: [], fromBlock: 0n, toBlock: 10_000_000n })
  const error = await pages.next().catch((caught: unknown) => caught)
  expect(error).toBeInstanceOf(LogsUnavailableError)
  expect(String(error)).toContain('use a node that allows longer ranges')
  expect(ranges.length).toBeLessThan(15)
})

test('an error about something else is not asked away', async () => {
  let asked = 0
  const request = async () => {
    asked++
    throw Object.assign(new Error('no such method'), { code: -32601 })
  }
  const client = createClient({ transport: custom({ request }, { retryCount: 0 }) })
  const pages = logPages(client, { address: zeroAddress, topics: [], fromBlock: 0n, toBlock: 100n })
  await expect(pages.next()).rejects.toThrow('no such method')
  expect(asked).toBe(1)
})
