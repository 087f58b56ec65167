import { createPauses } from '../slices.ts'

/**
 * Reads the members of one JSON object without building what they hold, so that a document of many megabytes from a
 * stranger costs neither a long turn nor more memory than its own. Each throws SyntaxError for what is no JSON.
 */

export type Member = { readonly key: string; readonly from: number; readonly to: number }

const MAX_DEPTH = 32
const BYTES_PER_PAUSE = 65_536
const [QUOTE, BACKSLASH, COMMA, COLON, OPEN, CLOSE] = [0x22, 0x5c, 0x2c, 0x3a, 0x7b, 0x7d]
const OPENING: ReadonlySet<number | undefined> = new Set([OPEN, 0x5b])
const CLOSING: ReadonlySet<number | undefined> = new Set([CLOSE, 0x5d])

/** The members of a document that is one object, with nothing behind it. */
export async function* documentMembers(json: Uint8Array): AsyncIterable<Member> {
  yield* members(json, 0, (close) => {
    const end = skipSpace(json, close + 1)
    if (end < json.length) throw unexpected(json, end)
  })
}

/** The members of the object that begins at `at`, in order, each with the place of its value. */
export async function* members(
  json: Uint8Array,
  at: number,
  onClose: (close: number) => void = () => {},
): AsyncIterable<Member> {
  let next = skipSpace(json, at)
  if (json[next] !== OPEN) throw unexpected(json, next)
  next = skipSpace(json, next + 1)
  if (json[next] === CLOSE) return onClose(next)
  const pause = createPauses()
  for (;;) {
    const turn = pause()
    if (turn) await turn
    const keyEnd = endOfString(json, next)
    const key: unknown = parseScalar(json, next, keyEnd)
    const colon = skipSpace(json, keyEnd)
    if (json[colon] !== COLON || typeof key !== 'string') throw unexpected(json, colon)
    const from = skipSpace(json, colon + 1)
    const to = await endOfValue(json, from)
    yield { key, from, to }
    next = skipSpace(json, to)
    if (json[next] === CLOSE) return onClose(next)
    if (json[next] !== COMMA) throw unexpected(json, next)
    next = skipSpace(json, next + 1)
  }
}

/** A string, number or literal between two places. */
export function parseScalar(json: Uint8Array, from: number, to: number): unknown {
  return JSON.parse(Buffer.from(json.buffer, json.byteOffset + from, to - from).toString())
}

export const isNull = (json: Uint8Array, { from, to }: Member): boolean =>
  to - from === 4 && parseScalar(json, from, to) === null

async function endOfValue(json: Uint8Array, from: number): Promise<number> {
  const pause = createPauses()
  let depth = 0
  let at = from
  let nextPause = from + BYTES_PER_PAUSE
  for (;;) {
    const byte = json[at]
    if (byte === undefined) throw unexpected(json, at)
    if (byte === QUOTE) at = endOfString(json, at)
    else {
      if (OPENING.has(byte) && ++depth > MAX_DEPTH) throw new SyntaxError(`nested deeper than ${MAX_DEPTH} levels`)
      if (depth === 0 && (byte === COMMA || CLOSING.has(byte) || isSpace(byte))) return at
      at += 1
      if (CLOSING.has(byte)) depth -= 1
    }
    if (depth === 0 && (byte === QUOTE || CLOSING.has(byte))) return at
    if (at < nextPause) continue
    nextPause = at + BYTES_PER_PAUSE
    await pause()
  }
}

function endOfString(json: Uint8Array, from: number): number {
  if (json[from] !== QUOTE) throw unexpected(json, from)
  let end = json.indexOf(QUOTE, from + 1)
  while (end !== -1 && isEscaped(json, end)) end = json.indexOf(QUOTE, end + 1)
  if (end === -1) throw unexpected(json, json.length)
  return end + 1
}

function isEscaped(json: Uint8Array, quote: number): boolean {
  let slashes = 0
  while (json[quote - 1 - slashes] === BACKSLASH) slashes += 1
  return slashes % 2 === 1
}

function skipSpace(json: Uint8Array, from: number): number {
  let at = from
  while (isSpace(json[at])) at += 1
  return at
}

function isSpace(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09
}

function unexpected(json: Uint8Array, at: number): SyntaxError {
  const what = at >= json.length ? 'the end' : JSON.stringify(String.fromCharCode(json[at] ?? 0))
  return new SyntaxError(`unexpected ${what} at byte ${at}`)
}
