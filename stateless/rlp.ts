import { bigintToMinimalBytes, bytesToBigint, EMPTY_BYTES } from './bytes.ts'

/**
 * Strict RLP, one level at a time: no recursion over hostile nesting, no copies, and the raw bytes of every item stay
 * at hand (legacy transactions inside a block are exactly such raw items).
 */

/** `payload` is the content, `raw` the whole item with its prefix; both are views into the input. */
export type RlpItem = { readonly list: boolean; readonly payload: Uint8Array; readonly raw: Uint8Array }

/** What `encodeRlp` takes: byte strings and lists of them. `RawRlp` splices already encoded bytes in. */
export type RlpValue = Uint8Array | RawRlp | readonly RlpValue[]
export type RawRlp = { readonly rawRlp: Uint8Array }

/** The bytes are not canonical RLP, or not of the expected form. Callers translate it into their room's error. */
export class RlpError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'RlpError'
  }
}

/** The single item that fills `bytes` exactly. Throws RlpError. */
export function decodeRlpItem(bytes: Uint8Array): RlpItem {
  const item = readItem(bytes, 0)
  if (item.raw.length !== bytes.length) throw new RlpError('trailing bytes after the RLP item')
  return item
}

/** The items directly inside a list. Throws RlpError when `bytes` is not one list. */
export function decodeRlpList(bytes: Uint8Array): RlpItem[] {
  return rlpItems(decodeRlpItem(bytes))
}

/** The items directly inside an item that must be a list. */
export function rlpItems(item: RlpItem): RlpItem[] {
  if (!item.list) throw new RlpError('expected an RLP list')
  const items: RlpItem[] = []
  for (let offset = 0; offset < item.payload.length; ) {
    const inner = readItem(item.payload, offset)
    items.push(inner)
    offset += inner.raw.length
  }
  return items
}

/** A tuple of `N` items. */
type Tuple<T, N extends number, A extends readonly T[] = readonly []> = A['length'] extends N
  ? A
  : Tuple<T, N, readonly [...A, T]>

/** The items directly inside a list that must hold exactly `count` of them. */
export function rlpFields<N extends number>(item: RlpItem, count: N): Tuple<RlpItem, N> {
  const items = rlpItems(item)
  if (items.length !== count) throw new RlpError(`list of ${items.length} items, ${count} expected`)
  return items as unknown as Tuple<RlpItem, N>
}

/** Content of an item that must be a byte string. */
export function rlpBytes(item: RlpItem): Uint8Array {
  if (item.list) throw new RlpError('expected RLP bytes, found a list')
  return item.payload
}

/** Content of an item that must be a byte string of exactly `length` bytes. */
export function rlpFixedBytes(item: RlpItem, length: number): Uint8Array {
  const bytes = rlpBytes(item)
  if (bytes.length !== length) throw new RlpError(`expected ${length} bytes, found ${bytes.length}`)
  return bytes
}

/** A canonical unsigned integer of at most `maxBytes` bytes (no leading zero). */
export function rlpUint(item: RlpItem, maxBytes = 32): bigint {
  const bytes = rlpBytes(item)
  if (bytes.length > maxBytes) throw new RlpError(`integer of ${bytes.length} bytes, at most ${maxBytes} allowed`)
  if (bytes[0] === 0) throw new RlpError('integer with a leading zero')
  return bytesToBigint(bytes)
}

function readItem(bytes: Uint8Array, offset: number): RlpItem {
  const end = itemEnd(bytes, offset)
  const first = bytes[offset] ?? 0
  return {
    list: first >= 0xc0,
    payload: bytes.subarray(offset + prefixSize(first), end),
    raw: bytes.subarray(offset, end),
  }
}

/** Bytes before the content of an item that begins with this one. */
export function prefixSize(first: number): number {
  if (first < 0x80) return 0
  const short = first - (first >= 0xc0 ? 0xc0 : 0x80)
  return short <= 55 ? 1 : short - 54
}

/** Where the item that begins at `offset` ends. Throws RlpError when its prefix is not canonical or there is no room for it. */
export function itemEnd(bytes: Uint8Array, offset: number): number {
  const first = bytes[offset]
  if (first === undefined) throw new RlpError('missing RLP item')
  if (first < 0x80) return offset + 1
  const start = offset + prefixSize(first)
  const short = first - (first >= 0xc0 ? 0xc0 : 0x80)
  const length = short <= 55 ? short : readLength(bytes, offset + 1, short - 55)
  const end = start + length
  if (end > bytes.length) throw new RlpError('RLP item longer than its input')
  if (first === 0x81 && (bytes[start] ?? 0) < 0x80) throw new RlpError('single byte with a needless prefix')
  return end
}

function readLength(bytes: Uint8Array, offset: number, count: number): number {
  if (offset + count > bytes.length) throw new RlpError('truncated RLP length')
  if (bytes[offset] === 0) throw new RlpError('RLP length with a leading zero')
  // No input is longer than 2^53, so a length of 7 bytes or more cannot be satisfied.
  if (count > 6) throw new RlpError('RLP item longer than its input')
  let length = 0
  for (let i = 0; i < count; i++) length = length * 256 + (bytes[offset + i] ?? 0)
  if (length <= 55) throw new RlpError('long RLP form for a short item')
  return length
}

/**
 * Where `encodeRlp` writes, from the end towards the start: what is inside an item stands before its prefix has to, so
 * no length is computed ahead. It grows as needed; what is large is given up afterwards.
 */
let scratch = new Uint8Array(4_096)
const KEPT_SCRATCH_BYTES = 1_048_576

/** RLP of a byte string or of a nested list. */
export function encodeRlp(value: RlpValue): Uint8Array {
  const written = prepend(value, 0)
  const rlp = scratch.slice(scratch.length - written)
  if (scratch.length > KEPT_SCRATCH_BYTES) scratch = new Uint8Array(4_096)
  return rlp
}

/** A bigint as its canonical RLP byte string content. */
export function rlpInteger(value: bigint): Uint8Array {
  return value === 0n ? EMPTY_BYTES : bigintToMinimalBytes(value)
}

function isList(value: RlpValue): value is readonly RlpValue[] {
  return Array.isArray(value)
}

/** Writes `value` before the `written` bytes that stand already; returns how many stand then. */
function prepend(value: RlpValue, written: number): number {
  if (value instanceof Uint8Array) {
    const all = prependRaw(value, written)
    return value.length === 1 && (value[0] ?? 0) < 0x80 ? all : prependPrefix(0x80, value.length, all)
  }
  if (!isList(value)) return prependRaw(value.rawRlp, written)
  let all = written
  for (let i = value.length - 1; i >= 0; i--) all = prepend(value[i] ?? EMPTY_BYTES, all)
  return prependPrefix(0xc0, all - written, all)
}

function prependRaw(bytes: Uint8Array, written: number): number {
  const all = written + bytes.length
  if (all > scratch.length) growScratch(written, all)
  scratch.set(bytes, scratch.length - all)
  return all
}

function prependPrefix(base: number, length: number, written: number): number {
  const all = written + headerLength(length)
  if (all > scratch.length) growScratch(written, all)
  writeHeader(scratch, scratch.length - all, base, length)
  return all
}

function growScratch(written: number, needed: number): void {
  const larger = new Uint8Array(Math.max(needed, 2 * scratch.length))
  larger.set(scratch.subarray(scratch.length - written), larger.length - written)
  scratch = larger
}

/** Bytes of the RLP prefix of a string (of other than one small byte) or list with `length` bytes of content. */
export function headerLength(length: number): number {
  return length <= 55 ? 1 : length < 0x100 ? 2 : length < 0x10000 ? 3 : length < 0x1000000 ? 4 : 5
}

/** Writes an RLP prefix (`base` 0x80 or 0xc0); returns the offset behind it. */
export function writeHeader(out: Uint8Array, offset: number, base: number, length: number): number {
  const size = headerLength(length)
  if (size === 1) {
    out[offset] = base + length
    return offset + 1
  }
  out[offset] = base + 54 + size
  for (let i = size - 1, rest = length; i > 0; i--, rest = Math.floor(rest / 256)) out[offset + i] = rest & 0xff
  return offset + size
}
