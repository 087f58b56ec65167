import { MerklePatriciaTrie } from '@ethereumjs/mpt'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { bytesToHex } from '../../stateless/bytes.ts'
import { keccak256 } from '../../stateless/keccak.ts'
import { toNibbles } from '../../stateless/nibbles.ts'
import { createTrie, EMPTY_TRIE_ROOT } from '../../stateless/trie.ts'
import type { NodeSource } from '../../stateless/types.ts'

const SEED = 8079

function sourceOf(nodes: ReadonlyMap<string, Uint8Array>): NodeSource {
  return { getNode: (hash) => nodes.get(hash), getCode: () => undefined }
}

function key(n: number): Uint8Array {
  return Uint8Array.from([n >> 8, n & 255])
}

type Operation = { key: number; value: Uint8Array }

const operation = fc.record({
  key: fc.integer({ min: 0, max: 300 }),
  value: fc.oneof(
    { weight: 2, arbitrary: fc.uint8Array({ minLength: 1, maxLength: 60 }) },
    { weight: 1, arbitrary: fc.constant(new Uint8Array(0)) },
  ),
})

describe('against @ethereumjs/mpt', () => {
  it('gives the same roots and values through batches of random operations', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(operation, { maxLength: 60 }), { maxLength: 6 }), async (batches) => {
        const theirs = new MerklePatriciaTrie({ useKeyHashing: true })
        const nodes = new Map<string, Uint8Array>()
        let root = EMPTY_TRIE_ROOT
        const model = new Map<number, Uint8Array>()
        for (const batch of batches) {
          root = await applyBatch(batch, theirs, nodes, root, model)
          expect(bytesToHex(root)).toBe(bytesToHex(theirs.root()))
          const ours = createTrie(sourceOf(nodes), root)
          for (let n = 0; n <= 300; n += 7) {
            expect(ours.get(toNibbles(keccak256(key(n))))).toEqual(model.get(n))
          }
        }
      }),
      { seed: SEED, numRuns: 60 },
    )
  })
})

async function applyBatch(
  batch: readonly Operation[],
  theirs: MerklePatriciaTrie,
  nodes: Map<string, Uint8Array>,
  root: Uint8Array,
  model: Map<number, Uint8Array>,
): Promise<Uint8Array> {
  const edit = createTrie(sourceOf(nodes), root).edit()
  for (const { key: n, value } of batch) {
    const path = toNibbles(keccak256(key(n)))
    if (value.length === 0) {
      edit.delete(path)
      await theirs.del(key(n))
      model.delete(n)
    } else {
      edit.put(path, value)
      await theirs.put(key(n), value)
      model.set(n, value)
    }
  }
  return edit.commit(nodes)
}
