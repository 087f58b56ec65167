import { promisify } from 'node:util'
import { constants, crc32, deflateRaw } from 'node:zlib'
import { LRUCache } from 'lru-cache'
import { giveWay, isTurnOver } from '../node/eventLoop.ts'
import { stringifyJson } from './json.ts'

const deflate = promisify(deflateRaw)
/** Shorter texts are kept as strings: putting an answer together from them is cheaper than sending pieces. */
const MIN_BYTES = 16_384
/** Bytes that are written as hex in one go. */
const HEX_SLICE = 1024 * 1024
const GZIP_HEADER = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff])
const GZIP_HEAD = Buffer.from('{"jsonrpc":"2.0","result":')

const PREPARED: unique symbol = Symbol('prepared JSON')

/** The JSON of a result that never changes, made once and put into every answer as it is. */
export type PreparedJson = {
  readonly [PREPARED]: true
  /** bytes when it is long */
  readonly text: string | Uint8Array
  /** raw deflate of GZIP_HEAD and `text`, ending on a byte and not yet finished; made when first asked for */
  deflated?: Promise<Deflated>
}
type Deflated = { bytes: Uint8Array; crc: number; length: number }

export function isPreparedJson(value: unknown): value is PreparedJson {
  return typeof value === 'object' && value !== null && PREPARED in value
}

export function preparedText({ text }: PreparedJson): string {
  return typeof text === 'string' ? text : Buffer.from(text).toString()
}

/** Throws RpcError RESPONSE_TOO_LARGE. */
export async function prepareJson(value: unknown, maxLength = Number.POSITIVE_INFINITY): Promise<PreparedJson> {
  const json = await stringifyJson(value, maxLength)
  const text = typeof json === 'string' ? json : json.join('')
  return { [PREPARED]: true, text: text.length < MIN_BYTES ? text : Buffer.from(text) }
}

/** The same for a value that is known to be short. */
export function prepareShortJson(value: unknown): PreparedJson {
  return { [PREPARED]: true, text: JSON.stringify(value) }
}

/** Many bytes as 0x hex, made with pauses for other work. */
export async function prepareHex(bytes: Uint8Array): Promise<PreparedJson> {
  const text = Buffer.alloc(2 * bytes.length + 4, '"')
  text.write('0x', 1)
  for (let from = 0; from < bytes.length; from += HEX_SLICE) {
    const slice = Buffer.from(bytes.buffer, bytes.byteOffset + from, Math.min(HEX_SLICE, bytes.length - from))
    text.write(slice.toString('hex'), 3 + 2 * from, 'latin1')
    if (isTurnOver()) await giveWay()
  }
  return { [PREPARED]: true, text }
}

/**
 * The answer with this result as a gzip stream. The long part is compressed once; the id comes after it, uncompressed,
 * so that what it adds to the checksum can be added to the stored one.
 */
export async function gzipPrepared(json: PreparedJson, id: string): Promise<readonly Uint8Array[]> {
  json.deflated ??= deflatePrepared(json.text)
  const { bytes, crc, length } = await json.deflated
  const tail = Buffer.from(`,"id":${id}}`)
  const trailer = Buffer.alloc(8)
  trailer.writeUInt32LE(crc32(tail, crc), 0)
  trailer.writeUInt32LE((length + tail.length) >>> 0, 4)
  return [GZIP_HEADER, bytes, ...storedBlocks(tail), trailer]
}

async function deflatePrepared(text: string | Uint8Array): Promise<Deflated> {
  const whole = Buffer.concat([GZIP_HEAD, typeof text === 'string' ? Buffer.from(text) : text])
  const bytes = await deflate(whole, { finishFlush: constants.Z_SYNC_FLUSH })
  return { bytes, crc: crc32(whole), length: whole.length }
}

/** Uncompressed deflate blocks, the last one final (RFC 1951 3.2.4). */
function storedBlocks(bytes: Uint8Array): Uint8Array[] {
  const blocks: Uint8Array[] = []
  for (let at = 0; at < bytes.length; at += 0xffff) {
    const piece = bytes.subarray(at, at + 0xffff)
    const header = Buffer.alloc(5)
    header[0] = at + 0xffff >= bytes.length ? 1 : 0
    header.writeUInt16LE(piece.length, 1)
    header.writeUInt16LE(piece.length ^ 0xffff, 3)
    blocks.push(header, piece)
  }
  return blocks
}

export type JsonCache = {
  /** The prepared JSON of what `make` gives; `key` names it for good. */
  get(key: string, make: () => unknown): PreparedJson | Promise<PreparedJson>
}

/**
 * Keeps at most `maxBytes` of prepared JSON, dropping what was not asked for longest. Whoever asks while it is made gets
 * the same one, also when it is too long to be kept.
 */
export function createJsonCache(maxBytes: number): JsonCache {
  const cache = new LRUCache<string, PreparedJson>({
    maxSize: maxBytes,
    // Half as much again stands for the compressed form; the rest are key, objects and buffers.
    sizeCalculation: ({ text }) => Math.ceil(text.length * 1.5) + 400,
  })
  const underWay = new Map<string, Promise<PreparedJson>>()

  function fill(key: string, make: () => unknown): Promise<PreparedJson> {
    const known = underWay.get(key)
    if (known) return known
    const made = prepare(key, make).finally(() => underWay.delete(key))
    underWay.set(key, made)
    return made
  }

  async function prepare(key: string, make: () => unknown): Promise<PreparedJson> {
    const prepared = await prepareJson(await make())
    cache.set(key, prepared)
    return prepared
  }

  return {
    get: (key, make) => cache.get(key) ?? fill(key, make),
  }
}
