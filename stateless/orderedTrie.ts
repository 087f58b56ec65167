import { EMPTY_BYTES } from './bytes.ts'
import { keccak256 } from './keccak.ts'
import { sharedNibbles, toNibbles } from './nibbles.ts'
import { encodeRlp, rlpInteger } from './rlp.ts'
import { encodeBranchOf, encodeExtension, encodeLeaf, hashRef } from './trieNode.ts'
import type { Hash32 } from './types.ts'

/**
 * Root of the Merkle-Patricia trie that maps rlp(index) to values[index]: the transactions, receipts and withdrawals
 * roots of a header. Built bottom-up in one pass; no database, nothing kept. Values must not be empty.
 */
export function orderedTrieRoot(values: readonly Uint8Array[]): Hash32 {
  if (values.length === 0) return keccak256(encodeRlp(EMPTY_BYTES))
  const entries = trieOrder(values.length).map((index) => ({
    path: toNibbles(encodeRlp(rlpInteger(BigInt(index)))),
    value: values[index] ?? EMPTY_BYTES,
  }))
  return keccak256(buildNode(entries, 0, entries.length, 0))
}

type Entry = { path: Uint8Array; value: Uint8Array }

/** Indices sorted by rlp(index): zero encodes as 0x80, which lies between 127 (0x7f) and 128 (0x8180). */
function trieOrder(count: number): number[] {
  const order: number[] = []
  for (let i = 1; i < count && i < 128; i++) order.push(i)
  order.push(0)
  for (let i = 128; i < count; i++) order.push(i)
  return order
}

/** RLP of the node over entries[from, to), which agree in their first `depth` nibbles. No key is a prefix of another. */
function buildNode(entries: readonly Entry[], from: number, to: number, depth: number): Uint8Array {
  const first = requireEntry(entries, from)
  const rest = first.path.subarray(depth)
  if (to - from === 1) return encodeLeaf(rest, first.value)
  // The first and the last of a sorted range share what all of it shares.
  const shared = sharedNibbles(rest, requireEntry(entries, to - 1).path, depth)
  const branch = buildBranch(entries, from, to, depth + shared)
  return shared === 0 ? branch : encodeExtension(rest.subarray(0, shared), reference(branch))
}

function buildBranch(entries: readonly Entry[], from: number, to: number, depth: number): Uint8Array {
  const children = new Array<Uint8Array | undefined>(16).fill(undefined)
  for (let start = from; start < to; ) {
    const nibble = requireEntry(entries, start).path[depth] ?? 0
    let end = start + 1
    while (end < to && requireEntry(entries, end).path[depth] === nibble) end++
    children[nibble] = reference(buildNode(entries, start, end, depth + 1))
    start = end
  }
  return encodeBranchOf(children)
}

/** A node inside its parent: itself when shorter than 32 bytes, else its hash. */
function reference(rlp: Uint8Array): Uint8Array {
  return rlp.length < 32 ? rlp : hashRef(keccak256(rlp))
}

function requireEntry(entries: readonly Entry[], index: number): Entry {
  const entry = entries[index]
  if (entry === undefined) throw new Error('trie range out of bounds')
  return entry
}
