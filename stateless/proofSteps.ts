import { bytesEqual, concatBytes } from './bytes.ts'
import { InvalidWitness } from './errors.ts'
import { keccak256 } from './keccak.ts'
import { pathToHex, sharedNibbles, toNibbles } from './nibbles.ts'
import { EMPTY_TRIE_ROOT, SECURE_KEY_NIBBLES } from './trie.ts'
import { decodeNode, type Node } from './trieNode.ts'
import type { Hash32 } from './types.ts'

/** One node of a proof, as a verifier that walks down the trie sees it. */
export type ProofStep = {
  node: Uint8Array
  /** keccak256 of the node */
  hash: Hash32
  /** what its parent, or the root, names; absent for a node that nothing leads to */
  expected?: Hash32
  /** absent for a node that does not decode */
  kind?: Node['kind']
  /** the part of the key's path that this node uses up, a hex digit each; of a path that differs, the node's own */
  nibbles: string
  ok: boolean
}

/** `value`: what the proof proves, absent for absence. `problem`: why it proves nothing; that of the last step. */
export type ProofWalk = { steps: readonly ProofStep[] } & ({ value?: Uint8Array } | { problem: string })

/** Where the walk goes on: below what a node holds for its child, the RLP of a hash; or nowhere. */
type Next = { nibbles: Uint8Array } & ({ below: Uint8Array } | { value?: Uint8Array })

/**
 * Walks a proof for the hashed 32-byte `key` under `root` node by node, by the rules of `verifyProof`, and tells every
 * step up to the first that is wrong. Never throws for what is in the proof.
 */
export function walkProof(root: Hash32, key: Hash32, proof: readonly Uint8Array[]): ProofWalk {
  const path = toNibbles(key)
  const steps: ProofStep[] = []
  let depth = 0
  let next: Next = bytesEqual(root, EMPTY_TRIE_ROOT)
    ? END
    : { nibbles: NO_BYTES, below: concatBytes([HASH_PREFIX, root]) }
  for (const node of proof) {
    const hash = keccak256(node)
    if (!('below' in next)) return failed(steps, { node, hash, nibbles: '' }, 'the proof has nodes behind its end')
    if (next.below.length !== 33) return failed(steps, { node, hash, nibbles: '' }, 'its parent has this node inside')
    const step = { node, hash, expected: next.below.subarray(1), nibbles: '' }
    if (!bytesEqual(hash, step.expected)) return failed(steps, step, 'the node is not the one that its parent names')
    if (node.length < 32 && steps.length > 0) return failed(steps, step, 'a node this short belongs into its parent')
    const decoded = decode(node, depth, hash)
    if ('problem' in decoded) return failed(steps, step, decoded.problem)
    next = follow(decoded, path, depth)
    depth += next.nibbles.length
    steps.push({ ...step, kind: decoded.kind, nibbles: pathToHex(next.nibbles), ok: true })
  }
  if ('below' in next) return { steps, problem: 'the proof ends before the path does' }
  return { steps, ...(next.value === undefined ? {} : { value: next.value }) }
}

/** RLP of a string of 32 bytes */
const HASH_PREFIX = Uint8Array.of(0xa0)
const NO_BYTES = new Uint8Array(0)
const END: Next = { nibbles: NO_BYTES }

function failed(steps: readonly ProofStep[], step: Omit<ProofStep, 'ok'>, problem: string): ProofWalk {
  return { steps: [...steps, { ...step, ok: false }], problem }
}

function decode(node: Uint8Array, depth: number, hash: Hash32): Node | { problem: string } {
  try {
    return decodeNode(node, depth, SECURE_KEY_NIBBLES, hash)
  } catch (error) {
    if (!(error instanceof InvalidWitness)) throw error
    return { problem: error.message }
  }
}

function follow(node: Node, path: Uint8Array, depth: number): Next {
  if (node.kind === 'branch') {
    const nibble = path[depth] ?? 0
    const nibbles = path.subarray(depth, depth + 1)
    if ((node.mask & (1 << nibble)) === 0) return { nibbles }
    return { nibbles, below: node.raw.subarray(node.offsets[nibble], node.offsets[nibble + 1]) }
  }
  const nibbles = node.path
  if (sharedNibbles(nibbles, path, depth) < nibbles.length) return { nibbles }
  return node.kind === 'leaf' ? { nibbles, value: node.value } : { nibbles, below: node.child.ref ?? NO_BYTES }
}
