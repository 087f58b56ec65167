import { describe, expect, test } from 'vitest'
import { bytesToHex } from '../../stateless/bytes.ts'
import { InvalidWitness } from '../../stateless/errors.ts'
import { keccak256 } from '../../stateless/keccak.ts'
import { toNibbles } from '../../stateless/nibbles.ts'
import { verifyProof } from '../../stateless/proof.ts'
import { walkProof } from '../../stateless/proofSteps.ts'
import { createTrie, EMPTY_TRIE_ROOT } from '../../stateless/trie.ts'
import type { NodeSource } from '../../stateless/types.ts'

/** A secure trie of so many keys, with values of 32 bytes, and a proof of any key, present or not. */
function trieOf(count: number) {
  const nodes = new Map<string, Uint8Array>()
  const source: NodeSource = { getNode: (hash) => nodes.get(hash), getCode: () => undefined }
  const edit = createTrie(source, EMPTY_TRIE_ROOT).edit()
  const keyOf = (index: number) => keccak256(Uint8Array.of(index >> 8, index & 255))
  for (let index = 0; index < count; index++) edit.put(toNibbles(keyOf(index)), keccak256(keyOf(index)))
  const { root } = edit.commit(nodes)
  const proofOf = (key: Uint8Array): Uint8Array[] => {
    const proof: Uint8Array[] = []
    const getNode: NodeSource['getNode'] = (hash) => {
      const node = nodes.get(hash)
      if (node !== undefined) proof.push(node)
      return node
    }
    createTrie({ ...source, getNode }, root).get(toNibbles(key))
    return proof
  }
  return { root, keyOf, proofOf }
}

/** What verifyProof says: a value, absence, or that it is no proof. */
function verdictOf(root: Uint8Array, key: Uint8Array, proof: readonly Uint8Array[]): Uint8Array | 'absent' | 'refused' {
  try {
    return verifyProof(root, key, proof) ?? 'absent'
  } catch (error) {
    if (error instanceof InvalidWitness) return 'refused'
    throw error
  }
}

function walkedVerdict(root: Uint8Array, key: Uint8Array, proof: readonly Uint8Array[]) {
  const walk = walkProof(root, key, proof)
  return 'problem' in walk ? 'refused' : (walk.value ?? 'absent')
}

describe.each([0, 1, 2, 17, 400])('a proof in a trie of %i keys', (count) => {
  const { root, keyOf, proofOf } = trieOf(count)
  const keys = [0, 1, 2, 9, 16, 200, 399, 500, 501, 502].map(keyOf)

  test('is walked node by node along the key', () => {
    for (const key of keys) {
      const proof = proofOf(key)
      const walk = walkProof(root, key, proof)
      expect(walk.steps.map(({ node }) => node)).toEqual(proof)
      expect(
        walk.steps.every(({ ok, hash, expected }) => ok && bytesToHex(hash) === bytesToHex(expected ?? hash)),
      ).toBe(true)
      expect(walkedVerdict(root, key, proof)).toEqual(verdictOf(root, key, proof))
      if (!('value' in walk)) continue
      const path = walk.steps.map(({ nibbles }) => nibbles).join('')
      expect(path).toBe(bytesToHex(key))
      expect(walk.steps.at(-1)?.kind).toBe('leaf')
    }
  })

  test('that was tampered with is refused exactly where verifyProof refuses it', () => {
    let seed = 8079
    const random = (below: number) => {
      seed = (Math.imul(seed, 1_103_515_245) + 12_345) & 0x7fffffff
      return seed % below
    }
    let refused = 0
    for (let round = 0; round < 300; round++) {
      const key = keys[random(keys.length)] ?? root
      const proof = proofOf(key).map((node) => node.slice())
      const at = random(proof.length + 1)
      const node = proof[at]
      const change = random(4)
      if (change === 0 && node !== undefined) node[random(node.length)] = random(256)
      if (change === 1) proof.splice(at, 1)
      if (change === 2) proof.splice(at, 0, node?.slice() ?? Uint8Array.of(0xc0))
      if (change === 3) proof.reverse()
      expect(walkedVerdict(root, key, proof)).toEqual(verdictOf(root, key, proof))
      const { steps, ...end } = walkProof(root, key, proof)
      if ('problem' in end) refused += 1
      expect(steps.slice(0, -1).every(({ ok }) => ok)).toBe(true)
    }
    expect(refused).toBeGreaterThan(50)
  })
})
