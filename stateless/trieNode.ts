import { InvalidWitness } from './errors.ts'
import { compactLength, isLeafPath, readCompact, writeCompact } from './nibbles.ts'
import { headerLength, writeHeader } from './rlp.ts'

/**
 * Nodes of a Merkle-Patricia trie in memory (Yellow Paper appendix D), and their strict codec.
 *
 * `ref` is what a parent holds in place of the node: its whole RLP when that is shorter than 32 bytes, else the RLP of
 * its hash (33 bytes, 0xa0 first). A node without `ref` is dirty: it was made by an edit and has not been encoded yet.
 * `owner` is the edit that made the node and may therefore change it in place; every other node is shared.
 * Paths are copies: a view into a key would take more memory than they do.
 */
export type Leaf = {
  readonly kind: 'leaf'
  readonly path: Uint8Array
  readonly value: Uint8Array
  ref: Uint8Array | undefined
  readonly owner: object | undefined
}

export type Extension = {
  readonly kind: 'extension'
  readonly path: Uint8Array
  /** always a branch, perhaps not loaded yet */
  child: Node | Unloaded
  ref: Uint8Array | undefined
  readonly owner: object | undefined
}

/**
 * Bit i of `mask`: there is a child i. It is `children[i]` when that is set, else it still lies undecoded in the RLP the
 * branch came from, at `raw[offsets[i] .. offsets[i + 1])`. Branches have no value: state keys all have one length.
 */
export type Branch = {
  readonly kind: 'branch'
  mask: number
  readonly children: (Node | Unloaded | undefined)[]
  readonly raw: Uint8Array
  readonly offsets: readonly number[]
  ref: Uint8Array | undefined
  readonly owner: object | undefined
}

/** A child known by its hash only. */
export type Unloaded = { readonly kind: 'unloaded'; readonly ref: Uint8Array }

export type Node = Leaf | Extension | Branch

const NO_BYTES = new Uint8Array(0)
const NO_OFFSETS: readonly number[] = []

export function createLeaf(path: Uint8Array, value: Uint8Array, owner: object): Leaf {
  return { kind: 'leaf', path, value, ref: undefined, owner }
}

export function createExtension(path: Uint8Array, child: Node | Unloaded, owner: object): Extension {
  return { kind: 'extension', path, child, ref: undefined, owner }
}

export function createBranch(owner: object): Branch {
  const children = new Array<Node | Unloaded | undefined>(16).fill(undefined)
  return { kind: 'branch', mask: 0, children, raw: NO_BYTES, offsets: NO_OFFSETS, ref: undefined, owner }
}

/** The same branch, dirty and owned by `owner`. */
export function copyBranch(node: Branch, owner: object): Branch {
  const { mask, raw, offsets } = node
  return { kind: 'branch', mask, children: node.children.slice(), raw, offsets, ref: undefined, owner }
}

/**
 * Decodes one node by the strict rules: canonical RLP that fills `rlp` exactly; two items or seventeen; hex-prefix flag
 * 0 to 3 with a zero padding nibble; children of exactly 32 bytes or embedded lists shorter than 32 bytes; two children
 * or more and no value in a branch; a path of at least one nibble and a branch below it in an extension; leaves that end
 * where keys of `keyNibbles` nibbles end. Embedded children are decoded with it.
 *
 * @param depth nibbles between the root and this node
 * @param ref what the parent holds for this node
 * @throws InvalidWitness MALFORMED_NODE
 */
export function decodeNode(rlp: Uint8Array, depth: number, keyNibbles: number, ref: Uint8Array): Node {
  const start = payloadStart(rlp, 0)
  if ((rlp[0] ?? 0) < 0xc0 || itemEnd(rlp, 0, rlp.length) !== rlp.length) throw malformed('not one RLP list', rlp)
  const first = itemEnd(rlp, start, rlp.length)
  const second = first === -1 ? -1 : itemEnd(rlp, first, rlp.length)
  if (second === -1) throw malformed('not two or seventeen items', rlp)
  if (second === rlp.length) return decodeShort(rlp, start, first, depth, keyNibbles, ref)
  return decodeBranch(rlp, start, depth, keyNibbles, ref)
}

function decodeShort(
  rlp: Uint8Array,
  start: number,
  split: number,
  depth: number,
  keyNibbles: number,
  ref: Uint8Array,
): Node {
  const pathStart = payloadStart(rlp, start)
  if ((rlp[start] ?? 0) >= 0xc0) throw malformed('path is a list', rlp)
  const path = readCompact(rlp, pathStart, split)
  if (path === undefined) throw malformed('bad hex-prefix path', rlp)
  const below = depth + path.length
  if (isLeafPath(rlp[pathStart] ?? 0)) {
    const valueStart = payloadStart(rlp, split)
    if ((rlp[split] ?? 0) >= 0xc0 || valueStart === rlp.length) throw malformed('leaf value is empty or a list', rlp)
    if (below !== keyNibbles) throw malformed('leaf path does not end where keys end', rlp)
    return { kind: 'leaf', path, value: tailOf(rlp, valueStart), ref, owner: undefined }
  }
  if (path.length === 0) throw malformed('extension with an empty path', rlp)
  if (below >= keyNibbles) throw malformed('extension longer than a key', rlp)
  const childRef = rlp.subarray(split)
  const child = decodeChild(rlp, split, rlp.length, below, keyNibbles) ?? { kind: 'unloaded' as const, ref: childRef }
  if (child.kind === 'leaf' || child.kind === 'extension') throw malformed('extension without a branch below', rlp)
  return { kind: 'extension', path, child, ref, owner: undefined }
}

/** V8 keeps so many bytes inside of an array; a view takes a buffer beside it, and keeps alive what it views. */
const INLINE_BYTES = 64

function tailOf(bytes: Uint8Array, start: number): Uint8Array {
  return bytes.length - start <= INLINE_BYTES ? bytes.slice(start) : bytes.subarray(start)
}

function decodeBranch(rlp: Uint8Array, start: number, depth: number, keyNibbles: number, ref: Uint8Array): Branch {
  if (depth >= keyNibbles) throw malformed('branch below the end of keys', rlp)
  const children = new Array<Node | Unloaded | undefined>(16).fill(undefined)
  const offsets = new Array<number>(17).fill(0)
  let mask = 0
  let position = start
  for (let i = 0; i < 16; i++) {
    offsets[i] = position
    if (rlp[position] === 0x80) {
      position++
      continue
    }
    const end = itemEnd(rlp, position, rlp.length)
    if (end === -1) throw malformed('branch without seventeen items', rlp)
    children[i] = decodeChild(rlp, position, end, depth + 1, keyNibbles)
    mask |= 1 << i
    position = end
  }
  offsets[16] = position
  if (rlp[position] !== 0x80) throw malformed('branch with a value', rlp)
  if (position + 1 !== rlp.length) throw malformed('branch with more than seventeen items', rlp)
  if ((mask & (mask - 1)) === 0) throw malformed('branch with fewer than two children', rlp)
  return { kind: 'branch', mask, children, raw: rlp, offsets, ref, owner: undefined }
}

/** Checks a child item and decodes it when it is embedded; undefined stands for a (well-formed) hash. */
function decodeChild(rlp: Uint8Array, start: number, end: number, depth: number, keyNibbles: number): Node | undefined {
  const prefix = rlp[start] ?? 0
  if (prefix === 0xa0) return undefined
  if (prefix < 0xc0 || end - start >= 32) throw malformed('child is neither a hash nor an embedded node', rlp)
  const embedded = rlp.subarray(start, end)
  return decodeNode(embedded, depth, keyNibbles, embedded)
}

function malformed(rule: string, rlp: Uint8Array): InvalidWitness {
  return new InvalidWitness('MALFORMED_NODE', `malformed trie node: ${rule}`, { rule, node: rlp })
}

/** RLP of a node whose children all have their `ref`. */
export function encodeNode(node: Node): Uint8Array {
  if (node.kind === 'branch') return encodeBranch(node)
  if (node.kind === 'leaf') return encodeLeaf(node.path, node.value)
  return encodeExtension(node.path, requireRef(node.child))
}

export function encodeLeaf(path: Uint8Array, value: Uint8Array): Uint8Array {
  return encodeShort(path, value, true)
}

/** `child` is what an extension holds for the branch below it. */
export function encodeExtension(path: Uint8Array, child: Uint8Array): Uint8Array {
  return encodeShort(path, child, false)
}

function encodeShort(path: Uint8Array, tail: Uint8Array, leaf: boolean): Uint8Array {
  const pathLength = compactLength(path)
  // A one-byte path is below 0x40, so it stands for itself. An extension's tail is RLP already.
  const pathHeader = pathLength === 1 ? 0 : headerLength(pathLength)
  const tailHeader = leaf && !(tail.length === 1 && (tail[0] ?? 0) < 0x80) ? headerLength(tail.length) : 0
  const payload = pathHeader + pathLength + tailHeader + tail.length
  const out = new Uint8Array(headerLength(payload) + payload)
  let position = writeHeader(out, 0, 0xc0, payload)
  if (pathHeader > 0) position = writeHeader(out, position, 0x80, pathLength)
  position = writeCompact(path, leaf, out, position)
  if (tailHeader > 0) position = writeHeader(out, position, 0x80, tail.length)
  out.set(tail, position)
  return out
}

function encodeBranch({ mask, children, raw, offsets }: Branch): Uint8Array {
  const refs = new Array<Uint8Array | undefined>(16).fill(undefined)
  for (let i = 0; i < 16; i++) {
    if ((mask & (1 << i)) === 0) continue
    const child = children[i]
    refs[i] = child === undefined ? raw.subarray(offsets[i], offsets[i + 1]) : requireRef(child)
  }
  return encodeBranchOf(refs)
}

/** RLP of a branch from what it holds for each of its sixteen children. */
export function encodeBranchOf(refs: readonly (Uint8Array | undefined)[]): Uint8Array {
  let payload = 1
  for (const ref of refs) payload += ref?.length ?? 1
  const out = new Uint8Array(headerLength(payload) + payload)
  let position = writeHeader(out, 0, 0xc0, payload)
  for (const ref of refs) {
    if (ref === undefined) out[position++] = 0x80
    else {
      out.set(ref, position)
      position += ref.length
    }
  }
  out[position] = 0x80
  return out
}

/** What a parent holds for a node of 32 bytes or more. */
export function hashRef(hash: Uint8Array): Uint8Array {
  const ref = new Uint8Array(33)
  ref[0] = 0xa0
  ref.set(hash, 1)
  return ref
}

function requireRef(node: Node | Unloaded): Uint8Array {
  if (node.ref === undefined) throw new Error('encoding a node above a dirty child')
  return node.ref
}

/** Where the content of the RLP item at `offset` begins. Meaningful only after `itemEnd` accepted the item. */
export function payloadStart(bytes: Uint8Array, offset: number): number {
  const prefix = bytes[offset] ?? 0
  if (prefix < 0x80) return offset
  const short = prefix - (prefix >= 0xc0 ? 0xc0 : 0x80)
  return short <= 55 ? offset + 1 : offset + 1 + short - 55
}

/** Where the RLP item at `offset` ends, or -1 when it is not canonical or does not end by `limit`. */
export function itemEnd(bytes: Uint8Array, offset: number, limit: number): number {
  const prefix = bytes[offset]
  if (prefix === undefined || offset >= limit) return -1
  if (prefix < 0x80) return offset + 1
  const short = prefix - (prefix >= 0xc0 ? 0xc0 : 0x80)
  if (short <= 55) {
    if (prefix === 0x81 && (bytes[offset + 1] ?? 0) < 0x80) return -1
    return offset + 1 + short <= limit ? offset + 1 + short : -1
  }
  const size = short - 55
  // Four bytes of length reach 4 GiB, more than any input here; the first one may not be zero.
  if (size > 4 || offset + 1 + size > limit || bytes[offset + 1] === 0) return -1
  let length = 0
  for (let i = 1; i <= size; i++) length = length * 256 + (bytes[offset + i] ?? 0)
  const end = offset + 1 + size + length
  return length > 55 && end <= limit ? end : -1
}
