import { createMerkleProof, MerklePatriciaTrie, verifyMerkleProof } from '@ethereumjs/mpt'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { EMPTY_CODE_HASH } from '../../stateless/account.ts'
import { bytesToHex } from '../../stateless/bytes.ts'
import { keccak256 } from '../../stateless/keccak.ts'
import { createAccountProof, verifyAccountProof, verifyProof, verifyStorageProof } from '../../stateless/proof.ts'
import { createStateView } from '../../stateless/stateView.ts'
import { EMPTY_TRIE_ROOT } from '../../stateless/trie.ts'
import { ADDRESSES, extendChain, populatedChain, SLOTS, startChain, stepsArbitrary } from './stateModel.ts'
import { NO_SOURCE, witnessError } from './trieSupport.ts'

const SEED = 8079
const EMPTY = new Uint8Array(0)

const chain = [
  ADDRESSES.slice(0, 18).map((_, address) => ({ kind: 'write', address, nonce: 1n, balance: 7n, code: 1 }) as const),
  SLOTS.slice(0, 12).map(
    (_, slot) => ({ kind: 'writeSlot', address: 2, slot, value: Uint8Array.of(slot + 1) }) as const,
  ),
].reduce(extendChain, startChain())

const HOLDER = ADDRESSES[2] ?? EMPTY
const ABSENT = ADDRESSES[20] ?? EMPTY

describe('account proofs', () => {
  it('show what the state view answers, present or absent, for random states', () => {
    fc.assert(
      fc.property(stepsArbitrary, (steps) => {
        const { source, root } = extendChain(populatedChain(), steps)
        const view = createStateView(source, root)
        for (const address of ADDRESSES) {
          const proof = createAccountProof(source, root, address, SLOTS)
          expect(verifyAccountProof(root, address, proof.accountProof)).toEqual(view.getAccount(address))
          expect(proof.storageProof.map(({ slot }) => slot)).toEqual(SLOTS)
          for (const { slot, value, proof: nodes } of proof.storageProof) {
            expect(verifyStorageProof(proof.storageHash, slot, nodes)).toEqual(view.getStorage(address, slot))
            expect(value).toEqual(view.getStorage(address, slot))
          }
        }
      }),
      { seed: SEED, numRuns: 15 },
    )
  })

  it('have an entry for each asked slot also for an absent account', () => {
    const proof = createAccountProof(chain.source, chain.root, ABSENT, SLOTS.slice(0, 3))
    expect(proof).toMatchObject({ exists: false, nonce: 0n, balance: 0n })
    expect([proof.codeHash, proof.storageHash]).toEqual([EMPTY_CODE_HASH, EMPTY_TRIE_ROOT])
    expect(proof.accountProof.length).toBeGreaterThan(0)
    expect(proof.storageProof).toEqual(SLOTS.slice(0, 3).map((slot) => ({ slot, value: EMPTY, proof: [] })))
  })

  it('are empty in the empty state', () => {
    const proof = createAccountProof(NO_SOURCE, EMPTY_TRIE_ROOT, HOLDER)
    expect([proof.accountProof, proof.storageProof]).toEqual([[], []])
    expect(verifyAccountProof(EMPTY_TRIE_ROOT, HOLDER, [])).toBeUndefined()
  })

  it('fail when the state is not there', () => {
    expect(witnessError(() => createAccountProof(NO_SOURCE, chain.root, HOLDER)).code).toBe('MISSING_NODE')
  })
})

describe('proof nodes', () => {
  it('are those of @ethereumjs/mpt, whose verifier accepts ours', async () => {
    const trie = new MerklePatriciaTrie({ useKeyHashing: true })
    const proof = createAccountProof(chain.source, chain.root, HOLDER, SLOTS)
    for (const { slot, value } of proof.storageProof) if (value.length > 0) await trie.put(slot, value)
    expect(bytesToHex(trie.root())).toBe(bytesToHex(proof.storageHash))
    for (const { slot, proof: nodes } of proof.storageProof) {
      expect(nodes).toEqual(await createMerkleProof(trie, slot))
      const value = await verifyMerkleProof(slot, [...nodes], { useKeyHashing: true, root: proof.storageHash })
      expect(value ?? EMPTY).toEqual(verifyStorageProof(proof.storageHash, slot, nodes))
    }
  })
})

describe('proof verification refuses', () => {
  const proof = createAccountProof(chain.source, chain.root, HOLDER).accountProof
  const key = keccak256(HOLDER)
  const code = (nodes: readonly Uint8Array[], root = chain.root) =>
    witnessError(() => verifyProof(root, key, nodes)).code

  it('a node left out, at any place', () => {
    expect(proof.length).toBeGreaterThan(1)
    for (let i = 0; i < proof.length; i++) expect(code(proof.toSpliced(i, 1))).toBe('MISSING_NODE')
  })

  it('a node too many, in front, between or behind', () => {
    const extra = proof[0] ?? EMPTY
    expect(code([...proof, extra])).toBe('MALFORMED_NODE')
    for (let i = 0; i < proof.length; i++) expect(code(proof.toSpliced(i, 0, new Uint8Array(40)))).toBe('MISSING_NODE')
    expect(witnessError(() => verifyProof(EMPTY_TRIE_ROOT, key, [extra])).code).toBe('MALFORMED_NODE')
  })

  it('nodes in another order', () => {
    expect(code(proof.toReversed())).toBe('MISSING_NODE')
  })

  it('another root', () => {
    expect(code(proof, keccak256(chain.root))).toBe('MISSING_NODE')
  })

  it('a changed bit, wherever it is', () => {
    for (let i = 0; i < proof.length; i++) {
      const node = (proof[i] ?? EMPTY).slice()
      node[node.length >> 1] = (node[node.length >> 1] ?? 0) ^ 1
      expect(code(proof.with(i, node))).toBe('MISSING_NODE')
    }
  })

  it('the proof of another key', () => {
    const other = createAccountProof(chain.source, chain.root, ADDRESSES[9] ?? EMPTY).accountProof
    expect(['MISSING_NODE', 'MALFORMED_NODE']).toContain(code(other))
  })
})
