/** Small byte helpers of the pure rooms. Hex without prefix is the key form of every Map of hashes and addresses. */

export const EMPTY_BYTES: Uint8Array = new Uint8Array(0)

/** Buffer's own way to hex, which takes any Uint8Array; its documented form needs a Buffer around the bytes first. */
const hexSlice = (Buffer.prototype as { hexSlice?: (this: Uint8Array, start: number, end: number) => string }).hexSlice

const sliceToHex: (bytes: Uint8Array, start: number, end: number) => string =
  hexSlice === undefined
    ? (bytes, start, end) => Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('hex')
    : (bytes, start, end) => hexSlice.call(bytes, start, end)

/** Lower-case hex without prefix: it keys every Map here, so it is Buffer's and not a loop. */
export const bytesToHex = (bytes: Uint8Array): string => sliceToHex(bytes, 0, bytes.length)

/** Bytes of a hex string with or without `0x`; throws RangeError for odd length or foreign characters. */
export function hexToBytes(text: string): Uint8Array {
  const start = text.startsWith('0x') || text.startsWith('0X') ? 2 : 0
  const digits = text.length - start
  if (digits % 2 !== 0) throw new RangeError('hex string of odd length')
  const bytes = new Uint8Array(digits / 2)
  for (let i = 0; i < bytes.length; i++) {
    bytes[i] = hexDigit(text.charCodeAt(start + 2 * i)) * 16 + hexDigit(text.charCodeAt(start + 2 * i + 1))
  }
  return bytes
}

function hexDigit(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30
  if (code >= 0x61 && code <= 0x66) return code - 0x57
  if (code >= 0x41 && code <= 0x46) return code - 0x37
  throw new RangeError('not a hex digit')
}

export function bytesEqual(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}

export function concatBytes(parts: readonly Uint8Array[]): Uint8Array {
  let length = 0
  for (const part of parts) length += part.length
  const out = new Uint8Array(length)
  let offset = 0
  for (const part of parts) {
    out.set(part, offset)
    offset += part.length
  }
  return out
}

export function isZeroBytes(bytes: Uint8Array): boolean {
  for (const byte of bytes) if (byte !== 0) return false
  return true
}

/** Big-endian bytes without leading zeros; empty for 0. */
export function bigintToMinimalBytes(value: bigint): Uint8Array {
  if (value < 0n) throw new RangeError('negative integer')
  if (value === 0n) return EMPTY_BYTES
  if (value < 0x10000n) return smallBytes(Number(value))
  const hex = value.toString(16)
  return hexToBytes(hex.length % 2 === 0 ? hex : `0${hex}`)
}

const smallBytes = (value: number): Uint8Array =>
  value < 0x100 ? Uint8Array.of(value) : Uint8Array.of(value >> 8, value & 0xff)

/** As many bytes as an exact number holds. */
const NUMBER_BYTES = 6

/** Big-endian bytes to integer; empty is 0. */
export function bytesToBigint(bytes: Uint8Array): bigint {
  return sliceToBigint(bytes, 0, bytes.length)
}

/** The same of bytes[start, end), without a view. */
export function sliceToBigint(bytes: Uint8Array, start: number, end: number): bigint {
  if (end - start > NUMBER_BYTES) return BigInt(`0x${sliceToHex(bytes, start, end)}`)
  let value = 0
  for (let i = start; i < end; i++) value = value * 0x100 + (bytes[i] ?? 0)
  return BigInt(value)
}
