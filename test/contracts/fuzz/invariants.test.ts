import { zeroAddress } from 'viem'
import { beforeAll, describe, expect, it } from 'vitest'
import type { RollupConfig } from '../setup.ts'
import { search, sequence } from './sequence.ts'
import { type Artifacts, compileWorld, createWorld, type Tally } from './world.ts'

const FULL = process.env.REENACT_FULL === '1'
/** 100,000 calls in full */
const CALLS = FULL ? 25_000 : 500
const MOVES = 250

const ROLLUPS: [string, Partial<RollupConfig>][] = [
  ['a sequencer', {}],
  ['a finality delay', { finalityDelay: 300n }],
  ['no sequencer', { sequencer: zeroAddress }],
  [
    'little time for everything',
    { maxAnchorAge: 12n, sequencerTimeout: 200n, forcedDeadline: 60n, forcedExpiry: 400n },
  ],
]

/** What has to happen for the promises to be worth something. */
const HAPPENS = [
  'sent',
  'delivered on l1',
  'delivered on l2',
  'failed claims',
  'settled',
  'forced included',
  'tokens sent',
  'reorgs',
]

describe('escrow covers what is owed, nothing is delivered twice, everything can be claimed, the chain goes on', () => {
  let artifacts: Artifacts
  beforeAll(() => {
    artifacts = compileWorld()
  }, 120_000)

  it.each(ROLLUPS)(`with %s, over ${CALLS} random calls`, async (_, config) => {
    const world = await createWorld(artifacts, config)
    const tally: Tally = new Map()
    const number = ROLLUPS.findIndex(([, other]) => other === config)
    let calls = 0
    for (let seed = 1 + number * 1_000_000; calls < CALLS; seed++) {
      await search(world, sequence(seed, MOVES))
      calls += world.calls
      for (const [what, count] of world.tally) tally.set(what, (tally.get(what) ?? 0) + count)
    }
    for (const what of HAPPENS) expect(tally.get(what), what).toBeGreaterThan(calls / 1_000)
  })
})
