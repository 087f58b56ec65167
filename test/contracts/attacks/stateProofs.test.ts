import { createMerkleProof, createMPT } from '@ethereumjs/mpt'
import { concatHex, type Hex, hexToBytes, keccak256, numberToHex, pad, toHex } from 'viem'
import { beforeAll, describe, expect, it } from 'vitest'
import { withdrawalVerifier } from '../../../genesis/generated/WithdrawalVerifier.ts'
import { createMessageTree } from '../../../rollup/messages/messages.ts'
import { encodeRlp, type RlpValue } from '../../../stateless/rlp.ts'
import { word } from '../bridge.ts'
import { L2_MESSENGER } from '../setup.ts'
import { type Chain, createChain, type Outcome } from '../vm.ts'
import { accepted, refused } from './support.ts'

/** A verifier alone: whoever calls it may name any state root, so every node on the way can be forged. */
let chain: Chain
let verifier: Hex
beforeAll(async () => {
  chain = await createChain({ chainId: 1 })
  verifier = (await chain.deploy(withdrawalVerifier)).address
})

const LEAVES = Array.from({ length: 3 }, (_, index) => keccak256(word(index)))
const outbox = createMessageTree(LEAVES)
const OUTBOX_ROOT = hexToBytes(outbox.root())
const SLOT_KEY = hexToBytes(keccak256(word(0)))
const ACCOUNT_KEY = hexToBytes(keccak256(L2_MESSENGER))
const EMPTY = new Uint8Array()

const rlp = (value: RlpValue): Uint8Array => encodeRlp(value)
const hash = (node: Uint8Array) => hexToBytes(keccak256(node))
const compact = (flags: number, rest: Uint8Array) => Uint8Array.from([flags, ...rest])
/** nibbles as bytes, two each; the first nibble goes with the flags when their number is odd */
const account = (storageRoot: Uint8Array) => rlp([Uint8Array.of(1), EMPTY, storageRoot, hash(EMPTY)])

type Proof = { root: Uint8Array; accountProof: Uint8Array[]; storageProof: Uint8Array[] }
const verify = ({ root, accountProof, storageProof }: Proof, leaf = LEAVES[1] as Hex, index = 1n): Promise<Outcome> =>
  chain.send(verifier, withdrawalVerifier.abi, 'verifyWithdrawal', [
    toHex(root),
    leaf,
    index,
    outbox.path(1),
    accountProof.map((node) => toHex(node)),
    storageProof.map((node) => toHex(node)),
  ])

/** A state whose only account is the messenger, with these nodes for its storage. */
function withStorage(storageProof: Uint8Array[], storageRoot = hash(storageProof[0] ?? Uint8Array.of(0x80))): Proof {
  const leaf = rlp([compact(0x20, ACCOUNT_KEY), account(storageRoot)])
  return { root: hash(leaf), accountProof: [leaf], storageProof }
}

/** Keys are hashed by the test itself, so that a trie can be given any shape. */
async function trieOf(entries: readonly (readonly [Uint8Array, Uint8Array])[]) {
  const trie = await createMPT()
  for (const [key, value] of entries) await trie.put(key, value)
  return { root: trie.root(), prove: (key: Uint8Array) => createMerkleProof(trie, key) }
}

const VALUE = rlp(OUTBOX_ROOT)
const random = (seed: number) => hexToBytes(keccak256(numberToHex(seed, { size: 8 })))
const others = Array.from({ length: 300 }, (_, index) => [random(index), rlp(random(index + 1_000))] as const)
const NIBBLE = (SLOT_KEY[0] as number) >> 4

const refuses = (error: string, proof: Proof, leaf?: Hex, index?: bigint) =>
  refused(chain, error, () => verify(proof, leaf, index))
const INVALID = 'Mpt_InvalidProof'
const ABSENT = 'WithdrawalVerifier_NotInOutbox'

describe('a true proof', () => {
  let proof: Proof
  beforeAll(async () => {
    const storage = await trieOf([...others, [SLOT_KEY, VALUE]])
    const state = await trieOf([...others, [ACCOUNT_KEY, account(storage.root)]])
    const [accountProof, storageProof] = [await state.prove(ACCOUNT_KEY), await storage.prove(SLOT_KEY)]
    proof = { root: state.root, accountProof, storageProof }
    expect(Math.min(accountProof.length, storageProof.length)).toBeGreaterThan(2)
    await accepted(verify(proof))
  })

  type Nodes = Uint8Array[]
  const BROKEN: [string, (nodes: Nodes) => Nodes][] = [
    ['without nodes', () => []],
    ['without its first node', (nodes) => nodes.slice(1)],
    ['without its last node', (nodes) => nodes.slice(0, -1)],
    ['without a node inside', ([first = EMPTY, , ...rest]) => [first, ...rest]],
    ['with its root again at the end', (nodes) => [...nodes, ...nodes.slice(0, 1)]],
    ['with an empty node at the end', (nodes) => [...nodes, EMPTY]],
    ['with an empty string at the end', (nodes) => [...nodes, Uint8Array.of(0x80)]],
    ['with its first node twice', ([first = EMPTY, ...rest]) => [first, first, ...rest]],
    ['with two nodes swapped', ([first = EMPTY, second = EMPTY, ...rest]) => [second, first, ...rest]],
    ['backwards', (nodes) => [...nodes].reverse()],
    ['with a byte cut off a node', (nodes) => nodes.with(1, (nodes[1] as Uint8Array).slice(0, -1))],
    ['with a byte behind a node', (nodes) => nodes.with(1, Uint8Array.from([...(nodes[1] as Uint8Array), 0]))],
    [
      'with one bit flipped',
      (nodes) =>
        nodes.with(
          -1,
          (nodes.at(-1) as Uint8Array).map((byte, at) => (at === 9 ? byte ^ 1 : byte)),
        ),
    ],
  ]
  it.each(BROKEN)('68 %s', async (_name, change) => {
    await refuses(INVALID, { ...proof, accountProof: change(proof.accountProof) })
    await refuses(INVALID, { ...proof, storageProof: change(proof.storageProof) })
  })

  it('68 under a wrong root', async () => {
    for (const root of [hash(EMPTY), new Uint8Array(32), hash(Uint8Array.of(0x80))])
      await refuses(INVALID, { ...proof, root })
  })

  it('75 of a leaf of nothing beyond the count, of an inner node, of the root', async () => {
    const zero = pad('0x', { size: 32 })
    for (const index of [3n, 2n, 1n, 2n ** 32n - 1n]) await refuses(ABSENT, proof, zero, index)
    // the place beside the third leaf is free: its path is the third leaf itself
    const path = [LEAVES[2] as Hex, keccak256(concatHex([LEAVES[0] as Hex, LEAVES[1] as Hex]))]
    const args = [
      toHex(proof.root),
      zero,
      3n,
      path,
      proof.accountProof.map((n) => toHex(n)),
      proof.storageProof.map((n) => toHex(n)),
    ]
    await refused(chain, ABSENT, () => chain.send(verifier, withdrawalVerifier.abi, 'verifyWithdrawal', args))
    const inner = keccak256(concatHex([LEAVES[0] as Hex, LEAVES[1] as Hex]))
    for (const index of [0n, 1n]) {
      await refuses(ABSENT, proof, inner, index)
      await refuses(ABSENT, proof, toHex(OUTBOX_ROOT), index)
    }
  })
})

describe('a proof that the slot or the account is absent', () => {
  /** a key that shares this many nibbles with the slot's */
  const beside = (key: Uint8Array, nibbles: number): Uint8Array => {
    const copy = Uint8Array.from(key)
    const at = nibbles >> 1
    copy[at] = (copy[at] as number) ^ (nibbles % 2 === 0 ? 0x10 : 0x01)
    return copy
  }
  const SHAPES: [string, (key: Uint8Array) => Uint8Array[]][] = [
    ['an empty branch slot', (key) => [beside(key, 0), beside(beside(key, 0), 63)]],
    ['an empty branch slot deep down', (key) => [beside(key, 4), beside(key, 9), beside(beside(key, 4), 20)]],
    ['a diverging leaf', (key) => [beside(key, 40)]],
    ['a diverging leaf below a branch', (key) => [beside(key, 0), beside(key, 5)]],
    ['a diverging extension', (key) => [beside(key, 3), beside(beside(key, 3), 60)]],
    ['a diverging extension below a branch', (key) => [beside(key, 0), beside(key, 7), beside(beside(key, 7), 62)]],
  ]
  it.each(SHAPES)('70 %s', async (_name, keys) => {
    const storage = await trieOf(keys(SLOT_KEY).map((key) => [key, VALUE]))
    await refuses(ABSENT, withStorage(await storage.prove(SLOT_KEY), storage.root))
    const state = await trieOf(keys(ACCOUNT_KEY).map((key) => [key, account(hash(EMPTY))]))
    const proof = { root: state.root, accountProof: await state.prove(ACCOUNT_KEY), storageProof: [] }
    await refuses(ABSENT, proof)
    // and it is no proof of an account with a storage of its own
    await refuses(INVALID, { ...proof, storageProof: [rlp([compact(0x20, SLOT_KEY), VALUE])] })
  })

  it('71 the proof of a key with a common prefix, under this key', async () => {
    for (const shared of [1, 8, 31, 62, 63]) {
      const neighbour = beside(SLOT_KEY, shared)
      const storage = await trieOf([
        [neighbour, VALUE],
        [beside(SLOT_KEY, 0), VALUE],
      ])
      await refuses(ABSENT, withStorage(await storage.prove(neighbour), storage.root))
      const both = await trieOf([
        [neighbour, VALUE],
        [SLOT_KEY, rlp(random(1))],
      ])
      await refuses(INVALID, withStorage(await both.prove(neighbour), both.root))
    }
  })

  it('74 an account without storage, without code, and with a storage proof that is not its own', async () => {
    const none = hash(Uint8Array.of(0x80))
    await refuses(ABSENT, withStorage([], none))
    for (const nodes of [[Uint8Array.of(0x80)], [rlp([compact(0x20, SLOT_KEY), VALUE])], [EMPTY]]) {
      await refuses(INVALID, withStorage(nodes, none))
    }
  })
})

describe('nodes that no trie contains', () => {
  it('69 the honest leaf is accepted, also with a root that begins with zero bytes', async () => {
    await accepted(verify(withStorage([rlp([compact(0x20, SLOT_KEY), VALUE])])))
  })

  const honest = rlp([compact(0x20, SLOT_KEY), VALUE])
  const FLAGS: [string, RlpValue][] = [
    ['69 a leaf with the flag of an extension', [compact(0x00, SLOT_KEY), OUTBOX_ROOT]],
    ['69 an extension with the flag of a leaf', [compact(0x20, SLOT_KEY.slice(0, 4)), hash(honest)]],
    ['69 an extension over the whole key', [compact(0x00, SLOT_KEY), hash(honest)]],
    ['69 flags above 3', [compact(0x40, SLOT_KEY), VALUE]],
    ['69 a pad nibble that is not zero', [compact(0x21, SLOT_KEY), VALUE]],
    ['69 an extension of no nibbles', [compact(0x00, EMPTY), hash(honest)]],
    ['69 an odd leaf over an even path', [compact(0x30 | ((SLOT_KEY[0] as number) >> 4), SLOT_KEY), VALUE]],
    [
      '69 an extension whose hash is a value of 31 bytes behind 0x9f',
      [compact(0x00, SLOT_KEY.slice(0, 4)), Uint8Array.from([0x9f, ...SLOT_KEY.slice(1)])],
    ],
    ['69 an extension to a child of 31 bytes', [compact(0x00, SLOT_KEY.slice(0, 4)), new Uint8Array(31)]],
    ['69 an extension to a child of 33 bytes', [compact(0x00, SLOT_KEY.slice(0, 4)), new Uint8Array(33)]],
    ['71 a leaf of a shorter path', [compact(0x20, SLOT_KEY.slice(1)), VALUE]],
    ['71 a leaf of a longer path', [compact(0x20, Uint8Array.from([...SLOT_KEY, 1])), VALUE]],
    ['71 a leaf without a path', [EMPTY, VALUE]],
    ['71 a leaf whose path is a list', [[SLOT_KEY.slice(1)], VALUE]],
    ['71 a leaf with an empty value', [compact(0x20, SLOT_KEY), EMPTY]],
    ['71 a leaf with a third item', [compact(0x20, SLOT_KEY), VALUE, VALUE]],
    ['71 one item', [VALUE]],
    ['71 no items', []],
  ]
  it.each(FLAGS)('%s', async (name, items) => {
    const node = rlp(items)
    const error = ['71 one item', '71 no items'].includes(name) ? 'Rlp_Invalid' : INVALID
    await refuses(error, withStorage([node]))
    // with what an extension could lead to
    expect((await verify(withStorage([node, honest]))).ok).toBe(false)
  })

  it('69 a value of 31 bytes behind 0x9f is a value, padded, and nothing else', async () => {
    const short = SLOT_KEY.slice(1)
    const leaf = rlp([compact(0x20, SLOT_KEY), rlp(short)])
    const proof = withStorage([leaf])
    const args = [toHex(proof.root), proof.accountProof.map((n) => toHex(n)), [toHex(leaf)]]
    const root = await chain.read<Hex>(verifier, withdrawalVerifier.abi, 'outboxRoot', args)
    expect(root).toBe(pad(toHex(short), { size: 32 }))
    await refuses(ABSENT, proof)
  })

  type Items = (Uint8Array | RlpValue[])[]
  /** A branch with the true child at its place and two others, then changed. */
  function branch(change: (items: Items) => Items): Uint8Array {
    const items: Items = Array.from({ length: 17 }, () => EMPTY)
    items[NIBBLE] = hash(below)
    items[(NIBBLE + 1) % 16] = random(1)
    items[(NIBBLE + 2) % 16] = random(2)
    return rlp(change(items))
  }
  /** another child at a place that counts from the one on the path */
  const child = (place: number, item: Items[number]) => (items: Items) => items.with((NIBBLE + place) % 16, item)
  const oddPath = Uint8Array.from([0x30 | ((SLOT_KEY[0] as number) & 0x0f), ...SLOT_KEY.slice(1)])
  const below = rlp([oddPath, VALUE])
  const embedded = (): RlpValue[] => [Uint8Array.of(0x31, 2), Uint8Array.of(9)]

  it('72 embedded siblings are skipped, wherever they are', async () => {
    for (const place of [1, 2, 3, 8, 15]) {
      const node = branch(child(place, embedded()))
      await accepted(verify(withStorage([node, below])))
    }
  })

  const BRANCHES: [string, (items: Items) => Items][] = [
    ['71 a value in slot 17', (items) => items.with(16, VALUE)],
    ['71 a value in slot 17 instead of the child', (items) => items.with(NIBBLE, EMPTY).with(16, VALUE)],
    ['71 18 items', (items) => [...items, EMPTY]],
    ['71 16 items', (items) => items.slice(0, -1)],
    ['72 an embedded node on the path', child(0, embedded())],
    ['72 an embedded leaf with the rest of the path', child(0, [oddPath, Uint8Array.of(1)])],
    ['72 a child of 31 bytes', child(0, new Uint8Array(31))],
    ['72 a child of 33 bytes', child(0, new Uint8Array(33))],
    ['72 a sibling of 33 bytes', child(4, new Uint8Array(33))],
    ['72 a sibling of one byte', child(4, Uint8Array.of(5))],
    ['72 a sibling that is an empty list', child(4, [])],
    ['72 an embedded sibling of 32 bytes', child(4, [new Uint8Array(30)])],
    ['72 an embedded sibling of 42 bytes', child(4, [new Uint8Array(40)])],
  ]
  it.each(BRANCHES)('%s', async (_name, change) => {
    const node = branch(change)
    await refuses(INVALID, withStorage([node]))
    await refuses(INVALID, withStorage([node, below]))
  })
})

describe('73 RLP that is not canonical', () => {
  const leafItems = concatHex([toHex(rlp(compact(0x20, SLOT_KEY))), toHex(rlp(VALUE))])
  const length = leafItems.length / 2 - 1
  const path = toHex(rlp(compact(0x20, SLOT_KEY))).slice(2)
  const value = toHex(rlp(VALUE)).slice(2)
  const list = (body: string): Hex => toHex(rlp([{ rawRlp: hexToBytes(`0x${body}`) }]))
  const root = toHex(OUTBOX_ROOT).slice(2)

  const NODES: [string, Hex, string][] = [
    ['a list whose length has a leading zero', `0xf900${length.toString(16)}${path}${value}`, 'Rlp_Invalid'],
    ['a list with bytes behind it', `${list(path + value)}00`, 'Rlp_Invalid'],
    ['a list that ends early', `0xf8${(length - 1).toString(16)}${path}${value}`, 'Rlp_Invalid'],
    ['a list longer than the node', `0xf8${(length + 1).toString(16)}${path}${value}`, 'Rlp_Invalid'],
    ['a list of 2^64 - 1 bytes', `0xffffffffffffffffff${path}${value}`, 'Rlp_Invalid'],
    ['a string for a node', `0xb8${length.toString(16)}${path}${value}`, 'Rlp_Invalid'],
    ['an empty node', '0x', 'Rlp_Invalid'],
    ['a path in the long form', list(`b821${path.slice(2)}${value}`), INVALID],
    ['a value in the long form', list(`${path}b821${value.slice(2)}`), 'Rlp_Invalid'],
    ['a value whose length overflows', list(`${path}bfffffffffffffffff${value}`), 'Rlp_Invalid'],
    ['a value with a byte behind it', list(`${path}${value}00`), INVALID],
    ['a root in the long form', list(`${path}a2b820${root}`), 'Rlp_Invalid'],
    ['a root with a leading zero', list(`${path}a2a100${root}`), INVALID],
    ['a root with bytes behind it', list(`${path}a2a0${root}00`), 'Rlp_Invalid'],
    ['a root of 33 bytes', list(`${path}a2a1${root}01`), INVALID],
    ['a root that is a list', list(`${path}a1e0${root}`), 'Rlp_Invalid'],
    ['a root that is one byte and more bytes', list(`${path}a101${root}`), 'Rlp_Invalid'],
    ['a root that is zero', list(`${path}00`), INVALID],
    ['a root that is one zero byte in a header', list(`${path}8100`), 'Rlp_Invalid'],
    ['a root that is empty', list(`${path}8180`), INVALID],
  ]
  it.each(NODES)('73 %s', async (_name, node, error) => {
    await refuses(error, withStorage([hexToBytes(node)]))
  })

  const ROOT = hash(child())
  function child() {
    return rlp([compact(0x20, SLOT_KEY), VALUE])
  }
  const CODE = hash(EMPTY)
  const ACCOUNTS: [string, Uint8Array, string][] = [
    ['three items', rlp([EMPTY, EMPTY, ROOT]), INVALID],
    ['five items', rlp([EMPTY, EMPTY, ROOT, CODE, EMPTY]), INVALID],
    ['a storage root of 31 bytes', rlp([EMPTY, EMPTY, ROOT.slice(1), CODE]), INVALID],
    [
      'a storage root of 33 bytes and a code hash of 31',
      rlp([EMPTY, EMPTY, Uint8Array.from([...ROOT, 0]), CODE.slice(1)]),
      INVALID,
    ],
    ['a storage root that is a list', rlp([EMPTY, EMPTY, [ROOT.slice(1)], CODE]), INVALID],
    ['roots in another order', rlp([ROOT, CODE, EMPTY, EMPTY]), INVALID],
    ['a string', rlp(ROOT), 'Rlp_Invalid'],
    ['bytes behind it', Uint8Array.from([...account(ROOT), 0]), 'Rlp_Invalid'],
  ]
  it.each(ACCOUNTS)('73 an account with %s', async (_name, encoded, error) => {
    const leaf = rlp([compact(0x20, ACCOUNT_KEY), encoded])
    await refuses(error, { root: hash(leaf), accountProof: [leaf], storageProof: [child()] })
  })
})
