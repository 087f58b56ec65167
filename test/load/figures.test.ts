import { describe, expect, it } from 'vitest'
import { chainFigures, settlementFigures, trafficFigures } from '../../load/figures.ts'
import type { Receipt } from '../../load/sender.ts'
import type { Sent, SettledRow, SettlementRow } from '../../load/types.ts'

const bytes = {
  input: 1_000,
  witnessState: 300,
  witnessCodes: 100,
  witnessHeaders: 50,
  transactions: 400,
  accessList: 90,
}
const block = (l2Block: number, transactions: number, l2Gas: number): SettledRow => ({
  l2Block,
  l1Block: 5,
  l1TxHash: '0x01',
  transactions,
  l2Gas,
  regularGas: l2Gas / 2,
  executeGas: 116_000 + l2Gas / 2,
  l1Gas: 500_000,
  bytes,
})
const settlement: SettlementRow = {
  l1TxHash: '0x01',
  l1Block: 5,
  l2Blocks: 2,
  gasUsed: 1_000_000,
  executeGas: 382_000,
  calldataGas: 40_000,
  calldataBytes: 2_300,
}
const header = (number: number, gasUsed: number) => ({ number, gasUsed, gasLimit: 10_000_000, transactions: 3 })

describe('the arithmetic of a load report', () => {
  it('settlements: sums, ratios and shares', () => {
    const blocks = [block(1, 6, 100_000), block(2, 4, 200_000)]
    const l1 = [header(4, 500_000), header(5, 2_000_000)]
    const figures = settlementFigures({ transactions: [settlement], blocks }, l1, [10, 30])
    expect(figures).toMatchObject({
      transactions: 1,
      blocks: 2,
      l2Transactions: 10,
      l2Gas: 300_000,
      regularGas: 150_000,
      gas: { used: 1_000_000, execute: 382_000, calldata: 40_000, overhead: 578_000 },
      l1GasPerL2Transaction: 100_000,
      inputBytesPerL2Transaction: 200,
      lagMs: { count: 2, median: 20, min: 10, max: 30 },
    })
    expect(figures.bytes).toEqual(Object.fromEntries(Object.entries(bytes).map(([name, size]) => [name, 2 * size])))
    expect(figures.l1GasPerL2Gas).toBeCloseTo(10 / 3)
    expect(figures.l1GasPerRegularGas).toBeCloseTo(20 / 3)
    expect(figures.witnessBytesPerL2Gas).toBeCloseTo(900 / 300_000)
    expect(figures.executeShare.ofL1GasUsed).toBeCloseTo(382 / 2_500)
    expect(figures.executeShare.ofL1GasLimit).toBeCloseTo(382 / 20_000)
    // of the block that has the settlement, not of the other one
    expect(figures.executeShare.ofSettlementBlocks).toMatchObject({ count: 1, median: 0.191 })
  })

  it('two settlements in one L1 block are one share', () => {
    const { executeShare } = settlementFigures(
      { transactions: [settlement, settlement], blocks: [] },
      [header(5, 1e6)],
      [],
    )
    expect(executeShare.ofSettlementBlocks).toMatchObject({ count: 1, median: 0.764 })
  })

  it('without a settlement every ratio is 0, and nothing is divided by it', () => {
    const figures = settlementFigures({ transactions: [], blocks: [] }, [], [])
    expect(figures).toMatchObject({ l1GasPerL2Transaction: 0, l1GasPerL2Gas: 0, witnessBytesPerL2Gas: 0, lagMs: null })
    expect(figures.executeShare).toEqual({ ofL1GasUsed: 0, ofL1GasLimit: 0, ofSettlementBlocks: null })
  })

  it('chains: per second', () => {
    expect(chainFigures([header(7, 100), header(8, 300)], 4)).toEqual({
      from: 7,
      to: 8,
      blocks: 2,
      transactions: 6,
      gasUsed: 400,
      transactionsPerSecond: 1.5,
      gasPerSecond: 100,
    })
  })

  it('traffic: by kind and chain; what is in no block has neither gas nor latency', () => {
    const sent = (hash: string, extra: Partial<Sent> = {}): Sent => ({
      layer: 'l2',
      kind: 'transfer',
      hash: `0x${hash}`,
      sentAt: 100,
      ...extra,
    })
    const receipt = (hash: string, status: '0x0' | '0x1', gasUsed: '0x10' | '0x20'): [string, Receipt] => [
      `0x${hash}`,
      { transactionHash: `0x${hash}`, status, gasUsed, blockNumber: '0x1', contractAddress: null, logs: [] },
    ]
    const all = [sent('a', { seenAt: 110 }), sent('b', { seenAt: 130 }), sent('c'), sent('d', { layer: 'l1' })]
    const receipts = new Map([receipt('a', '0x1', '0x10'), receipt('b', '0x0', '0x20')])
    expect(trafficFigures(all, receipts)).toEqual([
      {
        layer: 'l2',
        kind: 'transfer',
        sent: 3,
        included: 2,
        failed: 1,
        gasUsed: 48,
        latencyMs: { count: 2, median: 20, p99: 30, min: 10, max: 30 },
      },
      { layer: 'l1', kind: 'transfer', sent: 1, included: 0, failed: 0, gasUsed: 0 },
    ])
  })
})
