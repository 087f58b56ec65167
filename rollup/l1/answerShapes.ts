import { RollupError } from '../errors.ts'

type Hex = `0x${string}`

export function bad(what: string, data: Record<string, unknown> = {}): RollupError {
  return new RollupError('BAD_L1_DATA', `L1 answered with a bad ${what}`, data)
}

export function isHex(value: unknown): value is Hex {
  return typeof value === 'string' && /^0x([0-9a-fA-F]{2})*$/.test(value)
}

export function hex(value: unknown, what: string): Hex {
  if (!isHex(value)) throw bad(what)
  return value.toLowerCase() as Hex
}

export function hash(value: unknown, what: string): Hex {
  const bytes = hex(value, what)
  if (bytes.length !== 66) throw bad(what)
  return bytes
}

export function address(value: unknown): Hex {
  const bytes = hex(value, 'address')
  if (bytes.length !== 42) throw bad('address')
  return bytes
}

export function quantity(value: unknown, what: string): bigint {
  if (typeof value !== 'string' || !/^0x[0-9a-fA-F]{1,64}$/.test(value)) throw bad(what)
  return BigInt(value)
}

export function record(value: unknown, what: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw bad(what)
  return value as Record<string, unknown>
}

export function list(value: unknown, what: string): readonly unknown[] {
  if (!Array.isArray(value)) throw bad(what)
  return value
}

export function toQuantity(value: bigint): Hex {
  return `0x${value.toString(16)}`
}
