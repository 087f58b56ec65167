import { digest2Bytes32, hashInto } from '@chainsafe/as-sha256'

/**
 * SSZ merkleization over flat chunk buffers: `chunks` is a byte string whose length is a multiple of 32.
 * Fixed-shape trees are padded with zero subtrees; progressive trees follow EIP-7916.
 */

const ZERO_HASHES: readonly Uint8Array[] = buildZeroHashes(48)

function buildZeroHashes(depth: number): Uint8Array[] {
  const hashes: Uint8Array[] = [new Uint8Array(32)]
  for (let i = 0; i < depth; i++)
    hashes.push(hashPair(hashes[i] ?? new Uint8Array(32), hashes[i] ?? new Uint8Array(32)))
  return hashes
}

function zeroHash(depth: number): Uint8Array {
  const hash = ZERO_HASHES[depth]
  if (hash === undefined) throw new Error(`no zero subtree of depth ${depth}`)
  return hash
}

/** SHA-256 of two 32-byte values. */
export function hashPair(left: Uint8Array, right: Uint8Array): Uint8Array {
  return digest2Bytes32(left, right)
}

/** Bytes padded with zeros to whole 32-byte chunks; a view of the input when nothing needs padding. */
export function toChunks(bytes: Uint8Array): Uint8Array {
  if (bytes.length % 32 === 0) return bytes
  const chunks = new Uint8Array(Math.ceil(bytes.length / 32) * 32)
  chunks.set(bytes)
  return chunks
}

/** Root of `chunks` in a binary tree of 2^depth leaves. Throws RangeError when they do not fit. */
export function merkleize(chunks: Uint8Array, depth: number): Uint8Array {
  const leaves = chunks.length / 32
  if (leaves > 2 ** depth) throw new RangeError(`${leaves} chunks do not fit a tree of depth ${depth}`)
  if (leaves === 0) return zeroHash(depth)
  let level = chunks
  for (let height = 0; height < depth; height++) {
    if (level.length === 32) {
      level = hashPair(level, zeroHash(height))
      continue
    }
    if (level.length % 64 !== 0) {
      const padded = new Uint8Array(level.length + 32)
      padded.set(level)
      padded.set(zeroHash(height), level.length)
      level = padded
    }
    const parents = new Uint8Array(level.length / 2)
    hashInto(level, parents)
    level = parents
  }
  return level
}

/**
 * Root of `chunks` in a progressive tree: subtrees of 1, 4, 16, 64, ... leaves, folded from the last one with the
 * subtree on the left and the remainder on the right, zero at the end (EIP-7916).
 */
export function merkleizeProgressive(chunks: Uint8Array): Uint8Array {
  const subtrees: Uint8Array[] = []
  let depth = 0
  for (let offset = 0; offset < chunks.length; depth += 2) {
    const end = Math.min(chunks.length, offset + 32 * 2 ** depth)
    subtrees.push(merkleize(chunks.subarray(offset, end), depth))
    offset = end
  }
  return subtrees.reduceRight((rest, subtree) => hashPair(subtree, rest), new Uint8Array(32))
}

/** sha256(root || length), the length as 32 bytes little-endian. */
export function mixInLength(root: Uint8Array, length: number): Uint8Array {
  const chunk = new Uint8Array(32)
  new DataView(chunk.buffer).setBigUint64(0, BigInt(length), true)
  return hashPair(root, chunk)
}

/** sha256(root || bits), bit i set for each of the `count` active fields (EIP-7495). */
export function mixInActiveFields(root: Uint8Array, count: number): Uint8Array {
  const bits = new Uint8Array(32)
  for (let i = 0; i < count; i++) bits[i >> 3] = (bits[i >> 3] ?? 0) | (1 << (i & 7))
  return hashPair(root, bits)
}

/** Depth of the smallest tree with at least `leaves` leaves. */
export function treeDepth(leaves: number): number {
  let depth = 0
  while (2 ** depth < leaves) depth++
  return depth
}
