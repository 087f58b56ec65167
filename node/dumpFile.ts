import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGunzip, createGzip } from 'node:zlib'
import { DumpError } from './errors.ts'
import { giveWay, isTurnOver } from './eventLoop.ts'
import { FORMAT_VERSION } from './store.ts'
import { FORMAT_KEY } from './storeKeys.ts'
import type { Store, StoreOperation } from './types.ts'

/**
 * Chains in one file. Before the contents: 8 bytes "REENACT:", the format as uint32, the length of the contents as uint64,
 * and the SHA-256 of everything after it. Then, as gzip: a JSON text with its length as uint32, and of each chain the
 * entries of its store, key and value each with its length as uint32, ended by a key of length 0. Big-endian.
 */
const MAGIC = Buffer.from('REENACT:')
/** Of this file, and of the stores in it: both must be as this version writes them. */
const FORMAT = 0x0001_0000 + FORMAT_VERSION
const HEAD_BYTES = MAGIC.length + 4 + 8 + 32

/** Of a whole file, and of what is in it. */
export type DumpLimits = { maxBytes: number; maxContentBytes: number }
export const DUMP_LIMITS: DumpLimits = { maxBytes: 256 * 1024 * 1024, maxContentBytes: 1024 * 1024 * 1024 }

const MAX_KEY_BYTES = 1_024
const MAX_VALUE_BYTES = 64 * 1024 * 1024
const CHUNK_BYTES = 65_536
/** Entries of one write into a store. */
const BATCH_ENTRIES = 512

export type DumpedEntries = AsyncIterableIterator<[string, Uint8Array]>

type DumpOptions = { limits?: DumpLimits; signal: AbortSignal }

/** Reads the chains to their ends, or lets them go. Throws DumpError DUMP_TOO_LARGE, and the signal's reason. */
export async function encodeDump(
  header: string,
  chains: readonly DumpedEntries[],
  options: DumpOptions,
): Promise<Uint8Array> {
  try {
    return await encode(header, chains, options)
  } finally {
    for (const entries of chains) await entries[Symbol.asyncIterator]().return?.()
  }
}

async function encode(
  header: string,
  chains: readonly DumpedEntries[],
  { limits = DUMP_LIMITS, signal }: DumpOptions,
): Promise<Uint8Array> {
  const hash = createHash('sha256')
  const packed: Buffer[] = []
  let [size, contentBytes] = [0, 0n]
  await pipeline(
    Readable.from(inChunks(contents(header, chains)), { objectMode: true }),
    async function* (chunks: AsyncIterable<Buffer>) {
      for await (const chunk of chunks) {
        contentBytes += BigInt(chunk.length)
        if (contentBytes > BigInt(limits.maxContentBytes)) throw tooLarge(limits.maxContentBytes)
        yield chunk
      }
    },
    createGzip(),
    async (chunks: AsyncIterable<Buffer>) => {
      for await (const chunk of chunks) {
        size += chunk.length
        if (HEAD_BYTES + size > limits.maxBytes) throw tooLarge(limits.maxBytes)
        hash.update(chunk)
        packed.push(chunk)
      }
    },
    { signal },
  )
  const head = Buffer.alloc(HEAD_BYTES)
  MAGIC.copy(head)
  head.writeUInt32BE(FORMAT, 8)
  head.writeBigUInt64BE(contentBytes, 12)
  head.set(hash.digest(), 20)
  return Buffer.concat([head, ...packed])
}

async function* contents(header: string, chains: readonly DumpedEntries[]): AsyncIterable<Buffer> {
  yield* field(Buffer.from(header))
  for (const entries of chains) {
    for await (const [key, value] of entries) {
      if (key === FORMAT_KEY) continue
      yield* field(Buffer.from(key))
      yield* field(value)
    }
    yield lengthOf(0)
  }
}

function* field(bytes: Uint8Array): Iterable<Buffer> {
  yield lengthOf(bytes.length)
  yield Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

function lengthOf(length: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(length)
  return bytes
}

/** Many small pieces as few larger ones: each passes through streams of its own. */
async function* inChunks(pieces: AsyncIterable<Buffer>): AsyncIterable<Buffer> {
  let waiting: Buffer[] = []
  let size = 0
  for await (const piece of pieces) {
    waiting.push(piece)
    size += piece.length
    if (size < CHUNK_BYTES) continue
    yield Buffer.concat(waiting)
    if (isTurnOver()) await giveWay()
    waiting = []
    size = 0
  }
  yield Buffer.concat(waiting)
}

/** A dump whose bytes are all there and as they were written. What they say has still to be judged. */
export type OpenDump = {
  readonly header: string
  /** writes the entries of the next chain into an empty store */
  fill(store: Store): Promise<void>
  /** nothing may follow the last chain */
  end(): Promise<void>
  close(): void
}

/** Throws DumpError NOT_A_DUMP, DUMP_VERSION, DUMP_DAMAGED, DUMP_TOO_LARGE. */
export async function openDump(file: Uint8Array, limits: DumpLimits = DUMP_LIMITS): Promise<OpenDump> {
  const contentBytes = await checkHead(file, limits)
  const unpacked = Readable.from(slices(file.subarray(HEAD_BYTES))).pipe(createGunzip())
  const reader = createReader(unpacked, contentBytes)
  const header = Buffer.from(await reader.field(MAX_VALUE_BYTES)).toString()
  return {
    header,
    async fill(store) {
      let batch: StoreOperation[] = []
      for (;;) {
        const key = await reader.field(MAX_KEY_BYTES)
        if (key.length === 0) break
        const value = await reader.field(MAX_VALUE_BYTES)
        batch.push({ type: 'put', key: Buffer.from(key).toString(), value })
        if (batch.length < BATCH_ENTRIES) continue
        await store.batch(batch)
        batch = []
      }
      await store.batch(batch)
    },
    end: reader.end,
    close: () => void unpacked.destroy(),
  }
}

async function checkHead(file: Uint8Array, limits: DumpLimits): Promise<number> {
  if (file.length > limits.maxBytes) throw tooLarge(limits.maxBytes)
  const head = Buffer.from(file.buffer, file.byteOffset, Math.min(file.length, HEAD_BYTES))
  if (head.length < HEAD_BYTES || !head.subarray(0, MAGIC.length).equals(MAGIC)) {
    throw new DumpError('NOT_A_DUMP', 'not a dump of a devnet: it does not begin like one')
  }
  const format = head.readUInt32BE(8)
  if (format !== FORMAT) {
    const versions = `${versionOf(format)}, this version of the software reads ${versionOf(FORMAT)}`
    throw new DumpError('DUMP_VERSION', `a dump of format ${versions}`, { found: format, wanted: FORMAT })
  }
  const contentBytes = head.readBigUInt64BE(12)
  if (contentBytes > BigInt(limits.maxContentBytes)) throw tooLarge(limits.maxContentBytes)
  const hash = createHash('sha256')
  for (const slice of slices(file.subarray(HEAD_BYTES))) {
    hash.update(slice)
    if (isTurnOver()) await giveWay()
  }
  if (!hash.digest().equals(head.subarray(20))) throw damaged('its checksum is not that of its contents')
  return Number(contentBytes)
}

const versionOf = (format: number): string => `${format >>> 16}.${format & 0xffff}`

function* slices(bytes: Uint8Array): Iterable<Uint8Array> {
  for (let from = 0; from < bytes.length; from += CHUNK_BYTES) yield bytes.subarray(from, from + CHUNK_BYTES)
}

/** Reads fields from chunks as they come. Never more is asked for than the contents are said to have. */
function createReader(source: AsyncIterable<Buffer>, contentBytes: number) {
  const chunks = source[Symbol.asyncIterator]()
  let chunk: Uint8Array = new Uint8Array(0)
  let left = contentBytes

  async function more(): Promise<Uint8Array | undefined> {
    if (isTurnOver()) await giveWay()
    try {
      const next = await chunks.next()
      return next.done === true ? undefined : next.value
    } catch (error) {
      throw damaged((error as Error).message)
    }
  }

  async function read(length: number): Promise<Uint8Array> {
    if (length > left) throw damaged('it ends too early')
    left -= length
    const bytes = new Uint8Array(length)
    for (let at = 0; at < length; ) {
      const part = chunk.subarray(0, length - at)
      bytes.set(part, at)
      at += part.length
      chunk = chunk.subarray(part.length)
      if (at === length) break
      const next = await more()
      if (next === undefined) throw damaged('it ends too early')
      chunk = next
    }
    return bytes
  }

  return {
    async field(maxBytes: number): Promise<Uint8Array> {
      const { buffer } = await read(4)
      const length = new DataView(buffer).getUint32(0)
      if (length > maxBytes) throw damaged(`a field of ${length} bytes`)
      return read(length)
    },
    async end(): Promise<void> {
      if (left > 0 || chunk.length > 0 || (await more()) !== undefined) throw damaged('something follows its end')
    },
  }
}

function damaged(why: string): DumpError {
  return new DumpError('DUMP_DAMAGED', `the dump is damaged: ${why}`)
}

function tooLarge(limit: number): DumpError {
  return new DumpError('DUMP_TOO_LARGE', `the dump is larger than ${limit} bytes`, { limit })
}
