import { type Account, type Chain, type Client, type Hash, type Hex, numberToHex, type Transport } from 'viem'
import { ControlTokenRequiredError, MethodNotAvailableError, UnexpectedAnswerError } from './nodeErrors.ts'
import { rpcCodeOf, rpcMessageOf } from './rpcFailure.ts'

/** Any client of a node that has the rollup_ methods. */
export type RollupClient = Client<Transport, Chain | undefined, Account | undefined>

/** A value as JSON-RPC carries it: numbers are quantities. */
export type Wire<Value> = Value extends bigint
  ? Hex
  : Value extends readonly unknown[]
    ? { [Index in keyof Value]: Wire<Value[Index]> }
    : Value extends object
      ? { [Key in keyof Value]: Wire<Value[Key]> }
      : Value

/**
 * Where in an answer quantities are: it is one; each item of the list has such places; these properties have, or with '*'
 * all of them.
 */
export type Form = typeof QUANTITY | readonly [Form] | { readonly [property: string]: Form }
export const QUANTITY = 'quantity'

export type RollupRequest = {
  method: string
  /** bigints become quantities wherever they are, and what is undefined is left out */
  params?: readonly unknown[]
  /** of the answer; absent: it holds no quantities */
  form?: Form
}

/** A question about a rollup. Throws MethodNotAvailableError, UnexpectedAnswerError, viem's errors. */
export async function askRollup<Answer>(client: RollupClient, request: RollupRequest): Promise<Answer> {
  return send(client, request, {})
}

/**
 * A request that changes what the node does: it is not repeated when no answer comes, it may have been done.
 *
 * @throws MethodNotAvailableError, ControlTokenRequiredError, UnexpectedAnswerError, viem's errors
 */
export async function controlRollup<Answer>(client: RollupClient, request: RollupRequest): Promise<Answer> {
  return send(client, request, { retryCount: 0 })
}

/** A block by its hash in the form that no method takes for something else. */
export function blockOf<Block>(block: Block): Block | { blockHash: Hash } {
  return isHash(block) ? { blockHash: block } : block
}

const isHash = (value: unknown): value is Hash => typeof value === 'string' && value.length === 66

async function send<Answer>(
  client: RollupClient,
  { method, params = [], form }: RollupRequest,
  options: { retryCount?: number },
): Promise<Answer> {
  const request = { method, params: withoutTail(params.map(encode)) } as never
  const answer: unknown = await client.request(request, options).catch((error: unknown) => {
    throw refusalOf(error, method)
  })
  return (form === undefined ? answer : decodeAnswer(answer, form, method)) as Answer
}

/** The value with bigints for quantities. Throws UnexpectedAnswerError. */
export function decodeAnswer(value: unknown, form: Form, method: string): unknown {
  return decode(value, form, { method, path: '' })
}

function withoutTail(params: readonly unknown[]): readonly unknown[] {
  const last = params.findLastIndex((value) => value !== undefined)
  return params.slice(0, last + 1)
}

function encode(value: unknown): unknown {
  if (typeof value === 'bigint') return numberToHex(value)
  if (Array.isArray(value)) return value.map(encode)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, encode(part)]))
}

type Place = { method: string; path: string }

function decode(value: unknown, form: Form, { method, path }: Place): unknown {
  if (value === null) return null
  if (form === QUANTITY) return decodeQuantity(value, { method, path })
  if (isList(form)) {
    if (!Array.isArray(value)) throw new UnexpectedAnswerError({ method, path, expected: 'a list' })
    return value.map((item, index) => decode(item, form[0], { method, path: `${path}[${index}]` }))
  }
  if (typeof value !== 'object') throw new UnexpectedAnswerError({ method, path, expected: 'an object' })
  const entries = Object.entries(value).map(([key, part]) => {
    const own = Object.hasOwn(form, key) ? form[key] : form['*']
    return [key, own === undefined ? part : decode(part, own, { method, path: path === '' ? key : `${path}.${key}` })]
  })
  return Object.fromEntries(entries)
}

const isList = (form: Form): form is readonly [Form] => Array.isArray(form)

function decodeQuantity(value: unknown, place: Place): bigint {
  if (typeof value === 'string' && /^0x[0-9a-fA-F]{1,64}$/.test(value)) return BigInt(value)
  throw new UnexpectedAnswerError({ ...place, expected: 'a quantity' })
}

const METHOD_NOT_FOUND = -32_601
const METHOD_REFUSED = -32_004
const UNAUTHORIZED = -32_011

/** The error of this library for what a node refuses, or the error itself. */
export function refusalOf(error: unknown, method: string): unknown {
  const code = rpcCodeOf(error)
  if (code === METHOD_NOT_FOUND) return new MethodNotAvailableError({ method, cause: error })
  if (code === METHOD_REFUSED) return new MethodNotAvailableError({ method, reason: rpcMessageOf(error), cause: error })
  return code === UNAUTHORIZED ? new ControlTokenRequiredError({ method, cause: error }) : error
}
