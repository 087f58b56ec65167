/** Trie paths: one nibble per byte in memory, hex-prefix (HP) form inside nodes. Yellow Paper appendix C. */

/** Two nibbles per byte, high one first. */
export function toNibbles(key: Uint8Array): Uint8Array {
  const nibbles = new Uint8Array(key.length * 2)
  for (let i = 0, j = 0; i < key.length; i++, j += 2) {
    const byte = key[i] ?? 0
    nibbles[j] = byte >> 4
    nibbles[j + 1] = byte & 15
  }
  return nibbles
}

/** Number of nibbles that `path` has in common with `key` from `depth` on. */
export function sharedNibbles(path: Uint8Array, key: Uint8Array, depth: number): number {
  const limit = Math.min(path.length, key.length - depth)
  let count = 0
  while (count < limit && path[count] === key[depth + count]) count++
  return count
}

/** Length of the HP form of a path. */
export function compactLength(path: Uint8Array): number {
  return (path.length >> 1) + 1
}

/** Writes the HP form of `path` at `offset`; returns the offset behind it. */
export function writeCompact(path: Uint8Array, leaf: boolean, out: Uint8Array, offset: number): number {
  const odd = path.length & 1
  out[offset] = ((leaf ? 2 : 0) + odd) * 16 + (odd === 1 ? (path[0] ?? 0) : 0)
  let position = offset + 1
  for (let i = odd; i < path.length; i += 2) out[position++] = (path[i] ?? 0) * 16 + (path[i + 1] ?? 0)
  return position
}

/**
 * Nibbles of the HP bytes in [start, end); undefined when the flag is above 3 or the padding nibble is not zero.
 * Whether it is a leaf's path is the flag's second bit: see `isLeafPath`.
 */
export function readCompact(bytes: Uint8Array, start: number, end: number): Uint8Array | undefined {
  const first = bytes[start]
  if (first === undefined || end <= start || first > 0x3f) return undefined
  const odd = (first >> 4) & 1
  if (odd === 0 && (first & 15) !== 0) return undefined
  const path = new Uint8Array((end - start - 1) * 2 + odd)
  if (odd === 1) path[0] = first & 15
  for (let i = start + 1, j = odd; i < end; i++, j += 2) {
    const byte = bytes[i] ?? 0
    path[j] = byte >> 4
    path[j + 1] = byte & 15
  }
  return path
}

/** Does a (valid) HP first byte belong to a leaf? */
export function isLeafPath(first: number): boolean {
  return first >= 0x20
}

/** `prefix` followed by `path`. */
export function joinPath(prefix: Uint8Array, path: Uint8Array): Uint8Array {
  const joined = new Uint8Array(prefix.length + path.length)
  joined.set(prefix)
  joined.set(path, prefix.length)
  return joined
}

/** One hex digit per nibble, for error data. */
export function pathToHex(nibbles: Uint8Array): string {
  let hex = ''
  for (const nibble of nibbles) hex += nibble.toString(16)
  return hex
}
