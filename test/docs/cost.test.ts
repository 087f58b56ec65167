import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { LoadReport } from '../../load/types.ts'
import { plotsOf } from '../../scripts/cost/plots.ts'
import { tablesOf, withTables } from '../../scripts/cost/tables.ts'

const docs = (name: string): string => readFileSync(new URL(`../../docs/${name}`, import.meta.url), 'utf8')

describe('docs/cost.md', () => {
  const report = JSON.parse(docs('cost/report.json')) as LoadReport
  const page = docs('cost.md')

  it('has the tables and plots of the report beside it (npm run cost -- docs/cost/report.json)', () => {
    expect(withTables(page, tablesOf(report))).toBe(page)
    for (const [name, svg] of Object.entries(plotsOf(report))) {
      expect(page).toContain(`](cost/${name})`)
      expect(docs(`cost/${name}`), name).toBe(svg)
      expect(svg).not.toMatch(/NaN|undefined|Infinity/)
    }
  })

  it('the report adds up, and is of a whole run', () => {
    const { settlement, settlements, blocks, largest } = report
    expect(report).toMatchObject({ version: 1, stoppedEarly: false, options: { seconds: 60 } })
    expect(report.searchProblem).toBeUndefined()
    expect(settlements.reduce((sum, { gasUsed }) => sum + gasUsed, 0)).toBe(settlement.gas.used)
    expect(blocks.reduce((sum, { transactions }) => sum + transactions, 0)).toBe(settlement.l2Transactions)
    expect(report.traffic.every(({ sent, included, failed }) => sent === included && failed === 0)).toBe(true)
    expect(largest.map(({ kind }) => kind)).toEqual(['transfer', 'erc20', 'storage', 'compute', 'deployment'])
  })

  it('a page without a place for a table is an error', () => {
    expect(() => withTables('no place', { run: 'x' })).toThrow(/no place for run/)
  })
})
