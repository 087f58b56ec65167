/** Every bench that has limits, one after another; prints what each prints, and at the end the table of all their figures. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { machine } from '../load/statistics.ts'
import { FIGURES_FILE, type Figure, figureText } from './support/limits.ts'

/** The start is not the first: what was just installed for the benches is still on its way to the disk then. */
const BENCHES = ['seal', 'building', 'state', 'execute', 'start', 'rpc']

const folder = mkdtempSync(join(tmpdir(), 'reenact-bench-'))
const file = join(folder, 'figures.jsonl')
const rows: { bench: string; figure: Figure }[] = []
const broken: string[] = []
for (const bench of BENCHES) {
  console.log(`\n# ${bench}`)
  const script = fileURLToPath(new URL(`./${bench}.js`, import.meta.url))
  const env = { ...process.env, [FIGURES_FILE]: `${file}.${bench}` }
  const { status } = spawnSync(process.execPath, [script], { stdio: 'inherit', env })
  if (status !== 0) broken.push(bench)
  rows.push(...figuresIn(`${file}.${bench}`).map((figure) => ({ bench, figure })))
}
rmSync(folder, { recursive: true })

console.log(`\n${machine()}\n\n| bench | figure | |\n|---|---|---|`)
for (const { bench, figure } of rows) console.log(`| ${bench} | ${figure.name} | ${figureText(figure)} |`)
console.log(broken.length === 0 ? '\nall limits hold' : `\nFAILED: ${broken.join(', ')}`)
if (broken.length > 0) process.exitCode = 1

function figuresIn(path: string): Figure[] {
  try {
    const lines = readFileSync(path, 'utf8').trim().split('\n')
    return lines.map((line) => JSON.parse(line) as Figure)
  } catch (error) {
    // A bench without figures, or one that failed before its first.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}
