import fc from 'fast-check'
import { type Hex, keccak256, numberToHex } from 'viem'
import { expect, test } from 'vitest'
import { proveLeaf } from '../../client/messageTree.ts'
import { createMessageTree, rootFromPath } from '../../rollup/messages/messages.ts'

const leafOf = (number: number): Hex => keccak256(numberToHex(number))
const leavesOf = (count: number): Hex[] => Array.from({ length: count }, (_, number) => leafOf(number))

test('the tree of a client is that of the node, at every size and place', async () => {
  const place = fc.integer({ min: 1, max: 70 }).chain((count) => fc.tuple(fc.constant(count), fc.nat(count - 1)))
  await fc.assert(
    fc.asyncProperty(place, async ([count, index]) => {
      const { root, path } = await proveLeaf(leavesOf(count), index)
      const tree = createMessageTree(leavesOf(count))
      expect(root).toBe(tree.root())
      expect(path).toEqual(tree.path(index))
      expect(rootFromPath(leafOf(index), index, path)).toBe(root)
    }),
    { seed: 11, numRuns: 60 },
  )
})

test('a long list of messages lets others have their turn', async () => {
  let turns = 0
  const timer = setInterval(() => turns++, 1)
  const { path } = await proveLeaf(leavesOf(5_000), 4_321)
  clearInterval(timer)
  expect(path).toHaveLength(13)
  expect(turns).toBeGreaterThan(3)
})
