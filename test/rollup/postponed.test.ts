import { expect, it } from 'vitest'
import { adjustableClock } from '../../node/clock.ts'
import { createPostponed } from '../../rollup/postponed.ts'

const ONE = '0x01'
const OTHER = '0x02'

function start() {
  const clock = adjustableClock({ nowMs: () => 1_000_000 })
  return { clock, postponed: createPostponed({ firstMs: 100, lastMs: 350 }, clock) }
}

it('each failure doubles the pause, up to the last one', () => {
  const { clock, postponed } = start()
  const pauses = [1, 2, 3, 4].map((attempts) => {
    expect(postponed.add(ONE, { reason: 'no funds' })).toBe(attempts)
    return (postponed.get(ONE)?.notBeforeMs ?? 0) - clock.nowMs()
  })
  expect(pauses).toEqual([100, 200, 350, 350])
  expect(postponed.get(ONE)).toMatchObject({ attempts: 4, reason: 'no funds' })
  clock.shift(349)
  expect(postponed.has(ONE)).toBe(true)
  clock.shift(1)
  expect(postponed.has(ONE)).toBe(false)
})

it('a clock that is set back does not make a pause longer', () => {
  const { clock, postponed } = start()
  clock.shift(86_400_000)
  postponed.add(ONE)
  expect(postponed.has(ONE)).toBe(true)
  clock.shift(-86_400_000)
  expect(postponed.has(ONE)).toBe(false)
})

it('remembers what was postponed, and nothing of later', () => {
  const { postponed } = start()
  postponed.add(ONE)
  const bringBack = postponed.remember()
  postponed.add(ONE)
  postponed.add(OTHER)
  bringBack()
  expect(postponed.get(ONE)).toMatchObject({ attempts: 1 })
  expect(postponed.has(OTHER)).toBe(false)
  postponed.keepOnly(new Set([OTHER]))
  expect(postponed.size).toBe(0)
})
