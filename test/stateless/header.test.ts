import { createBlock, createBlockFromRLP, createBlockHeader } from '@ethereumjs/block'
import { Common, Hardfork, Mainnet } from '@ethereumjs/common'
import { MerklePatriciaTrie } from '@ethereumjs/mpt'
import { RLP } from '@ethereumjs/rlp'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { bytesToHex, hexToBytes } from '../../stateless/bytes.ts'
import { InvalidBlock, InvalidWitness } from '../../stateless/errors.ts'
import {
  blockRlp,
  decodeBlock,
  decodeHeader,
  EMPTY_OMMERS_HASH,
  encodeHeader,
  hashHeader,
} from '../../stateless/header.ts'
import { orderedTrieRoot } from '../../stateless/orderedTrie.ts'
import { EMPTY_TRIE_ROOT } from '../../stateless/trie.ts'
import type { BlockHeader } from '../../stateless/types.ts'
import { SEED } from './arbitraries.ts'
import { sampleHeader } from './samples.ts'

const bytes = (length: number, fill: number) => new Uint8Array(length).fill(fill)

const AMSTERDAM = sampleHeader()

/** The header as a fork with `count` fields knows it. */
function truncated(count: number): BlockHeader {
  return Object.fromEntries(Object.entries(AMSTERDAM).slice(0, count)) as BlockHeader
}

describe('headers', () => {
  test.each([15, 16, 17, 20, 21, 23])('%d fields round-trip', (count) => {
    const header = truncated(count)
    expect(decodeHeader(encodeHeader(header))).toEqual(header)
  })

  test.each([
    [Hardfork.Berlin, 15],
    [Hardfork.London, 16],
    [Hardfork.Shanghai, 17],
    [Hardfork.Cancun, 20],
    [Hardfork.Prague, 21],
    [Hardfork.Amsterdam, 23],
  ])('hash equals that of EthereumJS at %s', (hardfork, count) => {
    const common = new Common({ chain: Mainnet, hardfork })
    const header = count < 16 ? { ...truncated(count), difficulty: 12_345n } : truncated(count)
    const {
      ommersHash: uncleHash,
      transactionsRoot: transactionsTrie,
      receiptsRoot: receiptTrie,
      prevRandao: mixHash,
      ...same
    } = header
    const theirs = createBlockHeader(
      { ...same, uncleHash, transactionsTrie, receiptTrie, mixHash } as Parameters<typeof createBlockHeader>[0],
      { common, skipConsensusFormatValidation: true },
    )
    expect(bytesToHex(encodeHeader(header))).toBe(bytesToHex(theirs.serialize()))
    expect(bytesToHex(hashHeader(header))).toBe(bytesToHex(theirs.hash()))
  })

  const items = RLP.decode(encodeHeader(AMSTERDAM)) as Uint8Array[]
  const replaced = (index: number, item: Uint8Array | Uint8Array[]) =>
    RLP.encode(items.map((old, i) => (i === index ? item : old)))
  test.each<[string, Uint8Array]>([
    ['empty input', new Uint8Array(0)],
    ['a byte string', RLP.encode(bytes(40, 1))],
    ['22 fields', RLP.encode(items.slice(0, 22))],
    ['24 fields', RLP.encode([...items, Uint8Array.of(1)])],
    ['14 fields', RLP.encode(items.slice(0, 14))],
    ['short parent hash', replaced(0, bytes(31, 1))],
    ['long coinbase', replaced(2, bytes(21, 1))],
    ['bloom of 255 bytes', replaced(6, bytes(255, 1))],
    ['number with a leading zero', replaced(8, Uint8Array.of(0, 1))],
    ['gas limit of 33 bytes', replaced(9, bytes(33, 1))],
    ['a list in place of the timestamp', replaced(11, [])],
    ['nonce of 7 bytes', replaced(14, bytes(7, 0))],
    ['blob gas of 9 bytes', replaced(17, bytes(9, 1))],
    ['slot number of 9 bytes', replaced(22, bytes(9, 1))],
    ['trailing byte', Uint8Array.from([...encodeHeader(AMSTERDAM), 0])],
    ['truncated', encodeHeader(AMSTERDAM).slice(0, -1)],
  ])('%s is refused', (_name, rlp) => {
    expect(() => decodeHeader(rlp)).toThrow(InvalidWitness)
    try {
      decodeHeader(rlp)
    } catch (error) {
      expect(error instanceof InvalidWitness && error.code).toBe('BAD_HEADER')
    }
  })

  test('a gap between optional fields is a bug of the caller', () => {
    const { withdrawalsRoot: _, ...gap } = AMSTERDAM
    expect(() => encodeHeader(gap)).toThrow('misses an earlier field')
  })
})

describe('ordered tries', () => {
  test.each([0, 1, 2, 3, 16, 17, 127, 128, 129, 130, 255, 256, 257, 300])(
    '%d values: root equals the general trie',
    async (count) => {
      // Short values make nodes below 32 bytes, which sit inside their parents.
      for (const length of [1, 3, 40]) {
        const values = Array.from({ length: count }, (_, i) => bytes(length, (i % 250) + 1))
        const trie = new MerklePatriciaTrie()
        for (const [i, value] of values.entries()) await trie.put(RLP.encode(i), value)
        expect(bytesToHex(orderedTrieRoot(values))).toBe(bytesToHex(trie.root()))
      }
    },
  )

  test('empty root', () => {
    expect(bytesToHex(EMPTY_TRIE_ROOT)).toBe('56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421')
    expect(bytesToHex(EMPTY_OMMERS_HASH)).toBe('1dcc4de8dec75d7aab85b567b6ccd41ad312451b948a7413f0a142fd40d49347')
  })
})

describe('blocks', () => {
  const legacy = RLP.encode([1, 2, 21_000, bytes(20, 1), 3, new Uint8Array(0), 27, 1, 1].map((x) => x))
  const typed = Uint8Array.from([2, ...RLP.encode([Uint8Array.of(1), Uint8Array.of(2)])])
  const withdrawal = { index: 1n, validatorIndex: 2n, address: bytes(20, 9), amount: 3n }
  const block = {
    hash: hashHeader(AMSTERDAM),
    header: AMSTERDAM,
    transactions: [legacy, typed],
    ommers: [],
    withdrawals: [withdrawal],
  }

  test('round trip, raw transactions kept', () => {
    expect(decodeBlock(blockRlp(block))).toEqual(block)
  })

  test('same bytes as EthereumJS for an empty Cancun block', () => {
    const common = new Common({ chain: Mainnet, hardfork: Hardfork.Cancun })
    const theirs = createBlock({ header: { number: 5, baseFeePerGas: 7 } }, { common })
    const mine = decodeBlock(theirs.serialize())
    expect(bytesToHex(blockRlp(mine))).toBe(bytesToHex(theirs.serialize()))
    expect(bytesToHex(mine.hash)).toBe(bytesToHex(createBlockFromRLP(theirs.serialize(), { common }).hash()))
  })

  test('ommers of an old block round-trip', () => {
    const header = truncated(15)
    const old = { hash: hashHeader(header), header, transactions: [], ommers: [truncated(15)] }
    expect(decodeBlock(blockRlp(old))).toEqual(old)
  })

  test.each<[string, Uint8Array]>([
    ['empty input', new Uint8Array(0)],
    ['two items', RLP.encode([[], []])],
    ['five items', RLP.encode([[], [], [], [], []])],
    ['an empty transaction', RLP.encode([RLP.decode(encodeHeader(AMSTERDAM)), [new Uint8Array(0)], [], []])],
    [
      'a typed transaction that starts with 0x80',
      RLP.encode([RLP.decode(encodeHeader(AMSTERDAM)), [bytes(2, 0x80)], [], []]),
    ],
    ['withdrawals missing', RLP.encode([RLP.decode(encodeHeader(AMSTERDAM)), [], []])],
    ['withdrawals before Shanghai', RLP.encode([RLP.decode(encodeHeader(truncated(15))), [], [], []])],
    ['withdrawal of three fields', RLP.encode([RLP.decode(encodeHeader(AMSTERDAM)), [], [], [[1, 2, bytes(20, 1)]]])],
  ])('%s is refused', (_name, rlp) => {
    expect(() => decodeBlock(rlp)).toThrow(InvalidBlock)
  })

  test('mutated blocks never escape the typed error', () => {
    const rlp = blockRlp(block)
    fc.assert(
      fc.property(fc.nat(), fc.integer({ min: 1, max: 255 }), (at, mask) => {
        const mutated = rlp.slice()
        const position = at % mutated.length
        mutated[position] = (mutated[position] ?? 0) ^ mask
        try {
          expect(bytesToHex(blockRlp(decodeBlock(mutated)))).toBe(bytesToHex(mutated))
        } catch (error) {
          if (!(error instanceof InvalidBlock)) throw error
        }
      }),
      { seed: SEED, numRuns: 500 },
    )
  })

  test('deep nesting does not exhaust the stack', () => {
    let nested = '0xc0'
    expect(() => decodeBlock(hexToBytes(nested))).toThrow(InvalidBlock)
    nested = `0x${'f9ffff'.repeat(20_000)}`
    expect(() => decodeBlock(hexToBytes(nested))).toThrow(InvalidBlock)
  })
})
