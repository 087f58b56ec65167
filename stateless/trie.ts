import { bytesEqual, bytesToHex } from './bytes.ts'
import { InvalidWitness } from './errors.ts'
import { keccak256 } from './keccak.ts'
import { joinPath, pathToHex, sharedNibbles } from './nibbles.ts'
import {
  type Branch,
  copyBranch,
  createBranch,
  createExtension,
  createLeaf,
  decodeNode,
  type Extension,
  encodeNode,
  hashRef,
  type Leaf,
  type Node,
  type Unloaded,
} from './trieNode.ts'
import type { Hash32, NodeSource } from './types.ts'

/**
 * A Merkle-Patricia trie over nodes that may be only partly there. Synchronous; nodes are looked up and decoded when a
 * walk crosses them, once; an edit copies what it changes and hashes it once, bottom-up, at its commit.
 *
 * Keys are paths: one nibble per byte, all of one length (see `toNibbles`).
 */

/** keccak256(rlp("")): the root of a trie without keys; never looked up. */
export const EMPTY_TRIE_ROOT: Hash32 = Uint8Array.from(
  Buffer.from('56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421', 'hex'),
)

/** Nibbles of a hashed key: state tries are secure tries. */
export const SECURE_KEY_NIBBLES = 64

export type Trie = {
  readonly root: Hash32
  /**
   * The value at `path`, or undefined when the trie proves that there is none.
   * @throws InvalidWitness MISSING_NODE, MALFORMED_NODE
   */
  get(path: Uint8Array): Uint8Array | undefined
  /**
   * The keys from `from` on, ascending, each with its value; `from` is a whole path.
   * @throws (while it goes on) InvalidWitness MISSING_NODE, MALFORMED_NODE
   */
  entries(from: Uint8Array): Generator<readonly [path: Uint8Array, value: Uint8Array]>
  /** Starts a set of changes on top of this trie, which itself stays as it is. */
  edit(): TrieEdit
}

/** After any error an edit must be thrown away. */
export type TrieEdit = {
  /** `value` must not be empty. Writing the value that is there changes nothing. */
  put(path: Uint8Array, value: Uint8Array): void
  /** Deleting an absent key changes nothing. Needs the survivor when a branch is left with one child. */
  delete(path: Uint8Array): void
  /**
   * Hashes the changed nodes and puts those that a store must keep into `nodes` (hash hex -> RLP). The trie that it
   * returns shares every decoded node with this edit and with the trie below it.
   */
  commit(nodes: Map<string, Uint8Array>): Trie
}

/** What every walk needs: where nodes come from and where keys end. */
type Loader = { readonly source: NodeSource; readonly keyNibbles: number }

/** A trie with the given root; nothing is looked up yet. */
export function createTrie(source: NodeSource, root: Hash32, keyNibbles: number = SECURE_KEY_NIBBLES): Trie {
  return trieOver({ source, keyNibbles }, root, undefined)
}

/** `known` is the node of the root where it is in memory. */
function trieOver(loader: Loader, root: Hash32, known: Node | undefined): Trie {
  const empty = known === undefined && bytesEqual(root, EMPTY_TRIE_ROOT)
  let top = known
  const loadTop = (): Node | undefined => {
    if (empty) return undefined
    top ??= load(loader, hashRef(root), new Uint8Array(0), 0)
    return top
  }
  const trie: Trie = {
    root,
    get: (path) => {
      const node = loadTop()
      return node === undefined ? undefined : find(loader, node, path)
    },
    *entries(from) {
      const node = loadTop()
      if (node !== undefined) yield* entriesBelow(loader, node, new Uint8Array(loader.keyNibbles), 0, from)
    },
    edit: () => createEdit(loader, trie, loadTop),
  }
  return trie
}

function createEdit(loader: Loader, base: Trie, loadTop: () => Node | undefined): TrieEdit {
  let owner = {}
  let started = false
  let top: Node | undefined
  const begin = () => {
    if (!started) top = loadTop()
    started = true
  }
  return {
    put: (path, value) => {
      if (value.length === 0) throw new Error('an empty value is a delete')
      begin()
      top = top === undefined ? createLeaf(path, value, owner) : insert(loader, owner, top, path, 0, value)
    },
    delete: (path) => {
      begin()
      if (top !== undefined) top = remove(loader, owner, top, path, 0)
    },
    commit: (nodes) => {
      // What has been hashed may be shared from now on: further changes must copy it.
      owner = {}
      if (!started) return base
      return trieOver(loader, top === undefined ? EMPTY_TRIE_ROOT : sealRoot(top, nodes), top)
    },
  }
}

function find(loader: Loader, top: Node, path: Uint8Array): Uint8Array | undefined {
  let node = top
  let depth = 0
  for (;;) {
    if (node.kind === 'branch') {
      const child = childOf(loader, node, path[depth] ?? 0, path, depth)
      if (child === undefined) return undefined
      node = child
      depth++
      continue
    }
    if (sharedNibbles(node.path, path, depth) < node.path.length) return undefined
    if (node.kind === 'leaf') return node.value
    depth += node.path.length
    node = belowExtension(loader, node, path, depth)
  }
}

/** `path` holds the nibbles above `depth`; without `from` everything below counts. */
function* entriesBelow(
  loader: Loader,
  node: Node,
  path: Uint8Array,
  depth: number,
  from: Uint8Array | undefined,
): Generator<readonly [Uint8Array, Uint8Array]> {
  if (node.kind === 'branch') {
    const first = from?.[depth] ?? 0
    for (let index = first; index < 16; index++) {
      path[depth] = index
      const child = childOf(loader, node, index, path, depth)
      if (child !== undefined) yield* entriesBelow(loader, child, path, depth + 1, index === first ? from : undefined)
    }
    return
  }
  path.set(node.path, depth)
  const below = depth + node.path.length
  const order = from === undefined ? 1 : Buffer.compare(node.path, from.subarray(depth, below))
  if (order < 0) return
  if (node.kind === 'leaf') yield [path.slice(), node.value]
  else {
    const branch = belowExtension(loader, node, path, below)
    yield* entriesBelow(loader, branch, path, below, order === 0 ? from : undefined)
  }
}

/** The node after `path` has `value`; the same object when nothing changes. */
function insert(loader: Loader, owner: object, node: Node, path: Uint8Array, depth: number, value: Uint8Array): Node {
  if (node.kind === 'branch') {
    const index = path[depth] ?? 0
    const child = childOf(loader, node, index, path, depth)
    const next =
      child === undefined
        ? createLeaf(path.slice(depth + 1), value, owner)
        : insert(loader, owner, child, path, depth + 1, value)
    return next === child ? node : withChild(node, index, next, owner)
  }
  const shared = sharedNibbles(node.path, path, depth)
  if (shared < node.path.length) return split(owner, node, path, depth, shared, value)
  if (node.kind === 'leaf') return bytesEqual(node.value, value) ? node : createLeaf(node.path, value, owner)
  const below = depth + shared
  const child = belowExtension(loader, node, path, below)
  const next = insert(loader, owner, child, path, below, value)
  return next === child ? node : withExtensionChild(node, next, owner)
}

/** A leaf or extension whose path leaves `path` after `shared` nibbles becomes a branch. */
function split(
  owner: object,
  node: Leaf | Extension,
  path: Uint8Array,
  depth: number,
  shared: number,
  value: Uint8Array,
): Node {
  const branch = createBranch(owner)
  const rest = node.path.slice(shared + 1)
  setChild(branch, node.path[shared] ?? 0, shorten(node, rest, owner))
  const fork = depth + shared
  if (fork >= path.length) throw new Error('a key is a prefix of another key')
  setChild(branch, path[fork] ?? 0, createLeaf(path.slice(fork + 1), value, owner))
  return shared === 0 ? branch : createExtension(path.slice(depth, fork), branch, owner)
}

function shorten(node: Leaf | Extension, path: Uint8Array, owner: object): Node | Unloaded {
  if (node.kind === 'leaf') return createLeaf(path, node.value, owner)
  return path.length === 0 ? node.child : createExtension(path, node.child, owner)
}

/** The node without `path`, undefined when nothing is left; the same object when nothing changes. */
function remove(loader: Loader, owner: object, node: Node, path: Uint8Array, depth: number): Node | undefined {
  if (node.kind === 'branch') return removeBelowBranch(loader, owner, node, path, depth)
  if (sharedNibbles(node.path, path, depth) < node.path.length) return node
  if (node.kind === 'leaf') return undefined
  const below = depth + node.path.length
  const child = belowExtension(loader, node, path, below)
  const next = remove(loader, owner, child, path, below)
  if (next === child) return node
  if (next === undefined) throw new Error('a branch vanished in one delete')
  return next.kind === 'branch' ? withExtensionChild(node, next, owner) : prefixed(node.path, next, owner)
}

function removeBelowBranch(loader: Loader, owner: object, node: Branch, path: Uint8Array, depth: number): Node {
  const index = path[depth] ?? 0
  const child = childOf(loader, node, index, path, depth)
  if (child === undefined) return node
  const next = remove(loader, owner, child, path, depth + 1)
  if (next === child) return node
  if (next !== undefined) return withChild(node, index, next, owner)
  const left = node.mask & ~(1 << index)
  if ((left & (left - 1)) !== 0) return withoutChild(node, index, owner)
  const survivor = 31 - Math.clz32(left)
  const siblingPath = path.slice(0, depth + 1)
  siblingPath[depth] = survivor
  const sibling = childOf(loader, node, survivor, siblingPath, depth)
  if (sibling === undefined) throw new Error('a branch had only one child')
  return prefixed(Uint8Array.of(survivor), sibling, owner)
}

/** `node` with more nibbles in front of its path; a branch gets an extension above it. */
function prefixed(prefix: Uint8Array, node: Node, owner: object): Node {
  if (node.kind === 'leaf') return createLeaf(joinPath(prefix, node.path), node.value, owner)
  if (node.kind === 'extension') return createExtension(joinPath(prefix, node.path), node.child, owner)
  return createExtension(prefix, node, owner)
}

function own(node: Branch, owner: object): Branch {
  if (node.owner !== owner) return copyBranch(node, owner)
  node.ref = undefined
  return node
}

function setChild(branch: Branch, index: number, child: Node | Unloaded): void {
  branch.children[index] = child
  branch.mask |= 1 << index
}

function withChild(node: Branch, index: number, child: Node, owner: object): Branch {
  const branch = own(node, owner)
  setChild(branch, index, child)
  return branch
}

function withoutChild(node: Branch, index: number, owner: object): Branch {
  const branch = own(node, owner)
  branch.children[index] = undefined
  branch.mask &= ~(1 << index)
  return branch
}

function withExtensionChild(node: Extension, child: Node, owner: object): Extension {
  if (node.owner !== owner) return createExtension(node.path, child, owner)
  node.child = child
  node.ref = undefined
  return node
}

/** The child at `index`, loaded if need be; `depth` is that of the branch. */
function childOf(loader: Loader, node: Branch, index: number, path: Uint8Array, depth: number): Node | undefined {
  if ((node.mask & (1 << index)) === 0) return undefined
  const known = node.children[index]
  if (known !== undefined && known.kind !== 'unloaded') return known
  const ref = known?.ref ?? node.raw.subarray(node.offsets[index], node.offsets[index + 1])
  const child = load(loader, ref, path, depth + 1)
  node.children[index] = child
  return child
}

/** The branch under an extension; `depth` is that of the branch. */
function belowExtension(loader: Loader, node: Extension, path: Uint8Array, depth: number): Node {
  if (node.child.kind !== 'unloaded') return node.child
  const child = load(loader, node.child.ref, path, depth)
  if (child.kind !== 'branch') throw malformed('extension without a branch below', node.child.ref, path, depth)
  node.child = child
  return child
}

function load(loader: Loader, ref: Uint8Array, path: Uint8Array, depth: number): Node {
  const hash = bytesToHex(ref.subarray(1))
  const rlp = loader.source.getNode(hash)
  if (rlp === undefined) {
    const walked = pathToHex(path.subarray(0, depth))
    throw new InvalidWitness('MISSING_NODE', `missing trie node ${hash} at path ${walked}`, { hash, path: walked })
  }
  if (rlp.length < 32 && depth > 0) throw malformed('short node that is not embedded', ref, path, depth)
  try {
    return decodeNode(rlp, depth, loader.keyNibbles, ref)
  } catch (error) {
    if (!(error instanceof InvalidWitness)) throw error
    throw malformed(String(error.data.rule), ref, path, depth)
  }
}

function malformed(rule: string, ref: Uint8Array, path: Uint8Array, depth: number): InvalidWitness {
  const hash = bytesToHex(ref.subarray(1))
  return new InvalidWitness('MALFORMED_NODE', `malformed trie node ${hash}: ${rule}`, {
    hash,
    rule,
    path: pathToHex(path.subarray(0, depth)),
  })
}

function sealRoot(top: Node, nodes: Map<string, Uint8Array>): Hash32 {
  if (top.ref === undefined) {
    const rlp = encodeDirty(top, nodes)
    top.ref = storeNode(rlp, nodes)
  }
  return top.ref.slice(1)
}

/** Encodes what is dirty below, then `node` itself. */
function encodeDirty(node: Node, nodes: Map<string, Uint8Array>): Uint8Array {
  if (node.kind === 'branch') {
    for (const child of node.children) if (child !== undefined) sealChild(child, nodes)
  } else if (node.kind === 'extension') {
    sealChild(node.child, nodes)
  }
  return encodeNode(node)
}

function sealChild(child: Node | Unloaded, nodes: Map<string, Uint8Array>): void {
  if (child.ref !== undefined || child.kind === 'unloaded') return
  const rlp = encodeDirty(child, nodes)
  child.ref = rlp.length < 32 ? rlp : storeNode(rlp, nodes)
}

function storeNode(rlp: Uint8Array, nodes: Map<string, Uint8Array>): Uint8Array {
  const hash = keccak256(rlp)
  nodes.set(bytesToHex(hash), rlp)
  return hashRef(hash)
}
