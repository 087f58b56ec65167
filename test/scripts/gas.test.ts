import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { LIMITS, problems, render, type Table } from '../../scripts/gas/limits.ts'

const snapshot = JSON.parse(readFileSync('contracts/snapshots/gas.json', 'utf8')) as Table

function changed(name: string, change: Partial<Table[string]>): Table {
  const row = snapshot[name]
  if (row === undefined) throw new Error(`the snapshot has no ${name}`)
  return { ...snapshot, [name]: { ...row, ...change } }
}
const at = (name: string) => changed(name, {})[name] ?? expect.fail()

describe('check of gas', () => {
  it('accepts the snapshot itself, which keeps every limit', () => {
    expect(problems(snapshot, snapshot)).toEqual([])
  })

  it('lets a figure grow by 2 %, and not by more', () => {
    const name = 'advance, 20 KiB'
    const { execution } = at(name)
    const grown = (factor: number) => changed(name, { execution: Math.floor(execution * factor) })
    expect(problems(grown(1.0199), snapshot)).toEqual([])
    expect(problems(grown(0.5), snapshot)).toEqual([])
    expect(problems(grown(1.021), snapshot)).toEqual([expect.stringContaining(`${name}: execution`)])
  })

  it.each(['execution', 'state', 'floor', 'regular'] as const)('looks at %s', (column) => {
    const name = 'withdrawal of ETH, opens a tree level'
    expect(problems(changed(name, { [column]: at(name)[column] * 1.1 }), snapshot)).toEqual([
      expect.stringMatching(new RegExp(`^${name}: ${column} .* \\(\\+10.0 %\\)$`)),
    ])
  })

  it('finds state gas where there was none', () => {
    expect(problems(changed('claim on L2, devnet', { state: 97_920 }), snapshot)).toEqual([
      'claim on L2, devnet: state 0 -> 97,920 (from nothing)',
    ])
  })

  it('finds rows that are new and rows that are gone', () => {
    const { 'advance, 20 KiB': taken, ...fewer } = snapshot
    expect(taken).toBeDefined()
    expect(problems(fewer, snapshot)).toEqual(['advance, 20 KiB: in the snapshot, but not measured'])
    expect(problems(snapshot, fewer)).toEqual(['advance, 20 KiB: not in the snapshot'])
  })

  it.each([
    ['claim on L1, devnet', { execution: 120_001 }],
    ['claim on L2, 5,000 accounts', { execution: 120_001 }],
    ['advance, 120 KiB', { execution: 110_001 }],
    ['deposit of ETH', { regular: 95_001 }],
    ['deposit of ETH, opens a tree level', { regular: 95_001 }],
    ['deposit of ETH', { state: 97_921 }],
    ['RollupFactory.create', { regular: 2 ** 24 + 1 }],
    ['RollupFactory.create', { state: 60_000_000 }],
  ])('holds %s to its limit, also when the snapshot does not', (name, change) => {
    const table = changed(name, change)
    expect(problems(table, table)).toEqual([expect.stringMatching(new RegExp(`^${name}: .* the limit is`))])
  })

  it('says when a limit has nothing to check', () => {
    const limit = { ...LIMITS[0], rows: /^nothing/ } as (typeof LIMITS)[number]
    expect(problems(snapshot, snapshot, [limit])).toEqual([expect.stringContaining('no row matches')])
  })

  it('prints every row', () => {
    expect(render(snapshot).split('\n')).toHaveLength(Object.keys(snapshot).length + 1)
  })
})
