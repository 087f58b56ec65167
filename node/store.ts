import type { AbstractIterator, AbstractLevel } from 'abstract-level'
import { StoreError } from './errors.ts'
import { giveWay, isTurnOver } from './eventLoop.ts'
import { makeFolder } from './folder.ts'
import { FORMAT_KEY } from './storeKeys.ts'
import type { Store, StoreOperation } from './types.ts'

/** Raised whenever keys or codecs change in a way that older data does not follow. */
export const FORMAT_VERSION = 1

type Database = AbstractLevel<string | Buffer | Uint8Array, string, Uint8Array>

/** Blocks of files that LevelDB keeps decompressed. Half of its default: what is read often is in caches of ours. */
const LEVELDB_CACHE_BYTES = 4 * 1024 * 1024

/** Operations between two looks at the clock: a long batch gives way to other work, and is written as one all the same. */
const OPERATIONS_PER_LOOK = 64

/**
 * Opens the store of one chain: LevelDB in `dataDir` (made when absent), or memory without it.
 *
 * A batch is one LevelDB write: after kill -9 either all of it is there or nothing.
 * @throws StoreError DATA_DIR_LOCKED, DATA_DIR_UNUSABLE, UNKNOWN_FORMAT
 */
export async function openStore(options: { dataDir?: string } = {}): Promise<Store> {
  if (options.dataDir === undefined) return memoryStore()
  const database = await diskDatabase(options.dataDir)
  try {
    await checkFormat(database, options.dataDir)
  } catch (error) {
    await database.close()
    throw error
  }
  return {
    get: (key) => plainBytes(database.getSync(key)),
    range: (from, to, { reverse = false, limit = -1 } = {}) =>
      entries(database.iterator({ gte: from, lt: to, reverse, limit })),
    entries: () => openEntries(database.iterator()),
    batch: (operations) => writeBatch(database, operations),
    close: () => database.close(),
  }
}

async function writeBatch(database: Database, operations: readonly StoreOperation[]): Promise<void> {
  const batch = database.batch()
  for (const [index, operation] of operations.entries()) {
    if (operation.type === 'put') batch.put(operation.key, operation.value)
    else batch.del(operation.key)
    if (index % OPERATIONS_PER_LOOK === 0 && isTurnOver()) await giveWay()
  }
  await batch.write()
}

/** A map: ten times faster than an ordered tree, and only `range`, which hardly anyone asks for, needs the order. */
function memoryStore(): Store {
  const values = new Map<string, Uint8Array>()
  return {
    get: (key) => values.get(key),
    range(from, to, { reverse = false, limit = Number.POSITIVE_INFINITY } = {}) {
      const found = [...values].filter(([key]) => key >= from && key < to).sort(([a], [b]) => (a < b ? -1 : 1))
      if (reverse) found.reverse()
      return entries(found.slice(0, limit))
    },
    entries: () => entries([...values]),
    async batch(operations) {
      for (const operation of operations) {
        if (operation.type === 'put') values.set(operation.key, operation.value)
        else values.delete(operation.key)
      }
    },
    async close() {},
  }
}

async function diskDatabase(dataDir: string): Promise<Database> {
  try {
    makeFolder(dataDir)
    // Without a data directory nothing loads the native add-on and its 30 files.
    // CommonJS: a bundle gives it no names of its own.
    const { Level } = (await import('level')).default
    const database = new Level<string, Uint8Array>(dataDir, { keyEncoding: 'utf8', valueEncoding: 'view' })
    await database.open({ cacheSize: LEVELDB_CACHE_BYTES })
    return database as unknown as Database
  } catch (error) {
    const reason = rootCause(error)
    if ('code' in reason && reason.code === 'LEVEL_LOCKED') {
      const message = `data directory ${dataDir} is in use by another process; stop it or choose another --data-dir`
      throw new StoreError('DATA_DIR_LOCKED', message, { dataDir }, error)
    }
    const message = `data directory ${dataDir} cannot be opened: ${reason.message}`
    throw new StoreError('DATA_DIR_UNUSABLE', message, { dataDir }, error)
  }
}

async function checkFormat(database: Database, dataDir: string): Promise<void> {
  const stored = plainBytes(database.getSync(FORMAT_KEY))
  if (stored === undefined) {
    for await (const key of database.keys({ limit: 1 })) {
      const message = `data directory ${dataDir} holds a database that is not ours (first key ${JSON.stringify(key)})`
      throw new StoreError('UNKNOWN_FORMAT', message, { dataDir })
    }
    await database.put(FORMAT_KEY, Uint8Array.of(FORMAT_VERSION))
    return
  }
  if (stored.length === 1 && stored[0] === FORMAT_VERSION) return
  const message = `data directory ${dataDir} has format ${stored.join('.')}, this version reads format ${FORMAT_VERSION}`
  throw new StoreError('UNKNOWN_FORMAT', message, { dataDir, found: [...stored], wanted: FORMAT_VERSION })
}

async function* entries(
  iterator: AsyncIterable<[string, Uint8Array]> | Iterable<[string, Uint8Array]>,
): AsyncIterableIterator<[string, Uint8Array]> {
  for await (const [key, value] of iterator) yield [key, plainBytes(value)]
}

/** A generator that nobody begins never ends what it reads from; this does, and with it a snapshot of the database. */
function openEntries(
  iterator: AbstractIterator<Database, string, Uint8Array>,
): AsyncIterableIterator<[string, Uint8Array]> {
  return {
    [Symbol.asyncIterator]() {
      return this
    },
    async next() {
      const entry = await iterator.next()
      return entry === undefined ? DONE : { done: false, value: [entry[0], plainBytes(entry[1])] }
    },
    async return() {
      await iterator.close()
      return DONE
    },
  }
}

const DONE = { done: true, value: undefined } as const

/** LevelDB gives Buffers, whose `slice` shares memory: nothing outside this file should see one. */
function plainBytes<T extends Uint8Array | undefined>(value: T): T {
  return (
    value instanceof Uint8Array ? new Uint8Array(value.buffer, value.byteOffset, value.byteLength) : undefined
  ) as T
}

function rootCause(error: unknown): Error {
  if (!(error instanceof Error)) return new Error(String(error))
  return error.cause === undefined ? error : rootCause(error.cause)
}
