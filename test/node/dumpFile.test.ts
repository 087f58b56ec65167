import { createHash, randomBytes } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { encodeDump, openDump } from '../../node/dumpFile.ts'
import { openStore } from '../../node/store.ts'
import type { Store } from '../../node/types.ts'

const { signal } = new AbortController()

async function storeOf(entries: readonly [string, Uint8Array][]): Promise<Store> {
  const store = await openStore()
  await store.batch(entries.map(([key, value]) => ({ type: 'put', key, value })))
  return store
}
async function entriesOf(store: Store) {
  const found: [string, string][] = []
  for await (const [key, value] of store.entries()) found.push([key, Buffer.from(value).toString('hex')])
  return found.sort()
}
const encode = async (stores: readonly Store[], limits?: { maxBytes: number; maxContentBytes: number }) =>
  encodeDump(
    'the header',
    stores.map((store) => store.entries()),
    { signal, ...(limits && { limits }) },
  )

describe('a dump', () => {
  it('gives back every store, small and large values, and not the format key', async () => {
    const many = Array.from({ length: 3_000 }, (_, index): [string, Uint8Array] => [
      `n${index}`,
      randomBytes(index % 90),
    ])
    const stores = [
      await storeOf([...many, ['large', randomBytes(300_000)], ['empty', new Uint8Array(0)]]),
      await storeOf([]),
    ]
    const dump = await openDump(await encode([...stores, await storeOf([['format', Uint8Array.of(1)]])]))
    expect(dump.header).toBe('the header')
    for (const store of stores) {
      const copy = await openStore()
      await dump.fill(copy)
      expect(await entriesOf(copy)).toEqual(await entriesOf(store))
    }
    const last = await openStore()
    await dump.fill(last)
    expect(await entriesOf(last)).toEqual([])
    await dump.end()
  })

  it('is of the moment at which it was asked for', async () => {
    const store = await storeOf([['a', Uint8Array.of(1)]])
    const entries = store.entries()
    await store.batch([{ type: 'put', key: 'b', value: Uint8Array.of(2) }])
    const dump = await openDump(await encodeDump('', [entries], { signal }))
    const copy = await openStore()
    await dump.fill(copy)
    expect(await entriesOf(copy)).toEqual([['a', '01']])
  })

  it.each([
    ['file', { maxBytes: 1_000, maxContentBytes: 1_000_000 }],
    ['contents', { maxBytes: 1_000_000, maxContentBytes: 1_000 }],
  ])('is refused when its %s would be larger than allowed, by who writes and by who reads', async (_, limits) => {
    const store = await storeOf([['a', randomBytes(5_000)]])
    await expect(encode([store], limits)).rejects.toMatchObject({ code: 'DUMP_TOO_LARGE' })
    await expect(openDump(await encode([store]), limits)).rejects.toMatchObject({ code: 'DUMP_TOO_LARGE' })
  })
})

describe('a dump that fails', () => {
  it('lets go of the stores that it had no time to read', async () => {
    const left: string[] = []
    const watched = (name: string, store: Store): AsyncIterableIterator<[string, Uint8Array]> => {
      const entries = store.entries()
      return {
        [Symbol.asyncIterator]() {
          return this
        },
        next: () => entries.next(),
        async return() {
          left.push(name)
          return { done: true, value: undefined }
        },
      }
    }
    const store = await storeOf([['a', randomBytes(5_000)]])
    const entries = [watched('first', store), watched('second', store)]
    const limits = { maxBytes: 1_000_000, maxContentBytes: 1_000 }
    await expect(encodeDump('', entries, { limits, signal })).rejects.toMatchObject({ code: 'DUMP_TOO_LARGE' })
    expect(new Set(left)).toEqual(new Set(['first', 'second']))
  })
})

/** Any contents with a head and a checksum that are right for them. */
function forged(contents: Buffer, claimed = contents.length): Uint8Array {
  const packed = gzipSync(contents)
  const head = Buffer.alloc(52)
  head.write('REENACT:')
  head.writeUInt32BE(0x0001_0001, 8)
  head.writeBigUInt64BE(BigInt(claimed), 12)
  head.set(createHash('sha256').update(packed).digest(), 20)
  return Buffer.concat([head, packed])
}
const length = (value: number) => {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}
const EMPTY_HEADER = length(0)

describe('contents that nobody wrote honestly', () => {
  const read = async (file: Uint8Array) => {
    const dump = await openDump(file)
    await dump.fill(await openStore())
    await dump.end()
  }
  it('an empty store is sound', async () => {
    await expect(read(forged(Buffer.concat([EMPTY_HEADER, length(0)])))).resolves.toBeUndefined()
  })
  it.each<[string, Uint8Array]>([
    ['end inside a length', forged(Buffer.concat([EMPTY_HEADER, Buffer.of(0, 0)]))],
    ['end inside a key', forged(Buffer.concat([EMPTY_HEADER, length(5), Buffer.from('ab')]))],
    ['have a key of a gigabyte', forged(Buffer.concat([EMPTY_HEADER, length(2 ** 30)]))],
    ['have a value of 4 GiB', forged(Buffer.concat([EMPTY_HEADER, length(1), Buffer.from('a'), length(2 ** 32 - 1)]))],
    ['have no end of the store', forged(Buffer.concat([EMPTY_HEADER, length(1), Buffer.from('a'), length(0)]))],
    ['have something behind the end', forged(Buffer.concat([EMPTY_HEADER, length(0), Buffer.of(1)]))],
    ['are longer than they claim', forged(Buffer.concat([EMPTY_HEADER, length(0), Buffer.alloc(1_000_000)]), 8)],
    ['are shorter than they claim', forged(Buffer.concat([EMPTY_HEADER, length(0)]), 1_000)],
  ])('%s', async (_, file) => {
    await expect(read(file)).rejects.toMatchObject({ code: 'DUMP_DAMAGED' })
  })

  it('are no gzip', async () => {
    const file = Buffer.concat([Buffer.from(forged(Buffer.alloc(8)).subarray(0, 52)), Buffer.from('no gzip')])
    file.set(createHash('sha256').update('no gzip').digest(), 20)
    await expect(read(file)).rejects.toMatchObject({ code: 'DUMP_DAMAGED' })
  })
})
