import { describe, expect, test } from 'vitest'
import { buildRandomBlock, createRandomChain, WORLD } from './randomBlocks.ts'
import { createStockChain } from './stock.ts'

const SEEDS = process.env.REENACT_FULL === '1' ? 60 : 8
const BLOCKS = 3

describe('random Amsterdam blocks: the stock library comes to the same header and access list', () => {
  test.each(Array.from({ length: SEEDS }, (_, i) => 1000 + i))('seed %i', async (seed) => {
    const chain = await createRandomChain(seed, WORLD)
    const stock = await createStockChain(chain.genesis, chain.memory)
    let included = 0
    for (let block = 0; block < BLOCKS; block++) {
      const { outcome } = await buildRandomBlock(chain, seed * 100 + block, 12, { leastDelegationGas: 1_000_000n })
      await stock.run(outcome)
      included += outcome.receipts.length
      chain.append(outcome)
    }
    expect(included).toBeGreaterThan(BLOCKS)
  })
})
