import { bytesToBigint, EMPTY_BYTES, hexToBytes } from '../stateless/bytes.ts'

/** EIP-7823 */
const MAX_LENGTH = 1024
const HEADER = 96
/** EIP-7883 */
const MIN_GAS = 500
const SHORT_COMPLEXITY = 16

/** A call to MODEXP whose lengths are in bounds. */
export type ModexpCall = {
  /** EIP-7883 */
  gas: number
  /** As many bytes as the modulus has. */
  run(): Uint8Array
}

/**
 * MODEXP under Osaka's rules (EIP-198, 7823, 7883): three lengths of 32 bytes, then base, exponent and modulus; what is
 * missing at the end is zero. Undefined when a length is above the bound.
 */
export function readModexp(data: Uint8Array): ModexpCall | undefined {
  const lengths = [0, 32, 64].map((at) => readLength(data, at))
  if (lengths.includes(undefined)) return undefined
  const [baseLength, exponentLength, modulusLength] = lengths as [number, number, number]
  const exponentAt = HEADER + baseLength
  return {
    gas: gasOf(
      Math.max(baseLength, modulusLength),
      exponentLength,
      padded(data, exponentAt, Math.min(exponentLength, 32)),
    ),
    run() {
      const modulus = bytesToBigint(padded(data, exponentAt + exponentLength, modulusLength))
      if (modulus <= 1n) return new Uint8Array(modulusLength)
      const base = bytesToBigint(padded(data, HEADER, baseLength)) % modulus
      const result = power(base, padded(data, exponentAt, exponentLength), modulus)
      return hexToBytes(result.toString(16).padStart(modulusLength * 2, '0'))
    },
  }
}

function readLength(data: Uint8Array, at: number): number | undefined {
  const bytes = padded(data, at, 32)
  for (let i = 0; i < 28; i++) if (bytes[i] !== 0) return undefined
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(28)
  return length > MAX_LENGTH ? undefined : length
}

/** Data runs on with zeros. */
function padded(data: Uint8Array, at: number, length: number): Uint8Array {
  if (length === 0) return EMPTY_BYTES
  const bytes = new Uint8Array(length)
  bytes.set(data.subarray(at, at + length))
  return bytes
}

function gasOf(length: number, exponentLength: number, head: Uint8Array): number {
  const words = Math.ceil(length / 8)
  const complexity = length > 32 ? 2 * words * words : SHORT_COMPLEXITY
  const iterations = 16 * Math.max(exponentLength - 32, 0) + Math.max(bitLength(head) - 1, 0)
  return Math.max(MIN_GAS, complexity * Math.max(iterations, 1))
}

function bitLength(bytes: Uint8Array): number {
  const first = bytes.findIndex((byte) => byte !== 0)
  if (first === -1) return 0
  return (bytes.length - first) * 8 - Math.clz32(bytes[first] as number) + 24
}

/** Four bits of the exponent at a time. The base is below the modulus, which is above 1. */
function power(base: bigint, exponent: Uint8Array, modulus: bigint): bigint {
  const first = exponent.findIndex((byte) => byte !== 0)
  if (first === -1) return 1n
  const powers = [1n, base]
  const powerOf = (digit: number): bigint => {
    for (let i = powers.length; i <= digit; i++) powers.push(((powers[i - 1] as bigint) * base) % modulus)
    return powers[digit] as bigint
  }
  let result = 1n
  const shiftIn = (digit: number) => {
    if (result !== 1n) for (let i = 0; i < 4; i++) result = (result * result) % modulus
    if (digit !== 0) result = (result * powerOf(digit)) % modulus
  }
  for (let i = first; i < exponent.length; i++) {
    const byte = exponent[i] as number
    shiftIn(byte >> 4)
    shiftIn(byte & 15)
  }
  return result
}
