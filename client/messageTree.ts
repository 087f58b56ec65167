import { concatHex, type Hex, keccak256, zeroHash } from 'viem'

/** contracts/lib/MessageTree.sol: a binary tree of 2^32 leaves, in which what is absent is zero. */
const DEPTH = 32
/** how many hashes are made before others get their turn */
const SLICE = 500

/** The way from a leaf to the root of its tree. */
export type TreeProof = {
  root: Hex
  /** siblings from the leaf upwards; above the last one all are empty subtrees, which the contract adds itself */
  path: readonly Hex[]
}

/**
 * Proves one of the leaves that make up a tree. Long lists give way to other work.
 *
 * @param leaves all leaves, the first one first
 * @param index of the leaf to prove, below `leaves.length`
 */
export async function proveLeaf(leaves: readonly Hex[], index: number): Promise<TreeProof> {
  const path: Hex[] = []
  let nodes = leaves
  let empty: Hex = zeroHash
  let position = index
  while (nodes.length > 1) {
    path.push(nodes[position ^ 1] ?? empty)
    nodes = await parentsOf(nodes, empty)
    empty = hashPair(empty, empty)
    position >>>= 1
  }
  let [root = zeroHash] = nodes
  for (let level = path.length; level < DEPTH; level++) {
    root = hashPair(root, empty)
    empty = hashPair(empty, empty)
  }
  return { root, path }
}

async function parentsOf(nodes: readonly Hex[], empty: Hex): Promise<Hex[]> {
  const parents: Hex[] = []
  for (let left = 0; left < nodes.length; left += 2) {
    parents.push(hashPair(nodes[left] ?? empty, nodes[left + 1] ?? empty))
    if (parents.length % SLICE === 0) await nextTurn()
  }
  return parents
}

/** Lets timers, input and pages have their turn between slices of long work. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve))
}

function hashPair(left: Hex, right: Hex): Hex {
  return keccak256(concatHex([left, right]))
}
