import { describe, expect, test } from 'vitest'
import { hexToBytes } from '../../stateless/bytes.ts'
import { createDevChain, sign } from './devChain.ts'
import { buildRandomBlock, createRandomChain } from './randomBlocks.ts'

const SEEDS = process.env.REENACT_FULL === '1' ? 60 : 6
const BLOCKS = 4

test('a transfer to a new account costs 204,600 and lands', async () => {
  const chain = await createDevChain()
  const to = hexToBytes('aa'.repeat(20))
  const outcome = await chain.seal([chain.decode(await sign(0, { nonce: 0, to, value: 5n }))])
  expect(outcome.receipts[0]?.status).toBe(1)
  expect(outcome.receipts[0]?.gasUsed).toBe(204_600n)
  expect(outcome.regularGas - 21_000n).toBeLessThan(200_000n)
  expect(chain.state().getAccount(to)?.balance).toBe(5n)
})

describe('builder and executor agree on random blocks', () => {
  test.each(Array.from({ length: SEEDS }, (_, i) => i + 1))('seed %i', async (seed) => {
    const chain = await createRandomChain(seed)
    let included = 0
    for (let block = 0; block < BLOCKS; block++) {
      const { outcome } = await buildRandomBlock(chain, seed * 100 + block, 12)
      const executed = await chain.engine.executeBlock({
        parent: chain.head.header,
        block: outcome.block,
        state: chain.state(),
        blockHash: chain.memory.blockHash,
        ...(outcome.blockAccessList === undefined ? {} : { blockAccessList: outcome.blockAccessList }),
      })
      expect(executed.receipts).toEqual(outcome.receipts)
      expect(executed.nodes).toEqual(outcome.nodes)
      expect(executed.regularGas).toBe(outcome.regularGas)
      included += outcome.receipts.length
      chain.append(outcome)
    }
    expect(included).toBeGreaterThan(BLOCKS)
  })
})
