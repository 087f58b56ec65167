import fc from 'fast-check'
import { concatHex, type Hex, keccak256, toHex } from 'viem'
import { describe, expect, it } from 'vitest'
import { l2Messenger } from '../../genesis/generated/L2Messenger.ts'
import { L2_MESSENGER_SLOTS } from '../../rollup/contracts.ts'
import {
  createMessageTree,
  messageHash,
  rootFromPath,
  TREE_DEPTH,
  ZERO_SUBTREES,
} from '../../rollup/messages/messages.ts'

const leafAt = (index: number): Hex => keccak256(toHex(index + 1))

/** The tree as its definition says it, level by level. */
function naiveRoot(leaves: readonly Hex[]): Hex {
  let level = [...leaves]
  for (let height = 0; height < TREE_DEPTH; height++) {
    const zero = ZERO_SUBTREES[height] ?? '0x'
    if (level.length % 2 === 1) level.push(zero)
    level = Array.from({ length: level.length / 2 }, (_, i) =>
      keccak256(concatHex([level[2 * i] ?? zero, level[2 * i + 1] ?? zero])),
    )
  }
  return level[0] ?? '0x'
}

describe('message tree', () => {
  it('has the root of its definition at every size, also for earlier sizes', () => {
    const leaves = Array.from({ length: 37 }, (_, index) => leafAt(index))
    const tree = createMessageTree(leaves)
    for (let count = 1; count <= leaves.length; count++) {
      expect(tree.root(count)).toBe(naiveRoot(leaves.slice(0, count)))
    }
  })

  it('is zero when empty, as the slot in the contract is', () => {
    expect(createMessageTree().root()).toBe(`0x${'00'.repeat(32)}`)
  })

  it('gives paths that lead to the root of their size, and no others do', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 200 }), fc.nat(), fc.nat(), (size, a, b) => {
        const tree = createMessageTree(Array.from({ length: size }, (_, index) => leafAt(index)))
        const count = (a % size) + 1
        const index = b % count
        const path = tree.path(index, count)
        expect(path.length).toBe(Math.ceil(Math.log2(count)))
        expect(rootFromPath(leafAt(index), index, path)).toBe(tree.root(count))
        expect(rootFromPath(leafAt(index), index + 1, path)).not.toBe(tree.root(count))
        expect(rootFromPath(leafAt(index + 1), index, path)).not.toBe(tree.root(count))
      }),
      { numRuns: 60 },
    )
  })

  it('forgets leaves that a reorg removed', () => {
    fc.assert(
      fc.property(fc.nat(60), fc.nat(60), (size, kept) => {
        const leaves = Array.from({ length: size }, (_, index) => leafAt(index))
        const tree = createMessageTree(leaves)
        tree.truncate(kept)
        const other = leaves.slice(0, kept).concat(leafAt(1000))
        tree.append(leafAt(1000))
        expect(tree.root()).toBe(naiveRoot(other))
      }),
      { numRuns: 60 },
    )
  })

  it('refuses indices and sizes that it does not have', () => {
    const tree = createMessageTree([leafAt(0)])
    expect(() => tree.path(1)).toThrow(RangeError)
    expect(() => tree.root(2)).toThrow(RangeError)
    expect(() => rootFromPath(leafAt(0), 0, Array(33).fill(leafAt(0)))).toThrow(RangeError)
  })

  it('walks paths at the far end of the tree', () => {
    const last = 2 ** 32 - 1
    const path = ZERO_SUBTREES.slice(0, TREE_DEPTH)
    const root = rootFromPath(leafAt(0), last, path)
    expect(root).toMatch(/^0x[0-9a-f]{64}$/)
    expect(root).not.toBe(rootFromPath(leafAt(0), last - 1, path))
  })
})

describe('message hash', () => {
  const message = { sender: '0x01', to: '0x02', value: 1n, fee: 2n, gasLimit: 3n, data: '0x', index: 4n } as const
  const padded = {
    ...message,
    sender: '0x0000000000000000000000000000000000000001',
    to: '0x0000000000000000000000000000000000000002',
  } as const

  it('differs when any field or either chain differs', () => {
    const hashes = [
      messageHash(padded, 1n, 2n),
      messageHash(padded, 2n, 1n),
      messageHash(padded, 1n, 3n),
      messageHash({ ...padded, sender: padded.to }, 1n, 2n),
      messageHash({ ...padded, to: padded.sender }, 1n, 2n),
      messageHash({ ...padded, value: 2n }, 1n, 2n),
      messageHash({ ...padded, fee: 1n }, 1n, 2n),
      messageHash({ ...padded, gasLimit: 4n }, 1n, 2n),
      messageHash({ ...padded, data: '0x00' }, 1n, 2n),
      messageHash({ ...padded, index: 5n }, 1n, 2n),
    ]
    expect(new Set(hashes).size).toBe(hashes.length)
  })
})

describe('storage slots read from L2 state', () => {
  it('are those of the compiler', () => {
    const slotOf = (label: string): bigint => {
      const found = l2Messenger.storageLayout.storage.find((entry) => entry.label === label)
      if (found === undefined) throw new Error(`no ${label}`)
      return BigInt(found.slot)
    }
    expect(slotOf('_tree')).toBe(0n)
    expect(slotOf('_delivered')).toBe(L2_MESSENGER_SLOTS.delivered)
    expect(slotOf('_provenRoots')).toBe(L2_MESSENGER_SLOTS.provenRoots)
    expect(slotOf('_latestRootId')).toBe(L2_MESSENGER_SLOTS.latestRoot)
  })
})
