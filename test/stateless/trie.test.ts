import { MerklePatriciaTrie } from '@ethereumjs/mpt'
import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { bytesToHex } from '../../stateless/bytes.ts'
import { keccak256 } from '../../stateless/keccak.ts'
import { toNibbles } from '../../stateless/nibbles.ts'
import { encodeRlp, type RlpValue } from '../../stateless/rlp.ts'
import { createTrie, EMPTY_TRIE_ROOT, type TrieEdit } from '../../stateless/trie.ts'
import type { NodeSource } from '../../stateless/types.ts'
import { branchNode, compact, NO_SOURCE, path, refOf, sourceOf, witnessError } from './trieSupport.ts'

const SEED = 8079
const RUNS = process.env.REENACT_FULL === '1' ? 500 : 60

const EMPTY = new Uint8Array(0)

/** Keys as they are given to both tries, and the path that our trie walks for them. */
type KeySpace = { keyBytes: number; hashed: boolean; keys: readonly Uint8Array[] }

const hashedKeys: KeySpace = {
  keyBytes: 32,
  hashed: true,
  keys: Array.from({ length: 250 }, (_, n) => Uint8Array.of(n >> 4, n)),
}
/** Two-byte keys close together: nodes of a few bytes, embedded in each other, and constant collapsing. */
const shortKeys: KeySpace = {
  keyBytes: 2,
  hashed: false,
  keys: Array.from({ length: 96 }, (_, n) => Uint8Array.of(n & 3 ? n & 0x13 : n, (n * 37) & 0xf7)),
}
/** 32-byte keys that agree in up to 63 nibbles. */
const longPrefixKeys: KeySpace = {
  keyBytes: 32,
  hashed: false,
  keys: Array.from({ length: 120 }, (_, n) => {
    const key = new Uint8Array(32).fill(0x11)
    key[31 - (n % 30)] = 0x10 + (n >> 3)
    key[31] = (key[31] ?? 0) ^ (n & 1)
    return key
  }),
}

function pathOf(space: KeySpace, key: Uint8Array): Uint8Array {
  return toNibbles(space.hashed ? keccak256(key) : key)
}

type Operation = { index: number; value: Uint8Array }

function batchesOf(space: KeySpace) {
  const operation = fc.record({
    index: fc.nat({ max: space.keys.length - 1 }),
    value: fc.oneof(
      { weight: 2, arbitrary: fc.uint8Array({ minLength: 1, maxLength: 3 }) },
      { weight: 2, arbitrary: fc.uint8Array({ minLength: 1, maxLength: 70 }) },
      { weight: 3, arbitrary: fc.constant(EMPTY) },
    ),
  })
  return fc.array(fc.array(operation, { maxLength: 60, size: 'max' }), { minLength: 2, maxLength: 6, size: 'max' })
}

/** Both tries through the same batches; ours starts each batch from nothing but its root and its stored nodes. */
async function compareWithMpt(space: KeySpace, batches: readonly (readonly Operation[])[]): Promise<void> {
  const theirs = new MerklePatriciaTrie({ useKeyHashing: space.hashed })
  const nodes = new Map<string, Uint8Array>()
  const model = new Map<string, Uint8Array>()
  let root = EMPTY_TRIE_ROOT
  for (const batch of batches) {
    const edit = createTrie(sourceOf(nodes), root, space.keyBytes * 2).edit()
    for (const operation of batch) {
      const key = space.keys[operation.index] ?? EMPTY
      if (operation.value.length === 0) await theirs.del(key)
      else await theirs.put(key, operation.value)
      applyTo(edit, pathOf(space, key), operation.value)
      model.set(bytesToHex(key), operation.value)
    }
    root = edit.commit(nodes).root
    expect(bytesToHex(root)).toBe(bytesToHex(theirs.root()))
    const stored = createTrie(sourceOf(nodes), root, space.keyBytes * 2)
    for (const key of space.keys) {
      expect(stored.get(pathOf(space, key)) ?? EMPTY).toEqual(model.get(bytesToHex(key)) ?? EMPTY)
    }
  }
}

function applyTo(edit: TrieEdit, at: Uint8Array, value: Uint8Array): void {
  if (value.length === 0) edit.delete(at)
  else edit.put(at, value)
}

describe('partial trie against @ethereumjs/mpt', () => {
  it.each([
    ['hashed keys', hashedKeys],
    ['embedded nodes', shortKeys],
    ['long shared prefixes', longPrefixKeys],
  ])('same roots and values through batches of random operations: %s', async (_, space) => {
    await fc.assert(
      fc.asyncProperty(batchesOf(space), (batches) => compareWithMpt(space, batches)),
      { seed: SEED, numRuns: RUNS },
    )
  })
})

const LONG = new Uint8Array(40).fill(7)

/** A trie of four-nibble keys, stored. */
function trieOf(entries: Readonly<Record<string, Uint8Array>>): { root: Uint8Array; nodes: Map<string, Uint8Array> } {
  const nodes = new Map<string, Uint8Array>()
  const edit = createTrie(NO_SOURCE, EMPTY_TRIE_ROOT, 4).edit()
  for (const [digits, value] of Object.entries(entries)) edit.put(path(digits), value)
  return { root: edit.commit(nodes).root, nodes }
}

function rootOf(node: RlpValue): string {
  return bytesToHex(keccak256(encodeRlp(node)))
}

function leaf(digits: string, value: Uint8Array): RlpValue {
  return [compact(digits, true), value]
}

function extension(digits: string, child: RlpValue): RlpValue {
  return [compact(digits, false), refOf(child)]
}

describe('shapes', () => {
  it('has one leaf for one key', () => {
    expect(bytesToHex(trieOf({ '1234': LONG }).root)).toBe(rootOf(leaf('1234', LONG)))
  })

  it('puts an extension above a branch, children by hash or embedded', () => {
    const { root } = trieOf({ '1234': LONG, '1299': Uint8Array.of(5) })
    const branch = branchNode({ 3: refOf(leaf('4', LONG)), 9: leaf('9', Uint8Array.of(5)) })
    expect(bytesToHex(root)).toBe(rootOf(extension('12', branch)))
  })

  it('has leaves with an empty path at the last nibble', () => {
    const { root } = trieOf({ '1231': LONG, '1232': LONG })
    const child = refOf(leaf('', LONG))
    expect(bytesToHex(root)).toBe(rootOf(extension('123', branchNode({ 1: child, 2: child }))))
  })

  it('splits an extension at its end, in its middle and at its start', () => {
    const pair = { '1231': LONG, '1232': LONG }
    const inner = branchNode({ 1: refOf(leaf('', LONG)), 2: refOf(leaf('', LONG)) })
    const end = branchNode({ 3: refOf(inner), 4: refOf(leaf('1', LONG)) })
    expect(bytesToHex(trieOf({ ...pair, '1241': LONG }).root)).toBe(rootOf(extension('12', end)))
    const middle = branchNode({ 2: refOf(extension('3', inner)), 9: refOf(leaf('31', LONG)) })
    expect(bytesToHex(trieOf({ ...pair, '1931': LONG }).root)).toBe(rootOf(extension('1', middle)))
    const start = branchNode({ 1: refOf(extension('23', inner)), 9: refOf(leaf('231', LONG)) })
    expect(bytesToHex(trieOf({ ...pair, '9231': LONG }).root)).toBe(rootOf(start))
  })
})

/** Deletes `digits` from a stored trie and says which nodes had to be there. */
function deleteFrom(
  stored: { root: Uint8Array; nodes: Map<string, Uint8Array> },
  ...keys: string[]
): { root: string; fetched: Set<string>; added: number } {
  const fetched = new Set<string>()
  const source: NodeSource = {
    getNode: (hash) => {
      fetched.add(hash)
      return stored.nodes.get(hash)
    },
    getCode: () => undefined,
  }
  const edit = createTrie(source, stored.root, 4).edit()
  for (const key of keys) edit.delete(path(key))
  const added = new Map<string, Uint8Array>()
  return { root: bytesToHex(edit.commit(added).root), fetched, added: added.size }
}

describe('delete', () => {
  it('merges a surviving leaf into the branch above it', () => {
    const stored = trieOf({ '1234': LONG, '1299': LONG })
    const { root, fetched } = deleteFrom(stored, '1299')
    expect(root).toBe(rootOf(leaf('1234', LONG)))
    expect(fetched).toContain(rootOf(leaf('4', LONG)))
  })

  it('merges a surviving extension, keeping what is below it unread', () => {
    const stored = trieOf({ '1231': LONG, '1232': LONG, '1931': LONG })
    const inner = branchNode({ 1: refOf(leaf('', LONG)), 2: refOf(leaf('', LONG)) })
    const { root, fetched } = deleteFrom(stored, '1931')
    expect(root).toBe(rootOf(extension('123', inner)))
    expect(fetched).toContain(rootOf(extension('3', inner)))
    expect(fetched).not.toContain(rootOf(inner))
  })

  it('puts an extension above a surviving branch, which it must have seen', () => {
    const stored = trieOf({ '1231': LONG, '1232': LONG, '1241': LONG })
    const inner = branchNode({ 1: refOf(leaf('', LONG)), 2: refOf(leaf('', LONG)) })
    const { root, fetched } = deleteFrom(stored, '1241')
    expect(root).toBe(rootOf(extension('123', inner)))
    expect(fetched).toContain(rootOf(inner))
  })

  it('needs no sibling while two children are left', () => {
    const stored = trieOf({ '1134': LONG, '2299': LONG, '3333': LONG })
    const { fetched } = deleteFrom(stored, '3333')
    expect(fetched.size).toBe(2)
  })

  it('collapses an embedded sibling without a lookup', () => {
    const stored = trieOf({ '1231': Uint8Array.of(1), '1232': Uint8Array.of(2) })
    expect(stored.nodes.size).toBe(1)
    expect(deleteFrom(stored, '1232').root).toBe(rootOf(leaf('1231', Uint8Array.of(1))))
  })

  it('collapses several levels in one go', () => {
    const stored = trieOf({ '1111': LONG, '1112': LONG, '1121': LONG, '1211': LONG, '2111': LONG })
    expect(deleteFrom(stored, '1112', '1121', '1211', '2111').root).toBe(rootOf(leaf('1111', LONG)))
  })

  it('gives the empty root when nothing is left', () => {
    const stored = trieOf({ '1234': LONG, '1299': LONG })
    expect(deleteFrom(stored, '1234', '1299').root).toBe(bytesToHex(EMPTY_TRIE_ROOT))
  })

  it('of an absent key changes nothing and makes no node', () => {
    const stored = trieOf({ '1234': LONG, '1299': LONG, '2000': LONG })
    for (const key of ['1235', '1300', '3000', '1239', '2001']) {
      expect(deleteFrom(stored, key)).toMatchObject({ root: bytesToHex(stored.root), added: 0 })
    }
    expect(deleteFrom({ root: EMPTY_TRIE_ROOT, nodes: new Map() }, '1234').root).toBe(bytesToHex(EMPTY_TRIE_ROOT))
  })
})

describe('edits', () => {
  const stored = trieOf({ '1231': LONG, '1232': LONG, '1931': LONG })

  it('leave the trie they start from as it was, and each other alone', () => {
    const base = createTrie(sourceOf(stored.nodes), stored.root, 4)
    const first = base.edit()
    const second = base.edit()
    first.put(path('1231'), Uint8Array.of(1))
    first.delete(path('1931'))
    second.put(path('1233'), Uint8Array.of(2))
    expect(base.get(path('1231'))).toEqual(LONG)
    expect(base.get(path('1931'))).toEqual(LONG)
    const fresh = createTrie(sourceOf(stored.nodes), stored.root, 4).edit()
    fresh.put(path('1233'), Uint8Array.of(2))
    expect(second.commit(new Map()).root).toEqual(fresh.commit(new Map()).root)
    first.commit(new Map())
    expect(base.get(path('1233'))).toBeUndefined()
    expect(base.edit().commit(new Map()).root).toEqual(stored.root)
  })

  it('return only nodes reachable from the new root, and not the old ones', () => {
    const edit = createTrie(sourceOf(stored.nodes), stored.root, 4).edit()
    for (let i = 0; i < 50; i++) edit.put(path('1233'), Uint8Array.of(i + 1))
    const added = new Map<string, Uint8Array>()
    const { root } = edit.commit(added)
    const reached = new Set<string>()
    const source: NodeSource = {
      getNode: (hash) => {
        reached.add(hash)
        return added.get(hash) ?? stored.nodes.get(hash)
      },
      getCode: () => undefined,
    }
    const after = createTrie(source, root, 4)
    for (const key of ['1231', '1232', '1233', '1931']) after.get(path(key))
    for (const hash of added.keys()) {
      expect(reached).toContain(hash)
      expect(stored.nodes.has(hash)).toBe(false)
    }
    expect(added.size).toBeGreaterThan(0)
  })

  it('that write what is there change nothing', () => {
    const edit = createTrie(sourceOf(stored.nodes), stored.root, 4).edit()
    edit.put(path('1931'), LONG)
    const added = new Map<string, Uint8Array>()
    expect(edit.commit(added).root).toEqual(stored.root)
    expect(added.size).toBe(0)
  })

  it('may go on after a commit', () => {
    const edit = createTrie(sourceOf(stored.nodes), stored.root, 4).edit()
    const nodes = new Map(stored.nodes)
    edit.put(path('1233'), LONG)
    edit.commit(nodes)
    edit.delete(path('1233'))
    expect(edit.commit(nodes).root).toEqual(stored.root)
  })

  it('refuse an empty value, which would be a delete', () => {
    const edit = createTrie(NO_SOURCE, EMPTY_TRIE_ROOT, 4).edit()
    expect(() => edit.put(path('1234'), EMPTY)).toThrow('an empty value is a delete')
  })
})

describe('missing nodes', () => {
  const stored = trieOf({ '1231': LONG, '1232': LONG, '1931': LONG })
  const without = (node: RlpValue) => {
    const nodes = new Map(stored.nodes)
    expect(nodes.delete(rootOf(node))).toBe(true)
    return createTrie(sourceOf(nodes), stored.root, 4)
  }
  const inner = branchNode({ 1: refOf(leaf('', LONG)), 2: refOf(leaf('', LONG)) })

  it('are named with their hash and the path walked so far', () => {
    const trie = without(inner)
    const { code, data } = witnessError(() => trie.get(path('1231')))
    expect([code, data.hash, data.path]).toEqual(['MISSING_NODE', rootOf(inner), '123'])
  })

  it('are never taken for an absent key', () => {
    const trie = without(inner)
    expect(witnessError(() => trie.get(path('1239'))).code).toBe('MISSING_NODE')
    expect(witnessError(() => trie.edit().put(path('1239'), LONG)).code).toBe('MISSING_NODE')
    expect(witnessError(() => trie.edit().delete(path('1239'))).code).toBe('MISSING_NODE')
    const noRoot = createTrie(NO_SOURCE, stored.root, 4)
    const { code, data } = witnessError(() => noRoot.get(path('1231')))
    expect([code, data.path]).toEqual(['MISSING_NODE', ''])
  })

  it('do not matter off the path', () => {
    const trie = without(inner)
    expect(trie.get(path('1931'))).toEqual(LONG)
    expect(trie.get(path('1241'))).toBeUndefined()
    expect(trie.get(path('2000'))).toBeUndefined()
  })

  it('matter as the survivor of a collapsing branch, named with its own path', () => {
    const pair = trieOf({ '1234': LONG, '1299': LONG })
    const nodes = new Map(pair.nodes)
    nodes.delete(rootOf(leaf('4', LONG)))
    const { code, data } = witnessError(() => createTrie(sourceOf(nodes), pair.root, 4).edit().delete(path('1299')))
    expect([code, data.path]).toEqual(['MISSING_NODE', '123'])
  })
})

describe('entries', () => {
  test.each([
    ['hashed keys', hashedKeys],
    ['short keys', shortKeys],
    ['long prefixes', longPrefixKeys],
  ])('%s: ascending from any path on', (_, space) => {
    const nodes = new Map<string, Uint8Array>()
    const paths = new Map(space.keys.map((key) => [bytesToHex(pathOf(space, key)), key]))
    const edit = createTrie(NO_SOURCE, EMPTY_TRIE_ROOT, space.keyBytes * 2).edit()
    for (const key of space.keys) edit.put(pathOf(space, key), encodeRlp(key))
    const trie = createTrie(sourceOf(nodes), edit.commit(nodes).root, space.keyBytes * 2)
    const all = [...paths.keys()].sort()
    const starts = all.filter((_, i) => i % 7 === 0).map((start) => Uint8Array.from(Buffer.from(start, 'hex')))
    for (const start of [...starts, new Uint8Array(space.keyBytes * 2), new Uint8Array(space.keyBytes * 2).fill(15)]) {
      const found = [...trie.entries(start)].map(([at, value]) => [bytesToHex(at), bytesToHex(value)])
      const wanted = all.filter((at) => at >= bytesToHex(start))
      expect(found).toEqual(wanted.map((at) => [at, bytesToHex(encodeRlp(paths.get(at) ?? EMPTY))]))
    }
  })

  it('of an empty trie are none', () => {
    expect([...createTrie(NO_SOURCE, EMPTY_TRIE_ROOT, 4).entries(path('0000'))]).toEqual([])
  })
})
