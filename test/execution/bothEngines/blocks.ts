import { expect, test } from 'vitest'
import type { Block } from '../../../stateless/types.ts'
import { createRandom } from '../programs.ts'
import { type Building, buildTwice } from './building.ts'
import { createBothEngines } from './engines.ts'
import { executeTwice, refuseHeader, refuseTransaction } from './execution.ts'
import { type Fork, isAmsterdam } from './forks.ts'
import { commonKinds, rareKinds } from './kinds.ts'
import { createScenery } from './scene.ts'
import { createTally, type Tally } from './tally.ts'
import { executeOnTwo, refusePayload, refuseWitness, statelessInput, verifyTwice } from './verification.ts'

const FULL = process.env.REENACT_FULL === '1'
/** Ten times what the large count takes on two quiet cores. */
const HOUR = 3_600_000

/** Blocks of a chain; each chain has contracts of its own. */
const BLOCKS = 4

/** So many blocks of a fork, in the ordinary sample and in the large count. */
export type Share = { fork: Fork; sample: number; full: number }

/** A test file: every fork gets its share of blocks, which must be equal and hold something of every kind. */
export function testBlocks(shares: readonly Share[]): void {
  test.each(shares.map((share) => ({ ...share, title: share.fork.title })))(
    'random blocks, $title: both engines do the same',
    { timeout: HOUR },
    async ({ fork, sample, full }) => {
      const tally = createTally()
      const count = await compareBlocks(fork, FULL ? full : sample, tally)
      expect(count).toBe(FULL ? full : sample)
      tally.requireAll(FULL ? [...commonKinds(fork), ...rareKinds(fork)] : commonKinds(fork))
      if (FULL) console.log(tally.print())
      console.log(`${count.toLocaleString('en')} ${fork.title} blocks equal on both engines`)
    },
  )
}

/**
 * Compares so many random blocks of a fork, and what is made of them, on both engines. Gives the number of blocks that
 * were equal in everything.
 */
async function compareBlocks(fork: Fork, count: number, tally: Tally): Promise<number> {
  let compared = 0
  const { genesis } = await createScenery(0, fork)
  const both = await createBothEngines(genesis.config)
  for (let seed = 7000; compared < count; seed++) {
    const chain = await createScenery(seed, fork)
    const building = { both, chain, fork, tally }
    const ancestors = [chain.head]
    for (let number = 0; number < BLOCKS && compared < count; number++) {
      await compareBlock(building, ancestors, seed * 100 + number).catch((error: unknown) => {
        throw new Error(`${fork.title}, chain ${seed}, block ${number + 1}`, { cause: error })
      })
      ancestors.push(chain.head)
      compared++
      if (compared % 100 === 0) console.log(`${fork.title}: ${compared} of ${count}`)
    }
  }
  return compared
}

async function compareBlock(building: Building, ancestors: readonly Block[], seed: number): Promise<void> {
  const { chain, fork } = building
  const random = createRandom(seed + 50)
  const built = await buildTwice(building, seed)
  const witness = await executeTwice(building, built, ancestors)
  await refuseHeader(building, built)
  await refuseTransaction(building, built, random)
  if (isAmsterdam(fork)) {
    const input = statelessInput(built, witness)
    await verifyTwice(building, built, input)
    await executeOnTwo(building, built, input, random)
    await refusePayload(building, input)
    await refuseWitness(building, input, random)
  }
  expect(chain.engine.forkAt(built.outcome.block.header)).toBe(fork.name)
  chain.append(built.outcome)
}
