import { keccak256 } from '../stateless/keccak.ts'

/** Bytes and integers to the two hex forms of JSON-RPC. The only place where they are made. */

/** 0x and two lower-case digits per byte. */
export function toData(bytes: Uint8Array): `0x${string}` {
  return `0x${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex')}`
}

/** 0x and the fewest lower-case digits. */
export function toQuantity(value: bigint | number): `0x${string}` {
  return `0x${value.toString(16)}`
}

/** A number, or at most 32 bytes, as a full word. */
export function toWord(value: Uint8Array | bigint): `0x${string}` {
  const digits = typeof value === 'bigint' ? value.toString(16) : toData(value).slice(2)
  return `0x${digits.padStart(64, '0')}`
}

/** An address with the capitals of EIP-55: a digit is one when the hash of the small form is 8 or more at its place. */
export function toChecksumAddress(bytes: Uint8Array): `0x${string}` {
  const digits = toData(bytes).slice(2)
  const hash = toData(keccak256(new TextEncoder().encode(digits))).slice(2)
  return `0x${Array.from(digits, (digit, i) => ((hash[i] ?? '0') >= '8' ? digit.toUpperCase() : digit)).join('')}`
}
