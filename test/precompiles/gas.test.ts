import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createExecutionCache } from '../../precompiles/cache.ts'
import { EXECUTE_BASE_GAS, executeGas, upfrontGas } from '../../precompiles/gas.ts'
import { BoundExceeded, checkBounds } from '../../precompiles/limits.ts'
import { calldataLength, MAX_EXECUTION_GAS, settlementGas } from '../../precompiles/settlementGas.ts'
import type { CachedExecution } from '../../precompiles/types.ts'
import type { TransactionFields } from '../../stateless/transactionFields.ts'
import { SEED } from '../stateless/arbitraries.ts'

test('price: 100,000 + 16 per byte + regular gas', () => {
  expect(EXECUTE_BASE_GAS).toBe(100_000n)
  expect(upfrontGas(0)).toBe(100_000n)
  expect(executeGas(1_000, 21_000n)).toBe(137_000n)
})

describe('settlement gas', () => {
  test('the largest block that the builder makes fits the cap of EIP-7825', () => {
    const largest = { inputLength: 120 * 1024, regularGas: 12_000_000n, transactions: 600 }
    const { executionGas, gasLimit } = settlementGas([largest])
    expect(executionGas).toBeLessThan(MAX_EXECUTION_GAS)
    expect(executionGas).toBeGreaterThan(16_300_000n)
    expect(gasLimit - executionGas).toBe(489_600n)
  })

  test('the calldata floor of 64 per byte wins for much input and little gas', () => {
    const input = { inputLength: 100_000, regularGas: 0n, transactions: 0 }
    const { executionGas, gasLimit } = settlementGas([input])
    const floor = 15_000n + 64n * BigInt(calldataLength([input]))
    expect(executionGas).toBeLessThan(floor)
    expect(gasLimit).toBe(floor + 489_600n)
  })

  test('calldata lengths are those of the ABI', () => {
    expect(calldataLength([{ inputLength: 33 }])).toBe(4 + 32 + 32 + 32 + 64)
    // a third head word, the length of the list and its ids
    expect(calldataLength([{ inputLength: 33, named: 2 }])).toBe(4 + 32 + 32 + 32 + 32 + 64 + 32 + 64)
    const two = [{ inputLength: 32 }, { inputLength: 1 }]
    // heads, two array lengths, two offsets, two anchors, and length + data of both inputs
    expect(calldataLength(two)).toBe(4 + 64 + 32 + 64 + 32 + 64 + 64 + 64)
  })

  test('every EXECUTE of a batch gets its whole price through the 63/64 rule', () => {
    const block = fc.record({
      inputLength: fc.integer({ min: 602, max: 100_000 }),
      regularGas: fc.bigInt({ min: 0n, max: 5_000_000n }),
      transactions: fc.integer({ min: 0, max: 600 }),
    })
    // the block behind whose EXECUTE the queue takes all that one call may spend on it
    const busy = fc.integer({ min: 0, max: 5 })
    fc.assert(
      fc.property(fc.array(block, { minLength: 1, maxLength: 6 }), busy, (blocks, at) => {
        const { executionGas } = settlementGas(blocks)
        let left = executionGas - 15_000n - 16n * BigInt(calldataLength(blocks))
        for (const [index, { inputLength, regularGas, transactions }] of blocks.entries()) {
          left -= 70_000n
          const price = executeGas(inputLength, regularGas)
          expect(left - left / 64n).toBeGreaterThanOrEqual(price)
          left -= price + 400n * BigInt(transactions)
          if (index === at % blocks.length) left -= 4n * 31_000n + 4n * 22_000n
        }
        expect(left).toBeGreaterThanOrEqual(0n)
      }),
      { seed: SEED, numRuns: 200 },
    )
  })
})

describe('bounds before any signature', () => {
  const envelope = (gasLimit: bigint): TransactionFields => ({
    type: 0,
    nonce: 0n,
    gasPrice: 0n,
    gasLimit,
    to: new Uint8Array(20),
    value: 0n,
    data: new Uint8Array(0),
    v: 27n,
    r: 1n,
    s: 1n,
  })
  const codeOf = (transactions: TransactionFields[], budget: bigint) => {
    try {
      checkBounds(transactions, budget)
      return undefined
    } catch (error) {
      if (!(error instanceof BoundExceeded)) throw error
      return error.code
    }
  }

  test('each gas limit must pay its lower bound', () => {
    expect(codeOf([envelope(12_000n)], 12_000n)).toBeUndefined()
    expect(codeOf([envelope(12_000n), envelope(11_999n)], 10n ** 9n)).toBe('GAS_LIMIT_TOO_LOW')
    expect(codeOf([envelope(0n)], 10n ** 9n)).toBe('GAS_LIMIT_TOO_LOW')
  })

  test('1,100 transactions that each pass do not pass together', () => {
    const many = Array.from({ length: 1_100 }, () => envelope(12_000n))
    expect(codeOf(many, 1n)).toBe('BOUND_OVER_BUDGET')
    expect(codeOf(many, 1_100n * 12_000n - 1n)).toBe('BOUND_OVER_BUDGET')
    expect(codeOf(many, 1_100n * 12_000n)).toBeUndefined()
  })
})

describe('cache', () => {
  const hash = (n: number) => new Uint8Array(32).fill(n)
  const valid: CachedExecution = { kind: 'valid', regularGas: 5n, output: new Uint8Array(43) }
  const failure = { stage: 'decode', code: 'BAD_SSZ', message: '', data: {} } as const

  test('keeps the largest insufficient budget', () => {
    const cache = createExecutionCache({ maxEntries: 4 })
    cache.set(hash(1), { kind: 'over', budget: 10n })
    cache.set(hash(1), { kind: 'over', budget: 7n })
    expect(cache.get(hash(1))).toEqual({ kind: 'over', budget: 10n })
    cache.set(hash(1), { kind: 'over', budget: 12n })
    expect(cache.get(hash(1))).toEqual({ kind: 'over', budget: 12n })
  })

  test('a final verdict replaces "over" and is not replaced by it', () => {
    const cache = createExecutionCache({ maxEntries: 4 })
    cache.set(hash(1), { kind: 'over', budget: 10n })
    cache.set(hash(1), valid)
    cache.set(hash(1), { kind: 'over', budget: 20n })
    expect(cache.get(hash(1))).toBe(valid)
    cache.set(hash(2), { kind: 'invalid', failure })
    cache.set(hash(2), { kind: 'over', budget: 20n })
    expect(cache.get(hash(2))).toEqual({ kind: 'invalid', failure })
  })

  test('forgets the least recently used entry', () => {
    const cache = createExecutionCache({ maxEntries: 2 })
    cache.set(hash(1), valid)
    cache.set(hash(2), valid)
    cache.get(hash(1))
    cache.set(hash(3), valid)
    expect(cache.get(hash(2))).toBeUndefined()
    expect(cache.get(hash(1))).toBe(valid)
    expect(cache.get(hash(3))).toBe(valid)
  })

  const failing = (bytes: number): CachedExecution => ({
    kind: 'invalid',
    failure: { ...failure, data: { claimed: new Uint8Array(bytes) } },
  })

  test('is bounded by bytes: the least recently used go until the rest fits', () => {
    const cache = createExecutionCache({ maxEntries: 100, maxBytes: 40_000 })
    cache.set(hash(1), failing(15_000))
    cache.set(hash(2), failing(15_000))
    cache.get(hash(1))
    cache.set(hash(3), failing(15_000))
    expect(cache.get(hash(2))).toBeUndefined()
    expect(cache.get(hash(1))).toBeDefined()
    expect(cache.get(hash(3))).toBeDefined()
  })

  test('what is too large alone is not kept, and leaves the bytes of what it replaced', () => {
    const cache = createExecutionCache({ maxEntries: 100, maxBytes: 40_000 })
    cache.set(hash(1), failing(30_000))
    cache.set(hash(1), failing(50_000))
    expect(cache.get(hash(1))).toBeUndefined()
    cache.set(hash(2), failing(30_000))
    for (let i = 0; i < 5; i++) cache.set(hash(2), failing(30_000))
    expect(cache.get(hash(2))).toBeDefined()
  })
})
