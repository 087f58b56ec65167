import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Level } from 'level'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openStore } from '../../node/store.ts'
import type { Store } from '../../node/types.ts'
import { killHard, runChild } from './support/child.ts'

let dataDir: string

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'reenact-store-'))
})
afterEach(() => rm(dataDir, { recursive: true, force: true }))

const put = (key: string, ...value: number[]) => ({ type: 'put' as const, key, value: Uint8Array.from(value) })

async function keysOf(entries: AsyncIterable<[string, Uint8Array]>): Promise<string[]> {
  const keys: string[] = []
  for await (const [key] of entries) keys.push(key)
  return keys
}

describe.each(['memory', 'disk'])('store in %s', (kind) => {
  const open = () => openStore(kind === 'disk' ? { dataDir } : {})
  let store: Store
  beforeEach(async () => {
    store = await open()
  })
  afterEach(() => store.close())

  it('gives back plain bytes, empty ones included, and undefined for what is not there', async () => {
    await store.batch([put('a', 1, 2), put('empty')])
    expect(store.get('a')).toStrictEqual(Uint8Array.of(1, 2))
    expect(store.get('empty')).toStrictEqual(new Uint8Array(0))
    expect(store.get('b')).toBeUndefined()
  })

  it('applies operations of a batch in their order', async () => {
    await store.batch([put('a', 1)])
    await store.batch([{ type: 'del', key: 'a' }, put('a', 2), put('b', 3), { type: 'del', key: 'b' }])
    expect(store.get('a')).toStrictEqual(Uint8Array.of(2))
    expect(store.get('b')).toBeUndefined()
    await store.batch([])
  })

  it('ranges over [from, to) in both directions, as of the call', async () => {
    await store.batch([put('k1', 1), put('k2', 2), put('k3', 3), put('l1', 4)])
    const range = store.range('k1', 'k9')
    await store.batch([put('k4', 5)])
    expect(await keysOf(range)).toEqual(['k1', 'k2', 'k3'])
    expect(await keysOf(store.range('k1', 'k3'))).toEqual(['k1', 'k2'])
    expect(await keysOf(store.range('k', 'z', { reverse: true, limit: 2 }))).toEqual(['l1', 'k4'])
  })
})

describe('data directory', () => {
  it('is made when absent, and its content survives a restart', async () => {
    const nested = join(dataDir, 'l1', 'chain')
    const store = await openStore({ dataDir: nested })
    await store.batch([put('a', 7)])
    await store.close()
    const again = await openStore({ dataDir: nested })
    expect(again.get('a')).toStrictEqual(Uint8Array.of(7))
    await again.close()
  })

  it('is refused in one clear line while another has it open', async () => {
    const store = await openStore({ dataDir })
    const second = openStore({ dataDir })
    await expect(second).rejects.toMatchObject({
      code: 'DATA_DIR_LOCKED',
      message: expect.stringContaining('is in use by another process'),
    })
    await store.close()
  })

  it('is refused when it is a file', async () => {
    const file = join(dataDir, 'file')
    await writeFile(file, 'x')
    await expect(openStore({ dataDir: file })).rejects.toMatchObject({ code: 'DATA_DIR_UNUSABLE' })
  })

  it('is refused when another program or another version wrote it', async () => {
    const foreign = new Level(join(dataDir, 'foreign'))
    await foreign.put('theirs', '1')
    await foreign.close()
    await expect(openStore({ dataDir: join(dataDir, 'foreign') })).rejects.toMatchObject({ code: 'UNKNOWN_FORMAT' })

    const newer = await openStore({ dataDir: join(dataDir, 'newer') })
    await newer.batch([put('format', 99)])
    await newer.close()
    await expect(openStore({ dataDir: join(dataDir, 'newer') })).rejects.toMatchObject({
      code: 'UNKNOWN_FORMAT',
      data: { found: [99] },
    })
  })

  it('holds whole batches only after kill -9, and all that were acknowledged', async () => {
    let last = 0
    for (let round = 0; round < 4; round++) {
      const { child, lines } = runChild('./writeBatches.ts', [dataDir])
      let seen = 0
      for await (const line of lines) {
        last = Number(line)
        seen += 1
        if (seen === 5 + round * 3) break
      }
      await killHard(child)
      const store = await openStore({ dataDir })
      const head = store.get('head')?.[0] ?? 0
      expect(head).toBeGreaterThanOrEqual(last)
      for (let i = 0; i < 200; i++) expect(store.get(`e${i}`)?.[499]).toBe(head)
      await store.close()
    }
  })
})
