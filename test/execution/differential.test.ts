import { createBlockLevelAccessListFromRLP } from '@ethereumjs/util'
import { describe, expect, test } from 'vitest'
import type { BlockOutcome } from '../../execution/types.ts'
import { buildRandomBlock, createRandomChain, WORLD } from './randomBlocks.ts'
import { type Accesses, accessesOf, createStockChain } from './stock.ts'

const SEEDS = process.env.REENACT_FULL === '1' ? 60 : 8
const BLOCKS = 3

const UNCHANGED = JSON.stringify({
  nonceChanges: [],
  balanceChanges: [],
  codeChanges: [],
  storageChanges: [],
  storageReads: [],
})

/**
 * The library lists the target of a creation that cannot be paid for a moment too early (CREATE) or not at all
 * (creation transaction); docs/conformance.md. Such an entry has nothing but its address.
 */
function expectSameAccesses(theirs: Accesses, outcome: BlockOutcome): void {
  const ours = accessesOf(createBlockLevelAccessListFromRLP(outcome.blockAccessList ?? new Uint8Array(0)))
  for (const address of new Set([...theirs.keys(), ...ours.keys()])) {
    expect(theirs.get(address) ?? UNCHANGED, address).toBe(ours.get(address) ?? UNCHANGED)
  }
}

describe('random Amsterdam blocks: the stock library comes to the same header and access list', () => {
  test.each(Array.from({ length: SEEDS }, (_, i) => 1000 + i))('seed %i', async (seed) => {
    const chain = await createRandomChain(seed, WORLD)
    const stock = await createStockChain(chain.genesis, chain.memory)
    let included = 0
    for (let block = 0; block < BLOCKS; block++) {
      const { outcome } = await buildRandomBlock(chain, seed * 100 + block, 12, { leastDelegationGas: 1_000_000n })
      expectSameAccesses(await stock.run(outcome), outcome)
      included += outcome.receipts.length
      chain.append(outcome)
    }
    expect(included).toBeGreaterThan(BLOCKS)
  })
})
