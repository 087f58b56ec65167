import { bytesToBigint } from '../stateless/bytes.ts'
import { wordToBytes } from './words.ts'

/** Order of BLS12-381's groups: blobs are polynomials over this field. */
export const FIELD = 0x73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001n
/** The same as 32 bytes, big-endian: EIP-4844 calls it BLS_MODULUS. */
export const FIELD_BYTES: Uint8Array = wordToBytes(FIELD)
const GENERATOR = 7n

/** A blob is a polynomial of this many coefficients, given by its values at as many roots of unity. */
export const BLOB_ELEMENTS = 4096
const ELEMENT_BYTES = 32
export const BLOB_BYTES = BLOB_ELEMENTS * ELEMENT_BYTES
/** EIP-7594: a blob is extended to twice its length and cut into this many cells. */
export const CELLS_PER_BLOB = 128

/** The powers 0 to size - 1 of a root of unity of this order, which must be a power of two. */
export function rootsOfUnity(size: number): bigint[] {
  const root = power(GENERATOR, (FIELD - 1n) / BigInt(size))
  const roots = [1n]
  for (let i = 1; i < size; i++) roots.push(((roots[i - 1] ?? 0n) * root) % FIELD)
  return roots
}

/** 1 / root, root^2, ...: the same powers the other way round. */
export function inverseRoots(roots: readonly bigint[]): bigint[] {
  return roots.map((_, i) => roots[(roots.length - i) % roots.length] ?? 0n)
}

/**
 * The discrete Fourier transform over the field, in place: values in bit-reversed order become sums of
 * value[n] * root^(n * j) for j = 0, 1, ... `pause` is awaited after each of its log2(size) rounds.
 */
export async function transform(
  values: bigint[],
  roots: readonly bigint[],
  pause: () => Promise<void> | undefined,
): Promise<void> {
  const size = values.length
  for (let half = 1; half < size; half *= 2) {
    const stride = size / (2 * half)
    for (let start = 0; start < size; start += 2 * half) {
      for (let i = start; i < start + half; i++) {
        const even = values[i] as bigint
        const odd = ((values[i + half] as bigint) * (roots[(i - start) * stride] as bigint)) % FIELD
        const sum = even + odd
        const difference = even - odd
        values[i] = sum < FIELD ? sum : sum - FIELD
        values[i + half] = difference < 0n ? difference + FIELD : difference
      }
    }
    await pause()
  }
}

/** The elements of a blob, which the caller has checked to be below the order: values in bit-reversed order. */
export function blobElements(blob: Uint8Array): bigint[] {
  return Array.from({ length: BLOB_ELEMENTS }, (_, i) =>
    bytesToBigint(blob.subarray(i * ELEMENT_BYTES, (i + 1) * ELEMENT_BYTES)),
  )
}

/** `index` with its lowest `bits` bits in reverse order. */
export function reverseBits(index: number, bits: number): number {
  let reversed = 0
  for (let bit = 0; bit < bits; bit++) reversed |= ((index >> bit) & 1) << (bits - 1 - bit)
  return reversed
}

export function invert(value: bigint): bigint {
  return power(value, FIELD - 2n)
}

function power(base: bigint, exponent: bigint): bigint {
  let result = 1n
  let factor = base % FIELD
  for (let left = exponent; left > 0n; left >>= 1n) {
    if ((left & 1n) === 1n) result = (result * factor) % FIELD
    factor = (factor * factor) % FIELD
  }
  return result
}
