import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { LoadReport } from '../load/types.ts'
import { plotsOf } from './cost/plots.ts'
import { tablesOf, withTables } from './cost/tables.ts'

/** The compiled script is in dist/scripts. */
const DOCS = fileURLToPath(new URL('../../docs/', import.meta.url))

function readReport(path: string): LoadReport {
  const report = JSON.parse(readFileSync(path, 'utf8')) as LoadReport
  if (report.version !== 1 || !Array.isArray(report.largest)) throw new Error(`${path} is not a report of version 1`)
  if (report.blocks.length === 0 || report.largest.length === 0) {
    throw new Error(`${path} has nothing to draw: it needs settled blocks and the search for the largest ones`)
  }
  return report
}

const [path] = process.argv.slice(2)
if (path === undefined) {
  console.error('usage: npm run cost -- report.json (made by `reenact load --report report.json`)')
  process.exit(2)
}
const report = readReport(resolve(path))
const folder = join(DOCS, 'cost')
mkdirSync(folder, { recursive: true })
writeFileSync(join(folder, 'report.json'), `${JSON.stringify(report, null, 2)}\n`)
for (const [name, svg] of Object.entries(plotsOf(report))) writeFileSync(join(folder, name), svg)
const page = join(DOCS, 'cost.md')
writeFileSync(page, withTables(readFileSync(page, 'utf8'), tablesOf(report)))
console.log(`wrote ${page} and the plots and report in ${folder}`)
