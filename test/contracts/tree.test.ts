import { concat, type Hex, keccak256, numberToHex, pad } from 'viem'
import { beforeAll, describe, expect, it } from 'vitest'
import { createMessageTree } from '../../rollup/messages/messages.ts'
import type { Artifact } from '../../scripts/lib/solidity.mjs'
import { compile } from '../compile.ts'
import { type Chain, createChain } from './vm.ts'

let harness: Artifact
let chain: Chain
let address: Hex
beforeAll(async () => {
  harness = compile({ Harness: 'test/contracts/Harness.sol' }).Harness
  chain = await createChain({ chainId: 1 })
  address = (await chain.deploy(harness)).address
})

const read = <T>(name: string, args: unknown[] = []) => chain.read<T>(address, harness.abi, name, args)
const leafAt = (index: number): Hex => keccak256(numberToHex(index, { size: 32 }))
const hashPair = (left: Hex, right: Hex) => keccak256(concat([left, right]))

/** The naive tree: every level in full, zero leaves to the right. */
function naive(leaves: Hex[]): { root: Hex; path(index: number): Hex[] } {
  let zero: Hex = pad('0x', { size: 32 })
  const levels: Hex[][] = [leaves]
  const zeros: Hex[] = []
  for (let level = 0; level < 32; level++) {
    const below = levels[level] ?? []
    const above: Hex[] = []
    for (let i = 0; i < below.length; i += 2) above.push(hashPair(below[i] ?? zero, below[i + 1] ?? zero))
    levels.push(above)
    zeros.push(zero)
    zero = hashPair(zero, zero)
  }
  return {
    root: levels[32]?.[0] ?? zero,
    path: (index) => zeros.map((empty, level) => levels[level]?.[Math.floor(index / 2 ** level) ^ 1] ?? empty),
  }
}

describe('MessageTree', () => {
  it('agrees with the naive tree and the TypeScript one, leaf by leaf', async () => {
    const leaves: Hex[] = []
    for (let index = 0; index < 40; index++) {
      leaves.push(leafAt(index))
      const pushed = await chain.send(address, harness.abi, 'push', [leafAt(index)])
      expect(pushed.error).toBeUndefined()
      const root = await read<Hex>('root')
      expect(root).toBe(naive(leaves).root)
      expect(root).toBe(createMessageTree(leaves).root())
    }
    const { root, path } = naive(leaves)
    const short = createMessageTree(leaves)
    for (let index = 0; index < leaves.length; index++) {
      expect(await read('rootFrom', [leafAt(index), BigInt(index), path(index)])).toBe(root)
      expect(short.path(index)).toHaveLength(6)
      expect(await read('rootFrom', [leafAt(index), BigInt(index), short.path(index)])).toBe(root)
    }
  })

  it('leads elsewhere from any other position', async () => {
    const leaves = Array.from({ length: 11 }, (_, index) => leafAt(index))
    const { root } = naive(leaves)
    const path = [...createMessageTree(leaves).path(5)]
    const from = (leaf: Hex, index: bigint, siblings: Hex[]) => read<Hex>('rootFrom', [leaf, index, siblings])
    expect(await from(leafAt(5), 5n, path)).toBe(root)
    const [first = '0x', second = '0x', ...rest] = path
    const zero: Hex = pad('0x', { size: 32 })
    const attempts: [Hex, bigint, Hex[]][] = [
      [leafAt(5), 4n, path],
      [leafAt(5), 5n + 2n ** 32n, path],
      [leafAt(5), 2n ** 64n - 1n, path],
      [leafAt(5), 5n + 16n, path],
      [leafAt(5), 5n, path.slice(1)],
      [leafAt(5), 5n, path.slice(0, -1)],
      [leafAt(5), 5n, [...path, zero]],
      [leafAt(5), 5n, [second, first, ...rest]],
      [leafAt(6), 5n, path],
    ]
    for (const [leaf, index, siblings] of attempts) expect(await from(leaf, index, siblings)).not.toBe(root)
    // free places hold zero leaves, which nobody may take for messages
    const zeros = createMessageTree([...leaves, zero])
    expect(await from(zero, 11n, [...zeros.path(11)])).toBe(zero)
    const tooLong = Array.from({ length: 33 }, () => zero)
    expect(await from(leafAt(5), 5n, tooLong)).toBe(zero)
  })

  it('is full at 2^32 - 1 leaves', async () => {
    const fresh = (await chain.deploy(harness)).address
    await chain.send(fresh, harness.abi, 'setCount', [2n ** 32n - 2n])
    expect((await chain.send(fresh, harness.abi, 'push', [leafAt(0)])).error).toBeUndefined()
    expect((await chain.send(fresh, harness.abi, 'push', [leafAt(0)])).ok).toBe(false)
  })
})
