import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Log, Receipt } from '../../execution/types.ts'
import { matchesLog } from '../../node/logIndex.ts'
import { decodeReceipts, encodeReceipts } from '../../node/receiptCodec.ts'
import { importedTags, l1Tags, resolveTag, settlementTags } from '../../node/tags.ts'
import { keccak256 } from '../../stateless/keccak.ts'

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length })
const uint = fc.bigInt({ min: 0n, max: (1n << 256n) - 1n })
const log: fc.Arbitrary<Log> = fc.record({
  address: bytes(20),
  topics: fc.array(bytes(32), { maxLength: 4 }),
  data: fc.uint8Array({ maxLength: 100 }),
})

const receipt: fc.Arbitrary<Receipt> = fc
  .record(
    {
      type: fc.integer({ min: 0, max: 4 }),
      outcome: fc.oneof(fc.constant<0 | 1>(0), fc.constant<0 | 1>(1), bytes(32)),
      cumulativeGasUsed: uint,
      gasUsed: uint,
      effectiveGasPrice: uint,
      logs: fc.array(log, { maxLength: 4 }),
      contractAddress: bytes(20),
      blobGasUsed: uint,
      blobGasPrice: uint,
    },
    { requiredKeys: ['type', 'outcome', 'cumulativeGasUsed', 'gasUsed', 'effectiveGasPrice', 'logs'] },
  )
  .map(({ outcome, ...rest }) => ({
    ...rest,
    ...(outcome instanceof Uint8Array ? { stateRoot: outcome } : { status: outcome }),
    logsBloom: new Uint8Array(256).fill(rest.logs.length),
  }))

describe('stored receipts', () => {
  it('come back as they were', () => {
    fc.assert(
      fc.property(fc.array(receipt, { maxLength: 5 }), (receipts) => {
        expect(decodeReceipts(encodeReceipts(receipts))).toEqual(receipts)
      }),
      { numRuns: 200, seed: 8079 },
    )
  })

  it('of a damaged store are not taken for receipts', () => {
    expect(() => decodeReceipts(Uint8Array.of(0xc2, 0xc1, 0x01))).toThrow('missing fields')
    expect(() => decodeReceipts(Uint8Array.of(0x01))).toThrow()
  })
})

describe('log filters', () => {
  const a = new Uint8Array(20).fill(1)
  const b = new Uint8Array(20).fill(2)
  const t = (n: number) => keccak256(Uint8Array.of(n))
  const found: Log = { address: a, topics: [t(1), t(2)], data: new Uint8Array() }
  it.each([
    ['no condition', {}, true],
    ['its address', { addresses: [b, a] }, true],
    ['another address', { addresses: [b] }, false],
    ['an empty list of addresses', { addresses: [] }, true],
    ['its first topic', { topics: [[t(1)]] }, true],
    ['a topic at the wrong position', { topics: [[t(2)]] }, false],
    ['a wildcard before its second topic', { topics: [undefined, [t(9), t(2)]] }, true],
    ['an empty position as a wildcard', { topics: [[], [t(2)]] }, true],
    ['a wrong second topic', { topics: [[t(1)], [t(9)]] }, false],
    ['more positions than the log has topics', { topics: [undefined, undefined, undefined] }, false],
  ])('match by %s: %o', (_name, filter, expected) => {
    expect(matchesLog(found, filter)).toBe(expected)
  })
})

describe('tags', () => {
  it.each([
    ['L1, young chain', l1Tags, 20n, [0n, 0n]],
    ['L1', l1Tags, 100n, [68n, 36n]],
    ['imported chain', importedTags, 54n, [54n, 54n]],
    ['L2', settlementTags(() => ({ settled: 7n, final: 3n })), 9n, [7n, 3n]],
    ['L2 during a rebuild', settlementTags(() => ({ settled: 7n, final: 3n })), 5n, [5n, 3n]],
  ])('%s', (_name, resolver, head, expected) => {
    expect([resolveTag('safe', 0n, head, resolver), resolveTag('finalized', 0n, head, resolver)]).toEqual(expected)
    expect(resolveTag('latest', 0n, head, resolver)).toBe(head)
    expect(resolveTag('earliest', 2n, head, resolver)).toBe(2n)
  })

  it('never point below genesis', () => {
    expect(resolveTag('safe', 1_000n, 1_001n, l1Tags)).toBe(1_000n)
  })
})
