// Do the tests notice small faults of the executor? `node scripts/mutants.mjs [part of a file's name] [part of a line]` puts
// one fault after another into the source, as the tests see it, and runs the tests that look at it. The files stay as they are.
// Prints what survived; exits with 1 when something did. Takes about ten seconds for each fault.
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { MUTANTS, TESTS } from './mutants/executor.mjs'

const CONFIG = fileURLToPath(new URL('mutants/vitest.config.mjs', import.meta.url))
const [part = '', text = ''] = process.argv.slice(2)
const all = Object.entries(MUTANTS).flatMap(([file, mutants]) =>
  mutants.map(([from, to, equivalent]) => ({ file, from, to, equivalent })),
)
for (const { file, from } of all) {
  const found = readFileSync(file, 'utf8').split(from).length - 1
  if (found !== 1) throw new Error(`${file}: found ${found} times instead of once: ${from}`)
}

const chosen = all.filter(({ file, from }) => file.includes(part) && from.includes(text))
const equivalent = chosen.filter((mutant) => mutant.equivalent !== undefined)
const waiting = chosen.filter((mutant) => mutant.equivalent === undefined)
const survivors = []
let done = 0
const total = waiting.length

async function killed(mutant) {
  for (const names of TESTS[mutant.file]) if (await fail(names, mutant)) return true
  return false
}

function fail(names, { file, from, to }) {
  const tests = names.map((name) => `test/execution/${name}.test.ts`)
  const args = ['vitest', 'run', '--config', CONFIG, '--bail', '1', ...tests]
  const env = { ...process.env, REENACT_MUTANT: JSON.stringify({ file, from, to }) }
  return new Promise((resolve) => {
    spawn('npx', args, { stdio: 'ignore', env }).on('exit', (code) => resolve(code !== 0))
  })
}

async function work() {
  for (;;) {
    const mutant = waiting.shift()
    if (mutant === undefined) return
    const noticed = await killed(mutant)
    if (!noticed) survivors.push(mutant)
    done++
    const change = `${mutant.from.trim()}  ->  ${mutant.to.trim() || '(nothing)'}`.replaceAll('\n', ' ')
    console.log(`${done}/${total} ${noticed ? 'killed  ' : 'SURVIVED'} ${mutant.file}: ${change}`)
  }
}

// Tests that fail anyway would kill everything.
for (const file of new Set(waiting.map((mutant) => mutant.file))) {
  if (await fail(TESTS[file][0], { file, from: '', to: '' }))
    throw new Error(`the tests of ${file} fail without a fault`)
}
await Promise.all(Array.from({ length: Math.min(2, availableParallelism()) }, work))
console.log(`${total - survivors.length} killed, ${survivors.length} survived, ${equivalent.length} change nothing`)
if (survivors.length > 0) process.exitCode = 1
