import { keccak256, toHex } from 'viem'
import { describe, expect, it } from 'vitest'
import { createFinality } from '../../rollup/settling/finality.ts'
import type { L1View, SettledBlock } from '../../rollup/types.ts'

const DELAY = 3_200
const START = 1_000_000n

const settled = (number: bigint, l1Timestamp: bigint, label = ''): SettledBlock => ({
  number,
  hash: keccak256(toHex(`block ${number}${label}`)),
  stateRoot: keccak256(toHex(`root ${number}${label}`)),
  anchorBlock: number,
  l1Block: number,
  l1TxHash: keccak256(toHex(`settlement ${number}${label}`)),
  l1Timestamp,
})

/** The settled blocks, from 1, and a clock that stands at `at.now` seconds. */
function finalityOf(blocks: SettledBlock[], at: { now: bigint }, delay = DELAY) {
  const view = {
    deployment: { parameters: { finalityDelay: delay } },
    head: () => ({ number: 0n, hash: '0x00', timestamp: 0n }),
    settledHead: () => blocks.at(-1),
    settledAt: (number: bigint) => (number > 0n ? blocks[Number(number) - 1] : undefined),
  } as unknown as L1View
  return createFinality(view, { nowMs: () => Number(at.now) * 1000 })
}

/** `count` blocks, `perSecond` of them with one timestamp. */
const series = (count: number, perSecond: number): SettledBlock[] =>
  Array.from({ length: count }, (_, i) => settled(BigInt(i + 1), START + BigInt(Math.floor(i / perSecond))))

it('L1 has the state root of genesis until the ring comes round', () => {
  const at = { now: START }
  expect(finalityOf([], at).keepsGenesis()).toBe(true)
  expect(finalityOf(series(8_191, 1), at).keepsGenesis()).toBe(true)
  expect(finalityOf(series(8_192, 1), at).keepsGenesis()).toBe(false)
})

describe('what claims can be proven in', () => {
  it('is the newest final block while L1 has its state root', () => {
    const at = { now: START + BigInt(DELAY) }
    const blocks = series(1_000, 1)
    const finality = finalityOf(blocks, at)
    expect(finality.newestProvable()).toEqual(blocks[0])
    at.now += 10n
    expect(finality.newestProvable()).toEqual(blocks[10])
    expect(finality.isKept(blocks[10] as SettledBlock)).toBe(true)
    expect(finality.provableAt(blocks[20] as SettledBlock)).toBe(START + 20n + BigInt(DELAY))
  })

  it('is the newest final checkpoint when the ring goes round within one delay', () => {
    // 4 blocks a second: the ring holds 2,048 seconds, the delay is 3,200
    const blocks = series(16_000, 4)
    const at = { now: START + 3_999n }
    const finality = finalityOf(blocks, at)
    // final: up to second 799. Checkpoints: seconds 0, 200, 400, 600, 800, ...
    expect(finality.newestFinal()?.l1Timestamp).toBe(START + 799n)
    const checkpoint = finality.newestProvable()
    expect(checkpoint).toEqual(blocks[2_400])
    expect(finality.isKept(blocks[2_400] as SettledBlock)).toBe(true)
    expect(finality.isKept(blocks[2_401] as SettledBlock)).toBe(false)
    expect(finality.provableAt(blocks[2_401] as SettledBlock)).toBe(START + 800n + BigInt(DELAY))
    at.now += 1n
    expect(finality.newestProvable()).toEqual(blocks[3_200])
  })

  it('follows reorgs of L1', () => {
    const blocks = series(16_000, 4)
    const at = { now: START + 3_999n }
    const finality = finalityOf(blocks, at)
    expect(finality.newestProvable()).toEqual(blocks[2_400])
    // from block 2,001 on settled again, 50 seconds later
    blocks.splice(2_000, 14_000, ...series(16_000, 4).slice(2_000).map(later))
    expect(finality.isKept(blocks[2_400] as SettledBlock)).toBe(false)
    at.now = START + 3_999n
    // second 500 became 550: the first one 200 after second 400 is the old second 550
    expect(finality.newestProvable()).toEqual(blocks[2_200])
  })

  it('is the newest settled block without a delay', () => {
    const blocks = series(9_000, 4)
    const finality = finalityOf(blocks, { now: START }, 0)
    expect(finality.newestProvable()).toEqual(blocks[8_999])
    expect(finality.isKept(blocks[807] as SettledBlock)).toBe(false)
    expect(finality.isKept(blocks[808] as SettledBlock)).toBe(true)
    expect(finality.provableAt(blocks[0] as SettledBlock)).toBeUndefined()
  })
})

const later = ({ number, l1Timestamp }: SettledBlock): SettledBlock => settled(number, l1Timestamp + 50n, ' again')
