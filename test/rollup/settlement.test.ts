import { bytesToHex, decodeFunctionData } from 'viem'
import { describe, expect, it } from 'vitest'
import { nativeRollupAbi } from '../../rollup/contracts.ts'
import { SETTLEMENT_LIMITS } from '../../rollup/limits.ts'
import { decodeSettlement } from '../../rollup/settling/settledBlocks.ts'
import { encodeSettlement, fits, gasLimitFor, marketFees, replacementFees } from '../../rollup/settling/settlement.ts'

const block = (bytes: number, regularGas: bigint, anchorBlock = 1n) => ({
  input: new Uint8Array(bytes).fill(7),
  regularGas,
  anchorBlock,
  transactions: 1,
})

describe('what one settlement carries', () => {
  it('always fits one block at the limits of the builder', () => {
    // selector, three words before the bytes, which are padded to words
    const largest = Math.floor((SETTLEMENT_LIMITS.maxCalldataBytes - 4 - 3 * 32) / 32) * 32
    expect(fits([block(largest, SETTLEMENT_LIMITS.maxRegularGas)], SETTLEMENT_LIMITS)).toBe(true)
  })

  it('is bounded in bytes', () => {
    expect(fits([block(121 * 1024, 0n)], SETTLEMENT_LIMITS)).toBe(false)
    expect(fits([block(50_000, 100_000n), block(50_000, 100_000n)], SETTLEMENT_LIMITS)).toBe(true)
    expect(fits([block(70_000, 100_000n), block(70_000, 100_000n)], SETTLEMENT_LIMITS)).toBe(false)
  })

  it('is bounded in gas', () => {
    const small = block(12_000, 200_000n)
    const count = (blocks: ReturnType<typeof block>[]) => fits(blocks, SETTLEMENT_LIMITS)
    expect(count(Array(9).fill(small))).toBe(true)
    expect(count([block(12_000, 8_000_000n), block(12_000, 8_000_000n)])).toBe(false)
  })

  it('has a gas limit that grows with every block', () => {
    const one = gasLimitFor([block(10_000, 21_000n)])
    const two = gasLimitFor([block(10_000, 21_000n), block(10_000, 21_000n)])
    expect(two).toBeGreaterThan(one)
    expect(one).toBeGreaterThan(21_000n + 160_000n)
  })
})

describe('settlement calldata', () => {
  it('is refused when it is not a settlement, whatever it is', () => {
    for (const calldata of ['0x', '0x12345678', `${encodeSettlement([block(10, 0n)])}`, '0x00'] as const) {
      expect(() => decodeSettlement(calldata)).toThrowError(expect.objectContaining({ code: 'BAD_L1_DATA' }))
    }
    const whole = encodeSettlement([block(100, 0n), block(100, 0n)])
    for (let length = 10; length < whole.length; length += 64) {
      const cut = whole.slice(0, length) as `0x${string}`
      expect(() => decodeSettlement(cut)).toThrowError(expect.objectContaining({ code: 'BAD_L1_DATA' }))
    }
  })

  it('names the forced transactions of a block that goes alone', () => {
    const call = decodeFunctionData({
      abi: nativeRollupAbi,
      data: encodeSettlement([{ ...block(10, 0n), forced: [7n, 3n] }]),
    })
    expect(call.functionName).toBe('advanceWithForced')
    expect(call.args?.slice(1)).toEqual([1n, [7n, 3n]])
    const cost = gasLimitFor([{ ...block(10, 0n), forced: [7n, 3n] }]) - gasLimitFor([block(10, 0n)])
    expect(cost).toBeGreaterThan(2n * 20_000n)
  })

  it('uses advance for one block and advanceBatch for several', () => {
    const selector = (data: string) => data.slice(0, 10)
    const one = encodeSettlement([block(10, 0n)])
    const two = encodeSettlement([block(10, 0n), block(10, 0n)])
    expect(selector(one)).not.toBe(selector(two))
    expect(one).toContain(bytesToHex(block(10, 0n).input).slice(2))
    expect(() => encodeSettlement([])).toThrow()
  })
})

describe('fees', () => {
  const market = marketFees(1_000_000_000n, 1_000_000_000n)

  it('leave room for a rising base fee', () => {
    expect(market).toEqual({ maxFeePerGas: 3_000_000_000n, priorityFee: 1_000_000_000n })
  })

  it('rise by more than 10 % when a transaction is stuck, and to the market when that is higher', () => {
    const bumped = replacementFees(market, market)
    expect(bumped?.maxFeePerGas).toBeGreaterThan((market.maxFeePerGas * 110n) / 100n)
    expect(bumped?.priorityFee).toBeGreaterThan((market.priorityFee * 110n) / 100n)
    const expensive = marketFees(50_000_000_000n, 1_000_000_000n)
    expect(replacementFees(expensive, market)?.maxFeePerGas).toBe(expensive.maxFeePerGas)
  })

  it('do not rise for ever', () => {
    let fees: ReturnType<typeof replacementFees> = market
    let steps = 0
    for (; fees !== undefined && steps < 1_000; steps++) fees = replacementFees(market, fees)
    expect(steps).toBeLessThan(50)
  })
})
