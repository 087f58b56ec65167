import { RLP } from '@ethereumjs/rlp'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { bytesToBigint, bytesToHex, hexToBytes } from '../../stateless/bytes.ts'
import { orderedTrieRoot } from '../../stateless/orderedTrie.ts'
import { encodeRlp, type RlpValue, rlpInteger } from '../../stateless/rlp.ts'

const bytes = fc.oneof(
  fc.uint8Array({ maxLength: 70 }),
  fc.integer({ min: 250, max: 70_000 }).map((length) => new Uint8Array(length).fill(length)),
)
const { value: nested } = fc.letrec<{ value: RlpValue }>((tie) => ({
  value: fc.oneof({ depthSize: 'small' }, bytes, fc.array(tie('value'), { maxLength: 8 })),
}))

describe('encodeRlp', () => {
  it('agrees with @ethereumjs/rlp on nested lists, short and long', () => {
    fc.assert(
      fc.property(nested, (value) => {
        expect(bytesToHex(encodeRlp(value))).toBe(bytesToHex(RLP.encode(value as Uint8Array)))
      }),
      { seed: 8079, numRuns: 100 },
    )
  })

  it.each([4_090, 4_096, 4_100, 70_000, 1_100_000, 17_000_000])(
    'writes %i bytes, and a short item after them',
    (length) => {
      const large = new Uint8Array(length).fill(7)
      const list = encodeRlp([Uint8Array.of(1), large, { rawRlp: Uint8Array.of(0xc0) }, Uint8Array.of(2)])
      expect(Buffer.compare(list, RLP.encode([Uint8Array.of(1), large, [], Uint8Array.of(2)]))).toBe(0)
      expect(encodeRlp([Uint8Array.of(0x80), new Uint8Array(0)])).toEqual(Uint8Array.of(0xc3, 0x81, 0x80, 0x80))
    },
  )
})

it('integers become their minimal bytes and come back', () => {
  for (const value of [
    0n,
    1n,
    0x7fn,
    0x80n,
    0xffn,
    0x100n,
    0xffffn,
    0x10000n,
    2n ** 48n - 1n,
    2n ** 48n,
    2n ** 256n - 1n,
  ]) {
    const hex = value === 0n ? '' : value.toString(16)
    const expected = hexToBytes(hex.length % 2 === 0 ? hex : `0${hex}`)
    expect(rlpInteger(value)).toEqual(expected)
    expect(bytesToBigint(expected)).toBe(value)
    expect(bytesToBigint(Uint8Array.from([0, 0, ...expected]))).toBe(value)
  }
})

it('hex of a view is that of the view', () => {
  expect(bytesToHex(Uint8Array.of(1, 0xab, 0xff, 3).subarray(1, 3))).toBe('abff')
  expect(bytesToHex(new Uint8Array(0))).toBe('')
})

it('the ordered trie needs no general inserts: roots by number of values are those of the trie built one by one', async () => {
  const { MerklePatriciaTrie } = await import('@ethereumjs/mpt')
  const trie = new MerklePatriciaTrie()
  const values: Uint8Array[] = []
  for (let index = 0; index < 300; index++) {
    const value = new Uint8Array(1 + ((index * 37) % 90)).fill(index + 1)
    values.push(value)
    await trie.put(RLP.encode(index), value)
    if (index < 40 || index > 120) expect(bytesToHex(orderedTrieRoot(values))).toBe(bytesToHex(trie.root()))
  }
})
