import { concatBytes, EMPTY_BYTES } from './bytes.ts'
import { UndecodableInput } from './errors.ts'
import { merkleize, merkleizeProgressive, mixInActiveFields, mixInLength, toChunks, treeDepth } from './merkle.ts'

/**
 * One SSZ type: strict decoding, encoding and hash_tree_root from the same description, so that codec, roots and byte
 * layout cannot drift apart. Decoded byte strings are views into the input.
 *
 * `decode` reads exactly bytes[start, end) and throws UndecodableInput BAD_SSZ. `encode` writes at `offset`, returns the
 * end, and throws RangeError for a value that the type cannot hold (a bug of the caller, not of any input).
 */
export type SszType<T> = {
  /** byte length when all values have the same one */
  readonly fixedSize: number | undefined
  decode(bytes: Uint8Array, start: number, end: number): T
  size(value: T): number
  encode(value: T, out: Uint8Array, offset: number): number
  root(value: T): Uint8Array
}

/** A container also knows where each field (or the offset of a variable-size field) lies in its fixed part. */
export type SszContainer<T> = SszType<T> & {
  readonly fixedPart: number
  readonly positions: { readonly [K in keyof T]: number }
}

const OFFSET_SIZE = 4

export function badSsz(reason: string, position: number): UndecodableInput {
  return new UndecodableInput('BAD_SSZ', `${reason} at byte ${position}`, { position })
}

/** Does something with the part of a value that has this name or index; an error has the whole path in `data.path`. */
function inPart<T>(part: PropertyKey, decode: () => T): T {
  try {
    return decode()
  } catch (error) {
    if (!(error instanceof UndecodableInput)) throw error
    const { path = '' } = error.data
    const below = path === '' || String(path).startsWith('[') ? path : `.${path}`
    const name = typeof part === 'number' ? `[${part}]` : String(part)
    throw Object.assign(error, { data: { ...error.data, path: `${name}${below}` } })
  }
}

/** Unsigned little-endian integer of `length` bytes as a bigint. */
export function uint(length: 2 | 8 | 32): SszType<bigint> {
  const limit = 1n << BigInt(8 * length)
  const encode = (value: bigint, out: Uint8Array, offset: number): number => {
    if (value < 0n || value >= limit) throw new RangeError(`${value} does not fit ${length} bytes`)
    for (let i = 0, rest = value; i < length; i++, rest >>= 8n) out[offset + i] = Number(rest & 0xffn)
    return offset + length
  }
  return {
    fixedSize: length,
    decode(bytes, start, end) {
      requireLength(length, start, end)
      let value = 0n
      for (let i = end - 1; i >= start; i--) value = (value << 8n) | BigInt(bytes[i] ?? 0)
      return value
    },
    size: () => length,
    encode,
    root(value) {
      const chunk = new Uint8Array(32)
      encode(value, chunk, 0)
      return chunk
    },
  }
}

/** One byte, 0 or 1; anything else is refused. */
export const boolean: SszType<boolean> = {
  fixedSize: 1,
  decode(bytes, start, end) {
    requireLength(1, start, end)
    const byte = bytes[start]
    if (byte !== 0 && byte !== 1) throw badSsz(`boolean of value ${byte}`, start)
    return byte === 1
  },
  size: () => 1,
  encode(value, out, offset) {
    out[offset] = value ? 1 : 0
    return offset + 1
  },
  root(value) {
    const chunk = new Uint8Array(32)
    chunk[0] = value ? 1 : 0
    return chunk
  },
}

/** ByteVector[length]. */
export function byteVector(length: number): SszType<Uint8Array> {
  const depth = treeDepth(Math.ceil(length / 32))
  return {
    fixedSize: length,
    decode(bytes, start, end) {
      requireLength(length, start, end)
      return bytes.subarray(start, end)
    },
    size: () => length,
    encode(value, out, offset) {
      if (value.length !== length) throw new RangeError(`expected ${length} bytes, found ${value.length}`)
      out.set(value, offset)
      return offset + length
    },
    root: (value) => merkleize(toChunks(value), depth),
  }
}

/**
 * A fixed-size container kept as its raw bytes (request items): only its root looks at the fields, whose byte lengths
 * are given in order.
 */
export function packedContainer(fieldLengths: readonly number[]): SszType<Uint8Array> {
  const raw = byteVector(fieldLengths.reduce((sum, length) => sum + length, 0))
  const fields = fieldLengths.map((length) => byteVector(length))
  const depth = treeDepth(fields.length)
  return {
    ...raw,
    root(value) {
      let offset = 0
      const roots = fields.map((field, i) => {
        const start = offset
        offset += fieldLengths[i] ?? 0
        return field.root(value.subarray(start, offset))
      })
      return merkleize(concatBytes(roots), depth)
    },
  }
}

/** ByteList[limit], or ProgressiveByteList without a limit. */
export function byteList(limit?: number): SszType<Uint8Array> {
  return {
    fixedSize: undefined,
    decode(bytes, start, end) {
      if (limit !== undefined && end - start > limit) {
        throw badSsz(`byte list of ${end - start} bytes, at most ${limit} allowed`, start)
      }
      return start === end ? EMPTY_BYTES : bytes.subarray(start, end)
    },
    size: (value) => value.length,
    encode(value, out, offset) {
      if (limit !== undefined && value.length > limit) throw new RangeError(`byte list of ${value.length} bytes`)
      out.set(value, offset)
      return offset + value.length
    },
    root: (value) => mixInLength(listTree(toChunks(value), limit && Math.ceil(limit / 32)), value.length),
  }
}

/** List[item, limit], or ProgressiveList[item] without a limit. Items are composite types, one chunk each. */
export function list<T>(item: SszType<T>, limit?: number): SszType<readonly T[]> {
  const codec = item.fixedSize === undefined ? variableItems(item, limit) : fixedItems(item, item.fixedSize, limit)
  return {
    ...codec,
    fixedSize: undefined,
    root: (values) => mixInLength(listTree(concatBytes(values.map(item.root)), limit), values.length),
  }
}

type ListCodec<T> = Pick<SszType<readonly T[]>, 'decode' | 'size' | 'encode'>

function fixedItems<T>(item: SszType<T>, itemSize: number, limit?: number): ListCodec<T> {
  return {
    decode(bytes, start, end) {
      if ((end - start) % itemSize !== 0) throw badSsz(`list is not a multiple of ${itemSize} bytes`, start)
      checkCount((end - start) / itemSize, limit, start)
      const values: T[] = []
      for (let at = start; at < end; at += itemSize) values.push(item.decode(bytes, at, at + itemSize))
      return values
    },
    size: (values) => values.length * itemSize,
    encode(values, out, offset) {
      let at = offset
      for (const value of values) at = item.encode(value, out, at)
      return at
    },
  }
}

function variableItems<T>(item: SszType<T>, limit?: number): ListCodec<T> {
  return {
    decode(bytes, start, end) {
      if (start === end) return []
      const first = readOffset(bytes, start, end, start)
      // The first offset gives the count, and it lies inside the list: a huge count never reaches an allocation.
      if (first === start || (first - start) % OFFSET_SIZE !== 0) throw badSsz('bad first offset of a list', start)
      const count = (first - start) / OFFSET_SIZE
      checkCount(count, limit, start)
      const values: T[] = []
      let at = first
      for (let i = 1; i <= count; i++) {
        const next = i === count ? end : readOffset(bytes, start + i * OFFSET_SIZE, end, start)
        if (next < at) throw badSsz('descending offset', start + i * OFFSET_SIZE)
        values.push(inPart(i - 1, () => item.decode(bytes, at, next)))
        at = next
      }
      return values
    },
    size: (values) => values.reduce((sum, value) => sum + OFFSET_SIZE + item.size(value), 0),
    encode(values, out, offset) {
      let at = offset + values.length * OFFSET_SIZE
      values.forEach((value, i) => {
        writeOffset(out, offset + i * OFFSET_SIZE, at - offset)
        at = item.encode(value, out, at)
      })
      return at
    },
  }
}

/** Field descriptions of a container in wire order. */
export type Fields<T> = { readonly [K in keyof T]-?: SszType<T[K]> }

/** Container, merkleized as a plain binary tree. */
export function container<T extends object>(fields: Fields<T>): SszContainer<T> {
  return makeContainer(fields, (roots, count) => merkleize(roots, treeDepth(count)))
}

/** ProgressiveContainer with all fields active (EIP-7495): the wire form of a Container, another root. */
export function progressiveContainer<T extends object>(fields: Fields<T>): SszContainer<T> {
  return makeContainer(fields, (roots, count) => mixInActiveFields(merkleizeProgressive(roots), count))
}

type Field<T> = { name: keyof T; type: SszType<T[keyof T]>; position: number }

function makeContainer<T extends object>(
  fields: Fields<T>,
  combine: (roots: Uint8Array, count: number) => Uint8Array,
): SszContainer<T> {
  const table = fieldTable(fields)
  const fixedPart = table.reduce((sum, { type }) => sum + (type.fixedSize ?? OFFSET_SIZE), 0)
  const allFixed = table.every(({ type }) => type.fixedSize !== undefined)
  return {
    fixedSize: allFixed ? fixedPart : undefined,
    fixedPart,
    positions: Object.fromEntries(table.map(({ name, position }) => [name, position])) as { [K in keyof T]: number },
    decode: (bytes, start, end) => decodeContainer(table, fixedPart, bytes, start, end),
    size: (value) =>
      table.reduce(
        (sum, { name, type }) => (type.fixedSize === undefined ? sum + type.size(value[name]) : sum),
        fixedPart,
      ),
    encode: (value, out, offset) => encodeContainer(table, fixedPart, value, out, offset),
    root: (value) => combine(concatBytes(table.map(({ name, type }) => type.root(value[name]))), table.length),
  }
}

function fieldTable<T extends object>(fields: Fields<T>): Field<T>[] {
  let position = 0
  return (Object.keys(fields) as (keyof T)[]).map((name) => {
    const type = fields[name] as SszType<T[keyof T]>
    const field = { name, type, position }
    position += type.fixedSize ?? OFFSET_SIZE
    return field
  })
}

function decodeContainer<T>(table: Field<T>[], fixedPart: number, bytes: Uint8Array, start: number, end: number): T {
  if (end - start < fixedPart) throw badSsz(`container of ${end - start} bytes, fixed part is ${fixedPart}`, start)
  const value: Partial<T> = {}
  let open: Field<T> | undefined
  let openAt = start + fixedPart
  for (const field of table) {
    const at = start + field.position
    if (field.type.fixedSize !== undefined) {
      const fieldEnd = at + field.type.fixedSize
      value[field.name] = inPart(field.name, () => field.type.decode(bytes, at, fieldEnd))
      continue
    }
    const next = inPart(field.name, () => {
      const offset = readOffset(bytes, at, end, start)
      if (open === undefined && offset !== openAt) throw badSsz('first offset is not the size of the fixed part', at)
      if (offset < openAt) throw badSsz('descending offset', at)
      return offset
    })
    if (open !== undefined) value[open.name] = decodeOpen(open, bytes, openAt, next)
    open = field
    openAt = next
  }
  if (open !== undefined) value[open.name] = decodeOpen(open, bytes, openAt, end)
  else if (end !== start + fixedPart) throw badSsz('trailing bytes', start + fixedPart)
  return value as T
}

function decodeOpen<T>({ name, type }: Field<T>, bytes: Uint8Array, start: number, end: number): T[keyof T] {
  return inPart(name, () => type.decode(bytes, start, end))
}

function encodeContainer<T>(table: Field<T>[], fixedPart: number, value: T, out: Uint8Array, offset: number): number {
  let end = offset + fixedPart
  for (const { name, type, position } of table) {
    if (type.fixedSize !== undefined) {
      type.encode(value[name], out, offset + position)
    } else {
      writeOffset(out, offset + position, end - offset)
      end = type.encode(value[name], out, end)
    }
  }
  return end
}

function listTree(chunks: Uint8Array, chunkLimit: number | undefined): Uint8Array {
  return chunkLimit === undefined ? merkleizeProgressive(chunks) : merkleize(chunks, treeDepth(chunkLimit))
}

function requireLength(length: number, start: number, end: number): void {
  if (end - start !== length) throw badSsz(`expected ${length} bytes, found ${end - start}`, start)
}

function checkCount(count: number, limit: number | undefined, position: number): void {
  if (limit !== undefined && count > limit) throw badSsz(`list of ${count} items, at most ${limit} allowed`, position)
}

/** Reads a 4-byte offset at `at`, relative to `base`, and returns it as an absolute position inside [base, end]. */
function readOffset(bytes: Uint8Array, at: number, end: number, base: number): number {
  if (at + OFFSET_SIZE > end) throw badSsz('truncated offset', at)
  const offset =
    (bytes[at] ?? 0) + (bytes[at + 1] ?? 0) * 0x100 + (bytes[at + 2] ?? 0) * 0x10000 + (bytes[at + 3] ?? 0) * 0x1000000
  if (base + offset > end) throw badSsz(`offset ${offset} beyond the end`, at)
  return base + offset
}

function writeOffset(out: Uint8Array, at: number, offset: number): void {
  new DataView(out.buffer, out.byteOffset, out.byteLength).setUint32(at, offset, true)
}
