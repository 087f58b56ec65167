import { describe, expect, it } from 'vitest'
import { shareGas } from '../../precompiles/settlementShares.ts'

describe('shareGas', () => {
  const block = { regularGas: 1_000n, inputBytes: 100, zeroBytes: 40 }
  const price = { execute: 100_000n + 1_600n + 1_000n, calldata: 40n * 4n + 60n * 16n }
  it('splits the rest equally', () => {
    const [first, second] = shareGas(2n * (price.execute + price.calldata) + 7n, [block, block]) ?? []
    expect(first).toEqual({ ...price, overhead: 4n, used: price.execute + price.calldata + 4n })
    expect(second?.overhead).toBe(3n)
  })
  it('does not explain a transaction that used less', () => {
    expect(shareGas(price.execute + price.calldata - 1n, [block])).toBeUndefined()
  })
})
