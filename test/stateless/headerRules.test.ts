import { createBlockHeader } from '@ethereumjs/block'
import { Common, Hardfork, Mainnet } from '@ethereumjs/common'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { checkBlockAccessListSize } from '../../stateless/blockAccessList.ts'
import { InvalidBlock, InvalidWitness } from '../../stateless/errors.ts'
import { decodeHeader, encodeHeader } from '../../stateless/header.ts'
import { checkHeader, isGasLimitStep, nextBaseFee, nextExcessBlobGas } from '../../stateless/headerRules.ts'
import { keccak256 } from '../../stateless/keccak.ts'
import { encodeRlp } from '../../stateless/rlp.ts'
import type { BlockHeader } from '../../stateless/types.ts'
import { readWitnessHeaders } from '../../stateless/witnessHeaders.ts'
import { SEED } from './arbitraries.ts'
import { sampleHeader } from './samples.ts'

const common = new Common({ chain: Mainnet, hardfork: Hardfork.Amsterdam })

describe('fee rules equal those of EthereumJS', () => {
  const parentFields = fc.record({
    gasLimit: fc.bigInt({ min: 5_000n, max: 200_000_000n }),
    used: fc.double({ min: 0, max: 1, noNaN: true }),
    baseFeePerGas: fc.oneof(fc.bigInt({ min: 0n, max: 100n }), fc.bigInt({ min: 7n, max: 10n ** 12n })),
    excessBlobGas: fc.oneof(fc.bigInt({ min: 0n, max: 5_000_000n }), fc.bigInt({ min: 0n, max: 500_000_000n })),
    blobs: fc.bigInt({ min: 0n, max: 21n }),
  })

  test('base fee and excess blob gas', () => {
    fc.assert(
      fc.property(parentFields, ({ gasLimit, used, baseFeePerGas, excessBlobGas, blobs }) => {
        const gasUsed = BigInt(Math.floor(Number(gasLimit) * used))
        const fields = { gasLimit, gasUsed, baseFeePerGas, excessBlobGas, blobGasUsed: blobs * 131_072n }
        const theirs = createBlockHeader({ number: 1, ...fields }, { common })
        const parent = { ...sampleHeader(), ...fields }
        expect(nextBaseFee(parent)).toBe(theirs.calcNextBaseFee())
        expect(nextExcessBlobGas(parent)).toBe(theirs.calcNextExcessBlobGas(theirs.common))
      }),
      { seed: SEED, numRuns: 300 },
    )
  })

  test('a hostile excess of 2^64 with a base fee of 2^256 is answered at once', () => {
    const parent = { ...sampleHeader(), excessBlobGas: 2n ** 64n - 1n, blobGasUsed: 0n, baseFeePerGas: 2n ** 256n - 1n }
    expect(nextExcessBlobGas(parent)).toBe(2n ** 64n - 1n - 14n * 131_072n)
  })
})

test.each([
  [60_000_000n, 60_000_000n, true],
  [60_058_592n, 60_000_000n, true],
  [60_058_593n, 60_000_000n, false],
  [59_941_408n, 60_000_000n, true],
  [59_941_407n, 60_000_000n, false],
  [5_000n, 5_000n, true],
  [4_999n, 5_000n, false],
  [0n, 0n, false],
  [1n, 0n, false],
])('gas limit %d after %d: %s', (gasLimit, parent, ok) => {
  expect(isGasLimitStep(gasLimit, parent)).toBe(ok)
})

describe('one broken rule each', () => {
  const parent = sampleHeader()
  const parentHash = keccak256(encodeHeader(parent))
  const child: BlockHeader = {
    ...parent,
    parentHash,
    number: parent.number + 1n,
    timestamp: parent.timestamp + 1n,
    baseFeePerGas: nextBaseFee(parent),
    excessBlobGas: nextExcessBlobGas(parent),
  }

  test('the unbroken header passes', () => {
    expect(() => checkHeader(child, parent, parentHash)).not.toThrow()
  })

  test.each<[string, Partial<BlockHeader>]>([
    ['PARENT_HASH_MISMATCH', { parentHash: new Uint8Array(32) }],
    ['BAD_NUMBER', { number: parent.number + 2n }],
    ['BAD_NUMBER', { number: parent.number }],
    ['BAD_TIMESTAMP', { timestamp: parent.timestamp }],
    ['GAS_USED_EXCEEDS_LIMIT', { gasUsed: parent.gasLimit + 1n }],
    ['BAD_GAS_LIMIT', { gasLimit: parent.gasLimit + parent.gasLimit / 1_024n }],
    ['BAD_GAS_LIMIT', { gasLimit: 4_999n }],
    ['BAD_BASE_FEE', { baseFeePerGas: nextBaseFee(parent) + 1n }],
    ['BAD_EXCESS_BLOB_GAS', { excessBlobGas: nextExcessBlobGas(parent) + 1n }],
    ['BAD_EXCESS_BLOB_GAS', { excessBlobGas: 2n ** 64n - 1n }],
    ['BAD_EXTRA_DATA', { extraData: new Uint8Array(33) }],
  ])('%s', (code, broken) => {
    try {
      checkHeader({ ...child, ...broken }, parent, parentHash)
      expect.unreachable()
    } catch (error) {
      if (!(error instanceof InvalidBlock)) throw error
      expect(error.code).toBe(code)
    }
  })
})

describe('witness headers', () => {
  /** A chain of `count` headers with true parent hashes, oldest first, the first one numbered `from`. */
  function chain(count: number, from = 100n): Uint8Array[] {
    const headers: Uint8Array[] = []
    for (let i = 0; i < count; i++) {
      const previous = headers.at(-1)
      const parentHash = previous === undefined ? new Uint8Array(32) : keccak256(previous)
      headers.push(encodeHeader({ ...sampleHeader(), number: from + BigInt(i), parentHash }))
    }
    return headers
  }

  const codeOf = (run: () => unknown) => {
    try {
      run()
      return undefined
    } catch (error) {
      if (!(error instanceof InvalidWitness)) throw error
      return error.code
    }
  }

  test('the last header is the parent, hashes count backwards from the block', () => {
    const headers = chain(3)
    const { parent, parentHash, blockHash } = readWitnessHeaders(headers)
    expect(parent.number).toBe(102n)
    expect(parentHash).toEqual(keccak256(headers[2] ?? new Uint8Array(0)))
    for (const i of [0, 1, 2]) {
      expect(blockHash(BigInt(100 + i), 103n)).toEqual(keccak256(headers[i] ?? new Uint8Array(0)))
    }
  })

  test('an ancestor inside the window that was not supplied is an error, outside it is zero', () => {
    const { blockHash } = readWitnessHeaders(chain(2, 1_000n))
    expect(codeOf(() => blockHash(999n, 1_002n))).toBe('MISSING_ANCESTOR')
    expect(codeOf(() => blockHash(1_002n - 256n, 1_002n))).toBe('MISSING_ANCESTOR')
    for (const outside of [1_002n - 257n, 1_002n, 1_003n, 2n ** 255n]) {
      expect(blockHash(outside, 1_002n)).toEqual(new Uint8Array(32))
    }
  })

  test('256 headers reach the edge of the window', () => {
    const headers = chain(256, 1_000n)
    expect(readWitnessHeaders(headers).blockHash(1_000n, 1_256n)).toEqual(keccak256(headers[0] ?? new Uint8Array(0)))
  })

  test('a header of the previous fork is accepted, one of an older fork is not', () => {
    const { blockAccessListHash: _, slotNumber: __, ...prague } = sampleHeader()
    expect(readWitnessHeaders([encodeHeader(prague)]).parent).toEqual(prague)
    const { requestsHash: ___, ...cancun } = prague
    expect(decodeHeader(encodeHeader(cancun))).toEqual(cancun)
    expect(codeOf(() => readWitnessHeaders([encodeHeader(cancun)]))).toBe('BAD_HEADER')
  })

  test('empty list, broken link, undecodable header', () => {
    expect(codeOf(() => readWitnessHeaders([]))).toBe('NO_PARENT')
    const headers = chain(4)
    expect(codeOf(() => readWitnessHeaders(headers.toSpliced(1, 1)))).toBe('BROKEN_HEADER_CHAIN')
    expect(codeOf(() => readWitnessHeaders(headers.toReversed()))).toBe('BROKEN_HEADER_CHAIN')
    expect(codeOf(() => readWitnessHeaders([Uint8Array.of(0xc0)]))).toBe('BAD_HEADER')
    expect(codeOf(() => readWitnessHeaders(Array.from({ length: 257 }, () => headers[0] ?? new Uint8Array(0))))).toBe(
      'BAD_HEADER',
    )
  })
})

describe('size of the block access list', () => {
  const account = (changes: number, reads: number) => [
    new Uint8Array(20),
    Array.from({ length: changes }, () => []),
    Array.from({ length: reads }, () => new Uint8Array(32)),
    [],
    [],
    [],
  ]
  const list = encodeRlp([account(2, 3), account(0, 0)])

  test('addresses and slots count, at 2,000 gas each', () => {
    expect(() => checkBlockAccessListSize(list, 14_000n)).not.toThrow()
    expect(() => checkBlockAccessListSize(list, 13_999n)).toThrow('7 items, at most 6 allowed')
    expect(() => checkBlockAccessListSize(encodeRlp([]), 0n)).not.toThrow()
  })

  test.each([
    ['empty bytes', new Uint8Array(0)],
    ['a string', encodeRlp(new Uint8Array(3))],
    ['account of five items', encodeRlp([account(0, 0).slice(1)])],
    ['trailing byte', Uint8Array.from([...list, 0])],
  ])('%s is refused', (_name, rlp) => {
    try {
      checkBlockAccessListSize(rlp, 60_000_000n)
      expect.unreachable()
    } catch (error) {
      if (!(error instanceof InvalidBlock)) throw error
      expect(error.code).toBe('BLOCK_ACCESS_LIST_MISMATCH')
    }
  })
})
