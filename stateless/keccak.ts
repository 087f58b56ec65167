import { keccak_256 } from '@noble/hashes/sha3.js'

/** 32-byte digest of any byte string. */
export type Keccak256 = (bytes: Uint8Array) => Uint8Array

/**
 * The one piece of module-level mutable state in this room. Hashing sits under every function here; handing the hash
 * through each of them as an argument would say nothing, because all implementations give the same 32 bytes. So the
 * composition root may exchange it once at start for a faster one, and nothing observable changes but time.
 */
let implementation: Keccak256 = keccak_256

/** Keccak-256 of `bytes`, synchronous. */
export function keccak256(bytes: Uint8Array): Uint8Array {
  return implementation(bytes)
}

/** Replaces the implementation, once at start; refuses one that gives a wrong digest for the empty string. */
export function setKeccak256(next: Keccak256): void {
  const expected = keccak_256(new Uint8Array(0))
  const actual = next(new Uint8Array(0))
  if (actual.length !== 32 || expected.some((byte, i) => byte !== actual[i])) {
    throw new Error('keccak256 implementation gives a wrong digest')
  }
  implementation = next
}
