import { concatHex, encodeAbiParameters, keccak256 } from 'viem'
import type { Message } from '../types.ts'

/** contracts/lib/MessageTree.sol: a binary tree of 2^32 leaves, the same on both ends. */
export const TREE_DEPTH = 32

const ZERO_HASH = `0x${'00'.repeat(32)}` as const

type Hex = `0x${string}`

/** Roots of empty subtrees: `ZERO_SUBTREES[k]` has 2^k zero leaves. */
export const ZERO_SUBTREES: readonly Hex[] = emptySubtrees()

/** First word of every leaf preimage (contracts/lib/Messages.sol::TAG). */
export const MESSAGE_TAG: Hex = keccak256(`0x${Buffer.from('reenact.message.v1').toString('hex')}`)

/**
 * The leaf of a message: keccak256 of ten 32-byte words, tag, source and destination chain ids, sender, to, value, fee,
 * gasLimit, keccak256(data), index. 320 bytes can never be mistaken for an inner node's 64. Source: ours
 * (contracts/lib/Messages.sol).
 */
export function messageHash(message: Message, sourceChainId: bigint, destinationChainId: bigint): Hex {
  return keccak256(
    encodeAbiParameters(LEAF_WORDS, [
      MESSAGE_TAG,
      sourceChainId,
      destinationChainId,
      message.sender,
      message.to,
      message.value,
      message.fee,
      message.gasLimit,
      keccak256(message.data),
      message.index,
    ]),
  )
}

/** A growing message tree that remembers every level, so that roots and paths of any earlier size can be told. */
export type MessageTree = {
  readonly count: number
  append(leaf: Hex): void
  /** drops the newest leaves; used when a reorg removes messages */
  truncate(count: number): void
  /** the root when the tree held `count` leaves (default: now); zero for the empty tree, as in the contract's slot */
  root(count?: number): Hex
  /**
   * Sibling hashes, lowest level first, for the tree of `count` leaves: ceil(log2(count)) of them, because all higher
   * ones are empty subtrees, which the contract fills in itself. Throws RangeError outside the tree.
   */
  path(index: number, count?: number): readonly Hex[]
}

export function createMessageTree(leaves: Iterable<Hex> = []): MessageTree {
  // levels[k][i] is the root of the complete subtree of 2^k leaves number i
  const levels: Hex[][] = [[]]
  const tree: MessageTree = {
    get count() {
      return level(levels, 0).length
    },
    append(leaf) {
      level(levels, 0).push(leaf)
      completeSubtrees(levels)
    },
    truncate(count) {
      for (const [height, nodes] of levels.entries())
        nodes.length = Math.min(nodes.length, Math.floor(count / 2 ** height))
    },
    root(count = tree.count) {
      return requireCount(tree, count) === 0 ? ZERO_HASH : nodeAt(levels, TREE_DEPTH, 0, count)
    },
    path(index, count = tree.count) {
      requireCount(tree, count)
      if (!Number.isInteger(index) || index < 0 || index >= count)
        throw new RangeError(`no leaf ${index} in a tree of ${count}`)
      const height = Math.ceil(Math.log2(count))
      return Array.from({ length: height }, (_, level) =>
        nodeAt(levels, level, siblingOf(Math.floor(index / 2 ** level)), count),
      )
    },
  }
  for (const leaf of leaves) tree.append(leaf)
  return tree
}

/** Walks a path upwards from a leaf, as MessageTree.sol does; siblings that are left out are empty subtrees. */
export function rootFromPath(leaf: Hex, index: number, path: readonly Hex[]): Hex {
  if (path.length > TREE_DEPTH) throw new RangeError(`path of ${path.length} hashes, at most ${TREE_DEPTH} allowed`)
  let node = leaf
  for (let level = 0; level < TREE_DEPTH; level++) {
    const sibling = path[level] ?? ZERO_SUBTREES[level] ?? ZERO_HASH
    const isRight = Math.floor(index / 2 ** level) % 2 === 1
    node = isRight ? hashPair(sibling, node) : hashPair(node, sibling)
  }
  return node
}

const LEAF_WORDS = [
  { type: 'bytes32' },
  { type: 'uint256' },
  { type: 'uint256' },
  { type: 'address' },
  { type: 'address' },
  { type: 'uint256' },
  { type: 'uint256' },
  { type: 'uint64' },
  { type: 'bytes32' },
  { type: 'uint64' },
] as const

function emptySubtrees(): Hex[] {
  const roots: Hex[] = [ZERO_HASH]
  for (let height = 0; height < TREE_DEPTH; height++) {
    const below = roots[height] ?? ZERO_HASH
    roots.push(hashPair(below, below))
  }
  return roots
}

/** An inner node of the tree. */
export function hashPair(left: Hex, right: Hex): Hex {
  return keccak256(concatHex([left, right]))
}

function level(levels: Hex[][], height: number): Hex[] {
  const nodes = levels[height]
  if (nodes === undefined) throw new Error(`message tree has no level ${height}`)
  return nodes
}

function completeSubtrees(levels: Hex[][]): void {
  for (let height = 0; height < TREE_DEPTH; height++) {
    const nodes = level(levels, height)
    if (nodes.length % 2 !== 0) return
    const [left, right] = nodes.slice(-2)
    if (left === undefined || right === undefined) return
    if (levels[height + 1] === undefined) levels.push([])
    level(levels, height + 1).push(hashPair(left, right))
  }
}

/** The subtree number `index` at `height`, counting only the first `count` leaves. */
function nodeAt(levels: Hex[][], height: number, index: number, count: number): Hex {
  const firstLeaf = index * 2 ** height
  if (firstLeaf >= count) return ZERO_SUBTREES[height] ?? ZERO_HASH
  const complete = firstLeaf + 2 ** height <= count
  if (complete) return levels[height]?.[index] ?? failHole(height, index)
  return hashPair(nodeAt(levels, height - 1, index * 2, count), nodeAt(levels, height - 1, index * 2 + 1, count))
}

function siblingOf(index: number): number {
  return index % 2 === 0 ? index + 1 : index - 1
}

function failHole(height: number, index: number): never {
  throw new Error(`message tree misses node ${index} at height ${height}`)
}

function requireCount(tree: MessageTree, count: number): number {
  if (!Number.isInteger(count) || count < 0 || count > tree.count) {
    throw new RangeError(`the tree has ${tree.count} leaves, not ${count}`)
  }
  return count
}
