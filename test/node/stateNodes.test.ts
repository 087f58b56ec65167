import { expect, test } from 'vitest'
import { createStateNodes, NODE_CACHE_BYTES } from '../../node/stateNodes.ts'
import { openStore } from '../../node/store.ts'

const NODE_BYTES = 500
/** More than the cache has room for. */
const NODES = Math.ceil(NODE_CACHE_BYTES / NODE_BYTES)

test('nodes are held up to a bound: older ones come from the store again, the newest do not', async () => {
  const asked: string[] = []
  const store = await openStore()
  const nodes = createStateNodes({
    ...store,
    get: (key) => {
      asked.push(key)
      return undefined
    },
  })
  const hashes = Array.from({ length: NODES }, (_, n) => n.toString(16).padStart(64, '0'))
  for (const hash of hashes) nodes.remember(new Map([[hash, new Uint8Array(NODE_BYTES)]]), new Map())
  expect(nodes.getNode(hashes.at(-1) ?? '')).toHaveLength(NODE_BYTES)
  expect(asked).toEqual([])
  expect(nodes.getNode(hashes[0] ?? '')).toBeUndefined()
  expect(asked).toHaveLength(1)
})
