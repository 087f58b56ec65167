import type { Address20, Hash32 } from '../stateless/types.ts'
import { invalidParams } from './errors.ts'
import { describe, described, type Parse } from './params.ts'
import { DATA, dataSchema, quantitySchema } from './schema.ts'

/** Strict parsers of the primitive values of JSON-RPC. Each names the parameter and says what is wrong. */

const HEX_DIGITS = /^[0-9a-fA-F]*$/
const STORAGE_KEY = { type: 'string', pattern: '^0x[0-9a-fA-F]{0,64}$' }

/** 0x and the fewest digits, at most `bits` bits. */
export function quantityOf(bits: number): Parse<bigint> {
  return described(quantitySchema(bits), (value, path) => {
    const digits = hexDigits(value, path)
    if (digits === '') throw invalidParams(path, 'hex string "0x" is not a number')
    if (digits.length > 1 && digits.startsWith('0')) throw invalidParams(path, 'hex number with leading zero digits')
    if (digits.length > Math.ceil(bits / 4)) throw invalidParams(path, `hex number > ${bits} bits`)
    return BigInt(`0x${digits}`)
  })
}

export const quantity = quantityOf(256)
export const quantity64 = quantityOf(64)
const quantity52 = quantityOf(52)

/** A quantity that is used as an index or a count. */
export const index: Parse<number> = described(quantitySchema(52), (value, path) => Number(quantity52(value, path)))

/** The same, also as a JSON number: what some older methods take. */
export const numberOrQuantity: Parse<number> = described(
  { anyOf: [{ type: 'integer', minimum: 0 }, quantitySchema(52)] },
  (value, path) => {
    if (typeof value !== 'number') return index(value, path)
    if (Number.isSafeInteger(value) && value >= 0) return value
    throw invalidParams(path, `expected a whole number that is not negative, got ${value}`)
  },
)

/** Any number of whole bytes; an empty string is none (as geth: front ends send it where there is no data). */
export const data: Parse<Uint8Array> = described(DATA, (value, path) => {
  const digits = value === '' ? '' : hexDigits(value, path)
  if (digits.length % 2 !== 0) throw invalidParams(path, 'hex string of odd length')
  return bytesOf(digits)
})

function fixedData(length: number, what: string): Parse<Uint8Array> {
  return described(dataSchema(length), (value, path) => {
    const bytes = data(value, path)
    if (bytes.length !== length) {
      throw invalidParams(path, `expected ${what} of ${length} bytes, got ${bytes.length} bytes`)
    }
    return bytes
  })
}

export const address: Parse<Address20> = fixedData(20, 'an address')
export const hash: Parse<Hash32> = fixedData(32, 'a hash')

/** A storage key: 0 to 32 bytes, odd digit counts allowed, padded on the left. `short`: fewer than 32 bytes were given. */
export const storageKey: Parse<{ key: Hash32; short: boolean }> = described(STORAGE_KEY, (value, path) => {
  if (typeof value === 'string' && value.length > 66) {
    throw invalidParams(path, `storage key too long (want at most 32 bytes): ${describe(value)}`)
  }
  const digits = hexDigits(value, path)
  return { key: bytesOf(digits.padStart(64, '0')), short: digits.length < 64 }
})

/** The digits after 0x. */
export function hexDigits(value: unknown, path: string): string {
  if (typeof value !== 'string') throw invalidParams(path, `expected a hex string, got ${describe(value)}`)
  if (value === '') throw invalidParams(path, 'empty hex string')
  if (!value.startsWith('0x') && !value.startsWith('0X')) throw invalidParams(path, 'hex string without 0x prefix')
  const digits = value.slice(2)
  if (!HEX_DIGITS.test(digits)) throw invalidParams(path, `invalid hex string ${describe(value)}`)
  return digits
}

function bytesOf(digits: string): Uint8Array {
  return new Uint8Array(Buffer.from(digits, 'hex'))
}
