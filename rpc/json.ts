import { isUtf8 } from 'node:buffer'
import { RpcError } from './errors.ts'
import { createPauses } from './slices.ts'

/** Deeper than any request of any method. */
const MAX_DEPTH = 32
/** More than any request of any method, and few enough to be read in one turn: JSON.parse cannot be interrupted. */
const MAX_VALUES = 131_072
const PARTS_PER_PAUSE = 32
/** A text of more characters is given in pieces of about this length. */
const PIECE_LENGTH = 131_072
/** An array of more items is made in slices. */
const LONG_ARRAY = 128
/** Transactions, logs and receipts stand at most this deep in any result. */
const MAX_SLICED_DEPTH = 4

/**
 * JSON of a request body. Throws RpcError PARSE_ERROR, also for bytes that are not UTF-8, and INVALID_REQUEST when it
 * is nested deeper, or has more values, than any method needs.
 */
export function parseJson(body: Uint8Array): unknown {
  requireBounded(body)
  if (!isUtf8(body)) throw new RpcError('PARSE_ERROR', 'parse error: the body is not UTF-8')
  const text = Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString()
  try {
    return withExactId(JSON.parse(text), text)
  } catch {
    throw new RpcError('PARSE_ERROR', 'parse error: the body is not valid JSON')
  }
}

/**
 * The answer repeats the id, and a number above 2^53 has lost digits: that of a single request becomes a bigint of those
 * that were written. Not when a parameter of the same name reads almost the same.
 */
function withExactId(message: unknown, text: string): unknown {
  if (typeof message !== 'object' || message === null || !('id' in message)) return message
  const { id } = message
  if (!Number.isInteger(id) || Number.isSafeInteger(id)) return message
  let written: string | undefined
  for (const [, digits = ''] of text.matchAll(/"id"\s*:\s*(-?\d+)(?=\s*[,}])/g)) {
    if (Number(digits) !== id) continue
    if (written !== undefined && written !== digits) return message
    written = digits
  }
  return written === undefined ? message : { ...message, id: BigInt(written) }
}

/** Counts brackets and commas outside strings, before anything is built from them. Throws RpcError INVALID_REQUEST. */
function requireBounded(body: Uint8Array): void {
  let depth = 0
  let values = 1
  let inString = false
  for (let i = 0; i < body.length; i++) {
    const byte = body[i]
    if (inString) {
      if (byte === 0x5c) i++
      else if (byte === 0x22) inString = false
    } else if (byte === 0x22) inString = true
    else if (byte === 0x7b || byte === 0x5b) {
      if (++depth > MAX_DEPTH) {
        throw new RpcError('INVALID_REQUEST', `request is nested deeper than ${MAX_DEPTH} levels`)
      }
    } else if (byte === 0x7d || byte === 0x5d) depth--
    else if (byte === 0x2c && ++values > MAX_VALUES) {
      throw new RpcError('INVALID_REQUEST', `request has more than ${MAX_VALUES} values`)
    }
  }
}

/**
 * JSON text of a result, made in slices so that a large answer does not hold up the others, and left in pieces when it
 * is long. Throws RpcError RESPONSE_TOO_LARGE; a bigint in the value is a bug of the method and throws TypeError.
 */
export async function stringifyJson(value: unknown, maxLength: number): Promise<string | readonly string[]> {
  if (!isLarge(value)) return checked(JSON.stringify(value) ?? 'null', maxLength)
  const pieces: string[] = []
  let piece = ''
  let length = 0
  let count = 0
  const pause = createPauses()
  for (const part of jsonParts(value, 0)) {
    piece += part
    length += part.length
    if (length > maxLength) throw tooLarge(maxLength)
    if (piece.length >= PIECE_LENGTH) {
      pieces.push(piece)
      piece = ''
    }
    const turn = ++count % PARTS_PER_PAUSE === 0 ? pause() : undefined
    if (turn) await turn
  }
  return pieces.length === 0 ? piece : [...pieces, piece]
}

function checked(text: string, maxLength: number): string {
  if (text.length > maxLength) throw tooLarge(maxLength)
  return text
}

function tooLarge(limit: number): RpcError {
  return new RpcError('RESPONSE_TOO_LARGE', `response is larger than ${limit} bytes`, { limit })
}

const PARTS = Symbol('JSON in parts')

type Streamed = { readonly [PARTS]: () => Iterable<string> }

/** A value whose JSON text is made piece by piece while the answer is written, for what is too large to be made at once. */
export function streamed(parts: () => Iterable<string>): object {
  return { [PARTS]: parts, toJSON: (): unknown => JSON.parse([...parts()].join('')) }
}

/** Objects by property and long arrays by element, down to items that are small enough to be made in one go. */
function* jsonParts(value: unknown, depth: number): Generator<string> {
  if (isStreamed(value)) yield* value[PARTS]()
  else if (depth === MAX_SLICED_DEPTH || !isLarge(value)) yield JSON.stringify(value) ?? 'null'
  else if (Array.isArray(value)) yield* arrayParts(value, depth)
  else yield* objectParts(value, depth)
}

/** Plain objects are cheap to walk; arrays count as large by their length, and so does what holds such an array. */
function isLarge(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false
  if (isStreamed(value)) return true
  if (Array.isArray(value)) return value.length > LONG_ARRAY || value.some(holdsStreamed)
  return Object.values(value).some((inner) => typeof inner === 'object' && inner !== null && isLarge(inner))
}

function isStreamed(value: unknown): value is Streamed {
  return typeof value === 'object' && value !== null && PARTS in value
}

/** The traces of a block stand in an array of few items. */
function holdsStreamed(item: unknown): boolean {
  return typeof item === 'object' && item !== null && Object.values(item).some(isStreamed)
}

function* arrayParts(values: readonly unknown[], depth: number): Generator<string> {
  let separator = '['
  for (const value of values) {
    yield separator
    yield* jsonParts(value, depth + 1)
    separator = ','
  }
  yield ']'
}

function* objectParts(value: object, depth: number): Generator<string> {
  let separator = '{'
  for (const [key, inner] of Object.entries(value)) {
    if (inner === undefined) continue
    yield `${separator}${JSON.stringify(key)}:`
    yield* jsonParts(inner, depth + 1)
    separator = ','
  }
  yield '}'
}
