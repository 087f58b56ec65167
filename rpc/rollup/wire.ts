import * as z from 'zod'
import { invalidParams } from '../errors.ts'
import { toData, toQuantity } from '../hex.ts'
import { describe, type Parse } from '../params.ts'
import type { JsonSchema } from '../schema.ts'

/**
 * The words of which the parameters and results of rollup_ methods are made. On the wire all numbers are quantities; the
 * `...In` forms are for parameters and give what the code works with.
 */

export type HexString = z.ZodType<`0x${string}`, `0x${string}`>

export function hexString(title: string, digits: string, form: string): HexString {
  const pattern = z.string().regex(new RegExp(`^${digits}$`))
  return z.templateLiteral(['0x', pattern], { error: `expected ${form}` }).meta({ title })
}

/** Pairs of digits are counted and not matched: a group that repeats a million times is slow, and fills the matcher's stack. */
function wholeBytes(limit: number, form: string): HexString {
  const digits = `[0-9a-fA-F]{2}`
  const pattern = Number.isFinite(limit) ? `^0x(${digits}){0,${limit}}$` : `^0x(${digits})*$`
  const isWhole = ({ length }: string) => length % 2 === 0 && length <= 2 + 2 * limit
  return hexString('data', '[0-9a-fA-F]*', form)
    .refine(isWhole, { error: `expected ${form}` })
    .meta({ title: 'data', pattern })
}

/** 32 bytes */
export const hash = hexString('hash', '[0-9a-fA-F]{64}', 'a hash: 0x and 64 hex digits')
/** 20 bytes */
export const address = hexString('address', '[0-9a-fA-F]{40}', 'an address: 0x and 40 hex digits')
/** any number of whole bytes */
export const data = wholeBytes(Number.POSITIVE_INFINITY, 'bytes: 0x and two hex digits for each')
/** exactly so many bytes */
export const sizedData = (bytes: number): HexString =>
  hexString('data', `[0-9a-fA-F]{${2 * bytes}}`, `${bytes} bytes: 0x and ${2 * bytes} hex digits`)
/** at most so many bytes */
export const dataUpTo = (bytes: number): HexString =>
  wholeBytes(bytes, `at most ${bytes} bytes: 0x and two hex digits for each`)
/** up to 256 bits */
export const quantity = hexString(
  'quantity',
  '(0|[1-9a-fA-F][0-9a-fA-F]{0,63})',
  'a quantity: 0x, without leading zeros',
)
/** up to 64 bits */
export const quantity64 = hexString(
  'quantity',
  '(0|[1-9a-fA-F][0-9a-fA-F]{0,15})',
  'a quantity of up to 64 bits: 0x, without leading zeros',
)

export const quantityIn = quantity.transform(BigInt)
export const quantity64In = quantity64.transform(BigInt)
/** a quantity that counts things */
export const countIn = hexString(
  'quantity',
  '(0|[1-9a-fA-F][0-9a-fA-F]{0,12})',
  'a quantity of up to 52 bits',
).transform(Number)
export const bytesIn = data.transform((hex) => new Uint8Array(Buffer.from(hex.slice(2), 'hex')))
/** lower case, as this code compares them */
export const hashIn = hash.transform((hex) => hex.toLowerCase() as `0x${string}`)
export const addressIn = address.transform((hex) => hex.toLowerCase() as `0x${string}`)

/** An object with a name of its own in the document of all methods. */
export function named<Shape extends z.ZodRawShape>(title: string, shape: Shape): z.ZodObject<Shape> {
  return z.object(shape).meta({ title })
}

/** A value as the wire carries it: numbers are quantities, bytes are data, wherever they are in it. */
export type OnWire<Value> = Value extends bigint | Uint8Array
  ? `0x${string}`
  : Value extends readonly (infer Item)[]
    ? OnWire<Item>[]
    : Value extends object
      ? { [Key in keyof Value]: OnWire<Value[Key]> }
      : Value

export function onWire<Value>(value: Value): OnWire<Value> {
  const convert = (part: unknown): unknown => {
    if (typeof part === 'bigint') return toQuantity(part)
    if (part instanceof Uint8Array) return toData(part)
    if (Array.isArray(part)) return part.map(convert)
    if (typeof part !== 'object' || part === null) return part
    return Object.fromEntries(Object.entries(part).map(([key, item]) => [key, convert(item)]))
  }
  return convert(value) as OnWire<Value>
}

/** A parser of parameters from a schema: the message names the place and what is wrong there. */
export function from<Schema extends z.ZodType>(schema: Schema): Parse<z.output<Schema>> {
  const parse = (value: unknown, path: string): z.output<Schema> => {
    const parsed = schema.safeParse(value)
    if (parsed.success) return parsed.data
    const [issue] = parsed.error.issues
    if (issue === undefined) throw new Error('a schema refused a value without saying why')
    const where = issue.path.map((step) => (typeof step === 'number' ? `[${step}]` : `.${String(step)}`)).join('')
    throw invalidParams(`${path}${where}`, reasonOf(issue, value))
  }
  return describedLater(parse, () => toJsonSchema(schema, 'input'))
}

/** The schema is made when it is asked for, since most runs of a node never are. */
export function describedLater<Value>(
  parse: (value: unknown, path: string) => Value,
  schema: () => JsonSchema,
): Parse<Value> {
  return Object.defineProperty(parse, 'schema', { get: schema })
}

/** draft 7, as the document carries it */
export function toJsonSchema(schema: z.ZodType, io: 'input' | 'output'): JsonSchema {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { target: 'draft-7', io, unrepresentable: 'any' })
  return rest
}

/** of those that are too many */
const MAX_NAMED_KEYS = 5

/** The deepest complaint about the alternative that fits best is more use than "no alternative fits". */
function reasonOf(issue: z.core.$ZodIssue, value: unknown): string {
  const got = issue.path.reduce<unknown>((at, step) => (at as Record<PropertyKey, unknown> | undefined)?.[step], value)
  if (issue.code === 'unrecognized_keys') {
    return `no such property: ${issue.keys.slice(0, MAX_NAMED_KEYS).map(describe).join(', ')}`
  }
  return `${wordsOf(issue)}, got ${got === undefined ? 'nothing' : describe(got)}`
}

/** Without what zod adds of its own: what was received is told by the caller. */
export function wordsOf({ message }: z.core.$ZodIssue): string {
  const [, choices] = /^Invalid discriminator value. Expected (.*)$/s.exec(message) ?? []
  if (choices !== undefined) return `expected one of ${choices.replaceAll("'", '"').replaceAll(' | ', ', ')}`
  const [, expected] =
    /^(?:Invalid input|Invalid option|Too small|Too big): expected (.*?)(?:, received .*)?$/s.exec(message) ?? []
  if (expected === undefined) return message
  return `expected ${expected.replaceAll('"|"', '", "')}`
}
