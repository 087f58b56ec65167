import { describe, expect, test } from 'vitest'
import { planSimulation } from '../../execution/simulationPlan.ts'
import type { SimulationBlock } from '../../execution/types.ts'

const base = { number: 10n, timestamp: 100n }
const at = (number?: bigint, timestamp?: bigint): SimulationBlock => ({
  calls: [],
  blockOverride: { ...(number === undefined ? {} : { number }), ...(timestamp === undefined ? {} : { timestamp }) },
})
const places = (...blocks: SimulationBlock[]) =>
  planSimulation(base, blocks).map(({ number, timestamp }) => [number, timestamp])

describe('numbers and timestamps', () => {
  test('go up by one and by twelve seconds', () => {
    expect(places({ calls: [] }, { calls: [] })).toEqual([
      [11n, 112n],
      [12n, 124n],
    ])
  })

  test('are as given, and go on from there', () => {
    expect(places(at(11n, 500n), at())).toEqual([
      [11n, 500n],
      [12n, 512n],
    ])
  })

  test('a gap is filled with empty blocks before the one that left it', () => {
    const calls = [{ to: new Uint8Array(20) }]
    const planned = planSimulation(base, [{ ...at(13n, 125n), calls }])
    expect(planned.map(({ number, timestamp }) => [number, timestamp])).toEqual([
      [11n, 112n],
      [12n, 124n],
      [13n, 125n],
    ])
    expect(planned.map((block) => block.calls)).toEqual([[], [], calls])
  })

  test('256 blocks above the base are the most', () => {
    expect(places(at(266n)).length).toBe(256)
  })
})

test.each([
  ['the number of the base', [at(10n)], 'SIMULATED_BLOCK_NUMBER', '10 <= 10'],
  ['a number that falls', [at(12n), at(11n)], 'SIMULATED_BLOCK_NUMBER', '11 <= 12'],
  ['the same number twice', [at(12n), at(12n)], 'SIMULATED_BLOCK_NUMBER', '12 <= 12'],
  ['the time of the base', [at(11n, 100n)], 'SIMULATED_BLOCK_TIMESTAMP', '100 <= 100'],
  ['a time that the blocks of a gap have passed', [at(13n, 124n)], 'SIMULATED_BLOCK_TIMESTAMP', '124 <= 124'],
  [
    'a time before the one made up for its parent',
    [at(), at(undefined, 111n)],
    'SIMULATED_BLOCK_TIMESTAMP',
    '111 <= 112',
  ],
  [
    'a time that no header can hold',
    [at(11n, 2n ** 64n - 1n), at()],
    'SIMULATED_BLOCK_TIMESTAMP',
    `> ${2n ** 64n - 1n}`,
  ],
  ['block 257', [at(267n)], 'SIMULATION_TOO_LARGE', '257'],
  ['257 blocks', Array.from({ length: 257 }, () => at()), 'SIMULATION_TOO_LARGE', '257'],
  ['a block far away', [at(2n ** 64n - 1n)], 'SIMULATION_TOO_LARGE', 'too many blocks'],
])('%s is refused', (_, blocks, code, message) => {
  const refused = expect.objectContaining({ code, message: expect.stringContaining(message) })
  expect(() => planSimulation(base, blocks)).toThrow(refused)
})
