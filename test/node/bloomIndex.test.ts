import { describe, expect, test } from 'vitest'
import { createBloomIndex, LOADED_SECTIONS, SECTION } from '../../node/bloomIndex.ts'
import type { LogFilter, StoredBlock } from '../../node/types.ts'
import { keccak256 } from '../../stateless/keccak.ts'
import { sampleHeader } from '../stateless/samples.ts'

const HEAD = 3_500n

const item = (seed: number): Uint8Array => keccak256(Uint8Array.of(seed >> 8, seed & 0xff)).subarray(0, 20)

function bloomOf(items: readonly Uint8Array[]): Uint8Array {
  const bloom = new Uint8Array(256)
  for (const one of items) {
    const hash = keccak256(one)
    for (const at of [0, 2, 4]) {
      const bit = (((hash[at] ?? 0) << 8) | (hash[at + 1] ?? 0)) & 0x7ff
      const byte = 255 - (bit >> 3)
      bloom[byte] = (bloom[byte] ?? 0) | (1 << (bit & 7))
    }
  }
  return bloom
}

/** A chain whose blocks emit the items of `of`; undefined: no logs. */
function chainOf(of: (number: number) => readonly number[] | undefined) {
  const items = new Map<bigint, readonly number[]>()
  for (let number = 0; number <= HEAD; number++) {
    const emitted = of(number)
    if (emitted !== undefined) items.set(BigInt(number), emitted)
  }
  const reads: bigint[] = []
  const index = createBloomIndex((number) => {
    reads.push(number)
    const emitted = items.get(number)
    return emitted && bloomOf(emitted.map(item))
  })
  const find = (filter: Partial<LogFilter>, head = HEAD): number[] => {
    const range = { fromBlock: 0n, toBlock: HEAD, ...filter }
    return [...index.candidates(range, head)].filter((number) => number !== undefined).map(Number)
  }
  return { items, reads, index, find }
}

function stored(number: number, emitted: readonly number[]): StoredBlock {
  const items = emitted.map(item)
  const header = { ...sampleHeader(), number: BigInt(number), logsBloom: bloomOf(items) }
  const logs = items.map((address) => ({ address, topics: [], data: new Uint8Array(0) }))
  const receipt = {
    type: 0,
    status: 1,
    cumulativeGasUsed: 0n,
    gasUsed: 0n,
    effectiveGasPrice: 0n,
    logsBloom: header.logsBloom,
    logs,
  } as const
  return { block: { hash: new Uint8Array(32), header, transactions: [], ommers: [] }, receipts: [receipt] }
}

describe('candidates', () => {
  const sparse = () => chainOf((number) => (number % 700 === 3 ? [number] : undefined))

  test('finds one block among thousands, at both ends of a section too', () => {
    const { find } = chainOf((number) => ([0, 1_023, 1_024, 2_047, 3_500].includes(number) ? [number] : undefined))
    for (const number of [0, 1_023, 1_024, 2_047, 3_500]) expect(find({ addresses: [item(number)] })).toEqual([number])
    expect(find({ addresses: [item(5)] })).toEqual([])
    expect(find({})).toEqual([0, 1_023, 1_024, 2_047, 3_500])
  })

  test('obeys range and head', () => {
    const { find } = sparse()
    expect(find({ fromBlock: 3n, toBlock: 703n })).toEqual([3, 703])
    expect(find({ fromBlock: 4n, toBlock: 702n })).toEqual([])
    expect(find({ toBlock: 1n << 60n }, 1_403n)).toEqual([3, 703, 1_403])
    expect(find({ fromBlock: 5_000n, toBlock: 6_000n })).toEqual([])
  })

  test('groups are joined by and, alternatives by or', () => {
    const { find } = chainOf((number) => [number % 2, 10 + (number % 3)])
    const both = { addresses: [item(1)], topics: [undefined, [item(10), item(11)]], toBlock: 12n }
    expect(find(both)).toEqual([1, 3, 7, 9])
  })

  test('what every block has is found in every block', () => {
    const { find } = chainOf(() => [1])
    expect(find({ addresses: [item(1)] })).toHaveLength(Number(HEAD) + 1)
  })

  test('lets others in between, also where nothing is found', () => {
    const { index } = sparse()
    const found = [...index.candidates({ fromBlock: 0n, toBlock: HEAD, addresses: [item(9)] }, HEAD)]
    expect(found.length).toBeGreaterThan(3_500 / 100)
    expect(found.every((moment) => moment === undefined)).toBe(true)
  })

  test('reads each bloom once', () => {
    const { reads, find } = sparse()
    find({})
    const before = reads.length
    find({ addresses: [item(3)] })
    expect(reads).toHaveLength(before)
  })

  test('holds a bounded number of sections: the oldest is made again when it is asked for', () => {
    const reads: bigint[] = []
    const bloom = bloomOf([item(1)])
    const index = createBloomIndex((number) => {
      reads.push(number)
      return number % BigInt(SECTION) === 5n ? bloom : undefined
    })
    const head = BigInt((LOADED_SECTIONS + 1) * SECTION - 1)
    const find = (fromBlock: bigint, toBlock: bigint) =>
      [...index.candidates({ fromBlock, toBlock, addresses: [item(1)] }, head)].filter((found) => found !== undefined)
    expect(find(0n, head)).toHaveLength(LOADED_SECTIONS + 1)
    reads.length = 0
    expect(find(head - 1_023n, head)).toHaveLength(1)
    expect(reads).toEqual([])
    expect(find(0n, 1_023n)).toEqual([5n])
    expect(reads).toHaveLength(SECTION)
  })
})

describe('follow', () => {
  test('new blocks are found, with the section in memory or not yet asked for', () => {
    for (const warm of [true, false]) {
      const { items, index, find } = chainOf((number) => (number < 1_000 ? [1] : undefined))
      if (warm) find({})
      items.set(3_499n, [7])
      items.set(1_001n, [8])
      index.follow({ added: [stored(3_499, [7]), stored(1_001, [8])], removed: [] })
      expect(find({ addresses: [item(7)] })).toEqual([3_499])
      expect(find({ addresses: [item(8)] })).toEqual([1_001])
    }
  })

  test('removed blocks are forgotten, their replacements found', () => {
    const { items, index, find } = chainOf((number) => (number > 3_490 ? [2] : [1]))
    expect(find({ addresses: [item(2)] })).toHaveLength(10)
    const old = items.get(3_500n) ?? []
    items.set(3_500n, [4])
    index.follow({ removed: [stored(3_500, old)], added: [stored(3_500, [4])] })
    expect(find({ addresses: [item(2)] })).toHaveLength(9)
    expect(find({ addresses: [item(4)] })).toEqual([3_500])
  })

  /** Asks for the items of all blocks, and changes the chain when the first piece of the section is read. */
  const findDuring = (change: (chain: ReturnType<typeof chainOf>) => void) => {
    const chain = chainOf((number) => (number < 1_000 ? [1] : undefined))
    const found: number[] = []
    let isChanged = false
    for (const number of chain.index.candidates({ fromBlock: 0n, toBlock: HEAD, addresses: [item(1)] }, HEAD)) {
      if (number !== undefined) found.push(Number(number))
      if (!isChanged) change(chain)
      isChanged = true
    }
    return { found, find: chain.find }
  }

  test('a block that is added while its section is made is found', () => {
    const { found, find } = findDuring(({ items, index }) => {
      items.set(5n, [1, 7])
      index.follow({ added: [stored(5, [1, 7])], removed: [] })
    })
    expect(found).toHaveLength(1_000)
    expect(find({ addresses: [item(7)] })).toEqual([5])
  })

  test('a block that is removed while its section is made is not found', () => {
    const { found, find } = findDuring(({ items, index }) => {
      items.delete(5n)
      index.follow({ added: [], removed: [stored(5, [1])] })
    })
    expect(found).toHaveLength(999)
    expect(find({ addresses: [item(1)] })).not.toContain(5)
  })
})
