import { bytesEqual, concatBytes } from '../../../stateless/bytes.ts'
import { keccak256 } from '../../../stateless/keccak.ts'
import { decodeRlpList, encodeRlp } from '../../../stateless/rlp.ts'
import { payloadStart } from '../../../stateless/trieNode.ts'
import type { Random } from './random.ts'

/** Nodes from the root down. */
export type Proof = readonly Uint8Array[]
/** A node as its items, each with its RLP header; undefined for bytes that are no node. */
type Items = Uint8Array[]

const EMPTY = Uint8Array.of(0x80)

export function itemsOf(node: Uint8Array): Items | undefined {
  try {
    return decodeRlpList(node).map(({ raw }) => raw)
  } catch {
    return undefined
  }
}

export const listOf = (items: readonly Uint8Array[]): Uint8Array => encodeRlp(items.map((rawRlp) => ({ rawRlp })))

const text = (payload: Uint8Array): Uint8Array => encodeRlp(payload)
const payloadOf = (item: Uint8Array): Uint8Array => item.subarray(payloadStart(item, 0))

/**
 * Puts `nodes` in place of the node at `at` and mends the hashes above, so that all of it hangs together under a new root.
 * The root is that of the first node.
 */
export function mend(proof: Proof, at: number, nodes: Proof): { root: Uint8Array; proof: Proof } {
  const forged = [...proof.slice(0, at), ...nodes, ...proof.slice(at + 1)]
  for (let i = at - 1; i >= 0; i--) {
    const [node, old, child] = [proof[i], proof[i + 1], forged[i + 1]]
    if (node === undefined || old === undefined || child === undefined) break
    forged[i] = replaced(node, keccak256(old), keccak256(child))
  }
  return { root: keccak256(forged[0] ?? new Uint8Array()), proof: forged }
}

function replaced(node: Uint8Array, old: Uint8Array, next: Uint8Array): Uint8Array {
  const position = Buffer.from(node).indexOf(old)
  if (position === -1) return node
  const out = node.slice()
  out.set(next, position)
  return out
}

type NodeForgery = (items: Items, random: Random) => Proof | undefined

const isShort = (items: Items) => items.length === 2
const isBranch = (items: Items) => items.length === 17
const withItem = (items: Items, at: number, item: Uint8Array): Proof => [
  listOf(items.map((old, i) => (i === at ? item : old))),
]

/** The header of a list or string in a longer form than needed. */
function longer(item: Uint8Array, random: Random): Uint8Array {
  const payload = payloadOf(item)
  const base = (item[0] ?? 0) >= 0xc0 ? 0xf7 : 0xb7
  const length = payload.length
  const digits = random.chance(0.5) ? [length >> 8, length & 0xff] : [length & 0xff]
  return concatBytes([Uint8Array.of(base + digits.length, ...digits), payload])
}

function changedPath(items: Items, change: (path: Uint8Array) => Uint8Array): Proof | undefined {
  const [path, value] = items
  if (!isShort(items) || path === undefined || value === undefined) return undefined
  return [listOf([text(change(payloadOf(path).slice())), value])]
}

const first = (path: Uint8Array, change: (byte: number) => number): Uint8Array => {
  path[0] = change(path[0] ?? 0) & 0xff
  return path
}

/** A leaf or extension in two pieces: an extension of the first nibbles above a node with the rest. */
const splitShort: NodeForgery = (items, random) => {
  const [path, value] = items
  if (!isShort(items) || path === undefined || value === undefined) return undefined
  const bytes = payloadOf(path)
  const odd = ((bytes[0] ?? 0) >> 4) & 1
  const leaf = (bytes[0] ?? 0) & 0x20
  const count = (bytes.length - 1) * 2 + odd
  if (count < 2) return undefined
  const nibbles = [...Buffer.from(bytes).toString('hex')].slice(2 - odd)
  const cut = random.between(1, count - 1)
  const compact = (part: string[], flag: number) => {
    const head = part.length % 2 === 1 ? `${((flag >> 4) | 1).toString(16)}` : `${(flag >> 4).toString(16)}0`
    return Uint8Array.from(Buffer.from(head + part.join(''), 'hex'))
  }
  const lower = listOf([text(compact(nibbles.slice(cut), leaf)), value])
  return [listOf([text(compact(nibbles.slice(0, cut), 0)), text(keccak256(lower))]), lower]
}

const CHILDREN: ((random: Random) => Uint8Array)[] = [
  () => EMPTY,
  () => Uint8Array.of(0xc0),
  (random) => Uint8Array.of(random.int(0x80)),
  (random) => text(random.bytes(31)),
  (random) => text(random.bytes(33)),
  (random) => text(random.bytes(32)),
  (random) => encodeRlp([random.bytes(random.between(1, 4)), random.bytes(random.between(1, 4))]),
  (random) => encodeRlp([Uint8Array.of(0x20), random.bytes(5)]),
  (random) => encodeRlp([random.bytes(20), random.bytes(20)]),
]

const VALUES: ((random: Random, old: Uint8Array) => Uint8Array)[] = [
  () => EMPTY,
  () => Uint8Array.of(0xc0),
  () => encodeRlp([Uint8Array.of(1), Uint8Array.of(2)]),
  (random) => text(random.bytes(32)),
  (random) => text(encodeRlp(random.bytes(random.between(1, 33)))),
  (random) => text(Uint8Array.of(0x82, 0, random.int(256))),
  (random, old) => longer(old, random),
  (random, old) => text(concatBytes([payloadOf(old), random.bytes(random.between(1, 3))])),
  (_, old) => text(concatBytes([Uint8Array.of(0), payloadOf(old)])),
  (random) => Uint8Array.of(0x81, random.int(0x80)),
]

/** Ways to change one node; each gives the nodes that take its place, undefined when the node is of another kind. */
export const NODE_FORGERIES: Record<string, NodeForgery> = {
  'path flag': (items, random) =>
    changedPath(items, (path) => first(path, (byte) => (byte & 15) | (random.int(16) << 4))),
  'pad nibble': (items, random) => changedPath(items, (path) => first(path, (byte) => byte ^ random.between(1, 15))),
  'leaf for extension': (items) => changedPath(items, (path) => first(path, (byte) => byte ^ 0x20)),
  'longer path': (items, random) => changedPath(items, (path) => concatBytes([path, random.bytes(1)])),
  'shorter path': (items) => changedPath(items, (path) => path.slice(0, -1)),
  'path nibble': (items, random) =>
    changedPath(items, (path) => {
      const at = random.int(path.length)
      path[at] = (path[at] ?? 0) ^ (1 << random.int(4))
      return path
    }),
  'split path': splitShort,
  'other value': (items, random) => {
    const [path, value] = items
    if (!isShort(items) || path === undefined || value === undefined) return undefined
    return withItem(items, 1, random.pick(VALUES)(random, value))
  },
  'value in a branch': (items, random) =>
    isBranch(items) ? withItem(items, 16, random.chance(0.5) ? Uint8Array.of(1) : text(random.bytes(32))) : undefined,
  'other child': (items, random) =>
    isBranch(items) ? withItem(items, random.int(16), random.pick(CHILDREN)(random)) : undefined,
  'swapped children': (items, random) => {
    if (!isBranch(items)) return undefined
    const [a, b] = [random.int(16), random.int(16)]
    return [listOf(items.map((item, i) => (i === a ? items[b] : i === b ? items[a] : item) ?? item))]
  },
  'few children': (items, random) => {
    const full = items.flatMap((item, i) => (i < 16 && item.length > 1 ? [i] : []))
    const kept = random.chance(0.8) ? random.pickMaybe(full) : undefined
    return isBranch(items) ? [listOf(items.map((item, i) => (i === kept ? item : EMPTY)))] : undefined
  },
  'item more': (items, random) => [listOf([...items, random.chance(0.5) ? EMPTY : text(random.bytes(32))])],
  'item less': (items) => [listOf(items.slice(0, -1))],
  'long list header': (items, random) => [longer(listOf(items), random)],
  'long item header': (items, random) => {
    const at = random.int(items.length)
    const item = items[at]
    return item === undefined ? undefined : withItem(items, at, longer(item, random))
  },
  'trailing bytes': (items, random) => [concatBytes([listOf(items), random.bytes(random.between(1, 4))])],
  'flipped bit': (items, random) => {
    const node = listOf(items)
    const at = random.int(node.length)
    node[at] = (node[at] ?? 0) ^ (1 << random.int(8))
    return [node]
  },
  'cut off': (items, random) => {
    const node = listOf(items)
    return [node.slice(0, random.int(node.length))]
  },
}

/** Ways to change which nodes a proof has, without changing any; `other` is the proof of another key. */
export const LIST_MUTATIONS: Record<string, (proof: Proof, other: Proof, random: Random) => Proof> = {
  drop: (proof, _, random) => proof.filter((__, i) => i !== random.int(proof.length)),
  double: (proof, _, random) => insertAt(proof, random.int(proof.length + 1), random.pickMaybe(proof)),
  swap: (proof) => proof.toReversed(),
  'of another key': (_, other) => other,
  'other end': (proof, other, random) => {
    const cut = random.int(Math.max(proof.length, other.length) + 1)
    return [...proof.slice(0, cut), ...other.slice(cut)]
  },
  'extra node': (proof, other, random) =>
    insertAt(proof, random.int(proof.length + 1), random.pick([Uint8Array.of(0xc0), EMPTY, ...other])),
  'embedded node too': (proof, _, random) => {
    const last = proof.at(-1)
    const embedded = (last === undefined ? [] : (itemsOf(last) ?? [])).filter(
      (item) => (item[0] ?? 0) >= 0xc0 && !bytesEqual(item, EMPTY),
    )
    const chosen = random.pickMaybe(embedded)
    return chosen === undefined ? proof : [...proof, chosen]
  },
}

function insertAt(proof: Proof, at: number, node: Uint8Array | undefined): Proof {
  return node === undefined ? proof : [...proof.slice(0, at), node, ...proof.slice(at)]
}

/** The embedded child of the last node by hash instead, as a node of its own. */
export function unembed(proof: Proof, random: Random): { root: Uint8Array; proof: Proof } | undefined {
  const last = proof.at(-1)
  const items = last === undefined ? undefined : itemsOf(last)
  if (items === undefined) return undefined
  const places = items.flatMap((item, i) => ((item[0] ?? 0) >= 0xc0 ? [i] : []))
  const at = random.pickMaybe(places)
  const child = at === undefined ? undefined : items[at]
  if (at === undefined || child === undefined) return undefined
  const parent = listOf(items.map((item, i) => (i === at ? text(keccak256(child)) : item)))
  return mend(proof, proof.length - 1, [parent, child])
}
