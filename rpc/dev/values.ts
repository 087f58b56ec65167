import { hexDigits } from '../codec.ts'
import { invalidParams } from '../errors.ts'
import { describe, described, type Parse } from '../params.ts'
import type { RpcMethod } from '../types.ts'

/**
 * Numbers as tools send them to development nodes: a quantity, with or without leading zeros, a decimal string, or a JSON
 * number.
 */
export function amount(bits: number): Parse<bigint> {
  const schema = { title: 'quantity or number', anyOf: [{ type: 'string' }, { type: 'integer', minimum: 0 }] }
  return described(schema, (value, path) => {
    const number = toBigint(value, path)
    if (number < 1n << BigInt(bits)) return number
    throw invalidParams(path, `number > ${bits} bits`)
  })
}

function toBigint(value: unknown, path: string): bigint {
  if (typeof value === 'number') {
    if (Number.isSafeInteger(value) && value >= 0) return BigInt(value)
    throw invalidParams(path, `expected a whole number, not negative, got ${describe(value)}`)
  }
  if (typeof value === 'string' && /^[0-9]{1,78}$/.test(value)) return BigInt(value)
  const digits = hexDigits(value, path)
  if (digits === '') throw invalidParams(path, 'hex string "0x" is not a number')
  if (digits.length > 64) throw invalidParams(path, 'number > 256 bits')
  return BigInt(`0x${digits}`)
}

export const amount256 = amount(256)
export const amount64 = amount(64)

/** Like an amount, but between bounds. */
export function amountBetween(least: bigint, most: bigint): Parse<bigint> {
  return described(amount256.schema ?? {}, (value, path) => {
    const number = amount256(value, path)
    if (number >= least && number <= most) return number
    throw invalidParams(path, `expected a number from ${least} to ${most}, got ${number}`)
  })
}

/** The same method under several names. */
export function named(names: readonly string[], method: RpcMethod): Readonly<Record<string, RpcMethod>> {
  return Object.fromEntries(names.map((name) => [name, method]))
}

/** A method that answers with this value when it is done. */
export function answering(value: unknown, { params, call }: RpcMethod): RpcMethod {
  return {
    params,
    async call(values, context) {
      await call(values, context)
      return value
    },
  }
}

/** An action of both families of tools: anvil_ answers null, hardhat_ true. */
export function action(name: string, method: RpcMethod): Readonly<Record<string, RpcMethod>> {
  return { [`anvil_${name}`]: answering(null, method), [`hardhat_${name}`]: answering(true, method) }
}
