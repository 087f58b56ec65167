import { RLP } from '@ethereumjs/rlp'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decodeRlpItem, RlpError, type RlpItem, rlpItems } from '../../stateless/rlp.ts'
import { RlpReader } from '../../stateless/rlpReader.ts'
import { SEED } from './arbitraries.ts'

type Tree = Uint8Array | Tree[]

function treeOfItem(item: RlpItem): Tree {
  return item.list ? rlpItems(item).map(treeOfItem) : item.payload
}

function treeOfReader(reader: RlpReader): Tree {
  return reader.map((items) => (items.isAtList ? treeOfReader(items.list()) : items.bytes()))
}

const { value: nested } = fc.letrec<{ value: Tree }>((tie) => ({
  value: fc.oneof({ depthSize: 'small' }, fc.uint8Array({ maxLength: 70 }), fc.array(tie('value'), { maxLength: 5 })),
}))

test('reads what the items of rlp.ts say, and refuses exactly what they refuse', () => {
  const attempt = (read: () => Tree): Tree | 'refused' => {
    try {
      return read()
    } catch (error) {
      if (!(error instanceof RlpError)) throw error
      return 'refused'
    }
  }
  let refused = 0
  fc.assert(
    fc.property(fc.array(nested, { maxLength: 5 }), fc.nat(), fc.nat({ max: 255 }), (tree, at, mask) => {
      const bytes = RLP.encode(tree as Uint8Array[]).slice()
      bytes[at % bytes.length] = (bytes[at % bytes.length] ?? 0) ^ mask
      const expected = attempt(() => {
        const item = decodeRlpItem(bytes)
        if (!item.list) throw new RlpError('a byte string')
        return treeOfItem(item)
      })
      expect(attempt(() => treeOfReader(RlpReader.ofList(bytes)))).toEqual(expected)
      if (expected === 'refused') refused++
    }),
    { seed: SEED, numRuns: 500 },
  )
  expect(refused).toBeGreaterThan(50)
})

describe('one item', () => {
  const over = (...content: number[]) => new RlpReader(Uint8Array.from(content), 0, content.length)

  test.each<[string, () => unknown]>([
    ['an integer with a leading zero', () => over(0x82, 0, 1).uint()],
    ['a zero byte as integer', () => over(0).uint()],
    ['an integer that is too wide', () => over(0x82, 1, 1).uint(1)],
    ['a list as integer', () => over(0xc0).uint()],
    ['a list as bytes', () => over(0xc0).bytes()],
    ['bytes as list', () => over(0x80).list()],
    ['bytes of another length', () => over(0x82, 1, 1).fixedBytes(3)],
    ['an integer behind the end', () => over().uint()],
    ['bytes behind the end', () => over().bytes()],
    ['one that reaches over the end of its list', () => new RlpReader(Uint8Array.of(0x82, 1, 1), 0, 2).bytes()],
    ['a byte behind the end of its list', () => new RlpReader(Uint8Array.of(5, 5), 0, 0).uint()],
  ])('%s is refused', (_, read) => {
    expect(read).toThrow(RlpError)
  })

  test('integers, and counting without reading', () => {
    const items = over(0x80, 0x7f, 0x81, 0x80, 0xc1, 0x01)
    expect(items.countItems()).toBe(4)
    expect([items.uint(), items.uint(), items.uint()]).toEqual([0n, 127n, 128n])
    expect(items.position).toBe(4)
    expect(items.list().uint(1)).toBe(1n)
    expect(items.isAtEnd).toBe(true)
    expect(items.isAtList).toBe(false)
  })
})
