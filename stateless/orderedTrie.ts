import { concatBytes, EMPTY_BYTES } from './bytes.ts'
import { keccak256 } from './keccak.ts'
import { encodeRlp, type RlpValue, rlpInteger } from './rlp.ts'
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
  return keccak256(encodeRlp(buildNode(entries, 0, entries.length, 0)))
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

/** The node over entries[from, to), which agree in their first `depth` nibbles. No key is a prefix of another. */
function buildNode(entries: readonly Entry[], from: number, to: number, depth: number): RlpValue {
  const first = requireEntry(entries, from)
  if (to - from === 1) return [hexPrefix(first.path.subarray(depth), true), first.value]
  const shared = sharedPrefix(first.path, requireEntry(entries, to - 1).path, depth)
  if (shared > 0) {
    const branch = reference(buildBranch(entries, from, to, depth + shared))
    return [hexPrefix(first.path.subarray(depth, depth + shared), false), branch]
  }
  return buildBranch(entries, from, to, depth)
}

function buildBranch(entries: readonly Entry[], from: number, to: number, depth: number): RlpValue {
  const children: RlpValue[] = new Array<RlpValue>(17).fill(EMPTY_BYTES)
  for (let start = from; start < to; ) {
    const nibble = requireEntry(entries, start).path[depth] ?? 0
    let end = start + 1
    while (end < to && requireEntry(entries, end).path[depth] === nibble) end++
    children[nibble] = reference(buildNode(entries, start, end, depth + 1))
    start = end
  }
  return children
}

/** A node inside its parent: itself when shorter than 32 bytes, else its hash. */
function reference(node: RlpValue): RlpValue {
  const encoded = encodeRlp(node)
  return encoded.length < 32 ? { rawRlp: encoded } : keccak256(encoded)
}

/** The first and the last of a sorted range share what all of it shares. */
function sharedPrefix(a: Uint8Array, b: Uint8Array, depth: number): number {
  let length = 0
  while (depth + length < a.length && a[depth + length] === b[depth + length]) length++
  return length
}

function toNibbles(bytes: Uint8Array): Uint8Array {
  const nibbles = new Uint8Array(bytes.length * 2)
  bytes.forEach((byte, i) => {
    nibbles[2 * i] = byte >> 4
    nibbles[2 * i + 1] = byte & 15
  })
  return nibbles
}

/** Compact encoding of a nibble path (yellow paper, appendix C). */
function hexPrefix(nibbles: Uint8Array, leaf: boolean): Uint8Array {
  const odd = nibbles.length % 2
  const flag = (leaf ? 2 : 0) + odd
  const padded = concatBytes([odd ? Uint8Array.of(flag) : Uint8Array.of(flag, 0), nibbles])
  const out = new Uint8Array(padded.length / 2)
  for (let i = 0; i < out.length; i++) out[i] = (padded[2 * i] ?? 0) * 16 + (padded[2 * i + 1] ?? 0)
  return out
}

function requireEntry(entries: readonly Entry[], index: number): Entry {
  const entry = entries[index]
  if (entry === undefined) throw new Error('trie range out of bounds')
  return entry
}
