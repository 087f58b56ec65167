import { describe, expect, it } from 'vitest'
import { bytesToHex, concatBytes } from '../../stateless/bytes.ts'
import { keccak256 } from '../../stateless/keccak.ts'
import { encodeRlp, type RlpValue } from '../../stateless/rlp.ts'
import { createTrie } from '../../stateless/trie.ts'
import { branchNode, compact, path, refOf, sourceOfNodes, witnessError } from './trieSupport.ts'

const HASH = new Uint8Array(32).fill(0xaa)
const VALUE = new Uint8Array(40).fill(7)
const KEY = '12345678'

/** Walks KEY in an eight-nibble trie whose root has this RLP; `below` are further nodes. */
function walk(rlp: Uint8Array, ...below: RlpValue[]) {
  const source = sourceOfNodes([rlp, ...below.map((node) => encodeRlp(node))])
  return () => createTrie(source, keccak256(rlp), KEY.length).get(path(KEY))
}

function leaf(digits: string, value: RlpValue = VALUE): RlpValue {
  return [compact(digits, true), value]
}

function extension(digits: string, child: RlpValue): RlpValue {
  return [compact(digits, false), child]
}

/** The whole-node RLP with its list prefix replaced by a long form of `size` length bytes. */
function longForm(rlp: Uint8Array, size: number): Uint8Array {
  const payload = rlp.subarray((rlp[0] ?? 0) <= 0xf7 ? 1 : (rlp[0] ?? 0) - 0xf6)
  const length = Uint8Array.from({ length: size }, (_, i) => Math.floor(payload.length / 256 ** (size - 1 - i)) & 0xff)
  return concatBytes([Uint8Array.of(0xf7 + size), length, payload])
}

/** A node whose first item is the given RLP. */
function nodeOf(...items: Uint8Array[]): Uint8Array {
  return encodeRlp(items.map((rawRlp) => ({ rawRlp })))
}

const good = encodeRlp(leaf(KEY))
const twoChildren = { 1: HASH, 9: HASH }

const refused: [string, Uint8Array, ...RlpValue[]][] = [
  ['no bytes', new Uint8Array(0)],
  ['a byte string', encodeRlp(VALUE)],
  ['an empty list', encodeRlp([])],
  ['a list of one', encodeRlp([compact(KEY, true)])],
  ['a list of three', encodeRlp([compact(KEY, true), VALUE, VALUE])],
  ['a list of sixteen', encodeRlp(Array.from({ length: 16 }, () => HASH))],
  ['a list of eighteen', encodeRlp([...branchNode(twoChildren), new Uint8Array(0)])],
  ['a byte behind the list', concatBytes([good, Uint8Array.of(0)])],
  ['a list cut short', good.subarray(0, good.length - 1)],
  ['a long list prefix for a short list', longForm(good, 1)],
  ['a list length with a leading zero', longForm(encodeRlp(branchNode(twoChildren)), 2)],
  ['a list length of nine bytes', concatBytes([Uint8Array.of(0xff, 0, 0, 0, 0, 0, 0, 0), good])],
  ['a path in needless long form', nodeOf(concatBytes([Uint8Array.of(0xb8, 5), compact(KEY, true)]), encodeRlp(VALUE))],
  ['a one-byte path with a prefix', nodeOf(Uint8Array.of(0x81, 0x31), encodeRlp(HASH))],
  ['an empty path item', encodeRlp([new Uint8Array(0), VALUE])],
  ['a path that is a list', encodeRlp([[compact(KEY, true)], VALUE])],
  ['path flag 4', encodeRlp([Uint8Array.of(0x40, 0x12, 0x34, 0x56, 0x78), VALUE])],
  ['path flag 15', encodeRlp([Uint8Array.of(0xf1, 0x23, 0x45, 0x67), VALUE])],
  ['a padding nibble that is not zero', encodeRlp([Uint8Array.of(0x21, 0x12, 0x34, 0x56, 0x78), VALUE])],
  ['a leaf without a value', encodeRlp(leaf(KEY, new Uint8Array(0)))],
  ['a leaf whose value is a list', encodeRlp(leaf(KEY, [VALUE]))],
  ['a leaf that ends before its key', encodeRlp(leaf('1234567'))],
  ['a leaf that goes on behind its key', encodeRlp(leaf('123456789'))],
  ['an extension with an empty path', encodeRlp(extension('', HASH))],
  ['an extension as long as a key', encodeRlp(extension(KEY, HASH))],
  ['an extension without a child', encodeRlp(extension('12', new Uint8Array(0)))],
  ['an extension to 31 bytes', encodeRlp(extension('12', HASH.subarray(1)))],
  ['an extension to 33 bytes', encodeRlp(extension('12', new Uint8Array(33).fill(0xaa)))],
  ['an extension to an embedded leaf', encodeRlp(extension('12', leaf('345678', Uint8Array.of(1))))],
  ['a child reference of 3 bytes', encodeRlp(branchNode({ ...twoChildren, 5: Uint8Array.of(0xaa, 0xbb, 0xcc) }))],
  ['a child reference of 1 byte', encodeRlp(branchNode({ ...twoChildren, 5: Uint8Array.of(0x12) }))],
  [
    'an embedded child of 32 bytes',
    encodeRlp(branchNode({ ...twoChildren, 5: leaf('2345678', new Uint8Array(25).fill(9)) })),
  ],
  ['an embedded child of bad form', encodeRlp(branchNode({ ...twoChildren, 5: [] }))],
  [
    'an embedded leaf of a wrong length',
    encodeRlp(branchNode({ ...twoChildren, 5: leaf('234567', Uint8Array.of(1)) })),
  ],
  ['a branch with a value', encodeRlp(branchNode(twoChildren, VALUE))],
  ['a branch with a list for a value', encodeRlp(branchNode(twoChildren, []))],
  ['a branch with one child', encodeRlp(branchNode({ 1: HASH }))],
  ['a branch with no child', encodeRlp(branchNode({}))],
]

describe('strict node decoding refuses', () => {
  it.each(refused)('%s', (_, rlp) => {
    const { code, data } = witnessError(walk(rlp))
    expect(code).toBe('MALFORMED_NODE')
    expect(data.hash).toBe(bytesToHex(keccak256(rlp)))
  })

  it('an extension above an extension, by hash', () => {
    const inner = extension('34', HASH)
    const below = extension('3456', refOf(branchNode(twoChildren)))
    expect(witnessError(walk(encodeRlp(extension('12', keccak256(encodeRlp(below)))), below)).code).toBe(
      'MALFORMED_NODE',
    )
    expect(witnessError(walk(encodeRlp(extension('12', keccak256(encodeRlp(inner)))), inner)).code).toBe(
      'MALFORMED_NODE',
    )
  })

  it('an extension above a leaf, by hash', () => {
    const below = leaf('345678')
    expect(witnessError(walk(encodeRlp(extension('12', refOf(below))), below)).code).toBe('MALFORMED_NODE')
  })

  it('a node shorter than 32 bytes that is referred to by its hash', () => {
    const short = leaf('2345678', Uint8Array.of(1))
    const rlp = encodeRlp(branchNode({ 1: keccak256(encodeRlp(short)), 9: HASH }))
    expect(witnessError(walk(rlp, short)).code).toBe('MALFORMED_NODE')
  })

  it('a good node at another depth than its own', () => {
    const below = leaf('2345678')
    expect(walk(encodeRlp(branchNode({ 1: refOf(below), 9: HASH })), below)()).toEqual(VALUE)
    const deeper = branchNode({ 2: refOf(below), 9: HASH })
    expect(witnessError(walk(encodeRlp(branchNode({ 1: refOf(deeper), 9: HASH })), deeper, below)).code).toBe(
      'MALFORMED_NODE',
    )
  })
})

describe('strict node decoding accepts', () => {
  it('a leaf at the root', () => {
    expect(walk(good)()).toEqual(VALUE)
  })

  it('an embedded leaf of 31 bytes and a hashed one of 32', () => {
    const value = new Uint8Array(24).fill(9)
    const embedded = leaf('2345678', value)
    expect(encodeRlp(embedded).length).toBe(31)
    expect(walk(encodeRlp(branchNode({ 1: embedded, 9: HASH })))()).toEqual(value)
    const hashed = leaf('2345678', new Uint8Array(25).fill(9))
    expect(encodeRlp(hashed).length).toBe(32)
    expect(walk(encodeRlp(branchNode({ 1: refOf(hashed), 9: HASH })), hashed)()).toEqual(new Uint8Array(25).fill(9))
  })

  it('an embedded branch under an extension', () => {
    const branch = branchNode({ 8: leaf('', Uint8Array.of(1)), 9: leaf('', Uint8Array.of(2)) })
    expect(encodeRlp(branch).length).toBeLessThan(32)
    expect(walk(encodeRlp(extension('1234567', branch)))()).toEqual(Uint8Array.of(1))
  })

  it('branch values that are empty, and nothing else about them', () => {
    expect(walk(encodeRlp(branchNode({ 2: HASH, 9: HASH })))()).toBeUndefined()
  })
})

describe('hostile depth', () => {
  it('ends where keys end, however deep the nodes go on', () => {
    const nodes: RlpValue[] = []
    let ref: RlpValue = HASH
    for (let i = 0; i < 500; i++) {
      const node = branchNode({ 0: ref, 1: HASH })
      nodes.push(node)
      ref = refOf(node)
    }
    const source = sourceOfNodes(nodes.map((node) => encodeRlp(node)))
    const top = encodeRlp(nodes[nodes.length - 1] ?? [])
    const { code, data } = witnessError(() => createTrie(source, keccak256(top)).get(new Uint8Array(64)))
    expect([code, data.rule]).toEqual(['MALFORMED_NODE', 'branch below the end of keys'])
  })

  it('is bounded inside one node: lists in lists are refused', () => {
    let nested: RlpValue = []
    for (let i = 0; i < 30; i++) nested = [nested]
    expect(witnessError(walk(encodeRlp(branchNode({ 1: nested, 9: HASH })))).code).toBe('MALFORMED_NODE')
    expect(witnessError(walk(encodeRlp(extension('12', nested)))).code).toBe('MALFORMED_NODE')
  })
})
