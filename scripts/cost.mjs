// Draws docs/cost/ and the tables of docs/cost.md from a report of `reenact load`: `npm run cost -- report.json`. Plain
// JavaScript, because it runs on a fresh checkout: set-up and compilation come first, then the compiled script.
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const run = (args, cwd) => {
  const { status } = spawnSync(process.execPath, args, { cwd, stdio: 'inherit' })
  if (status !== 0) process.exit(status ?? 1)
}
run(['scripts/setup.mjs', 'build'], root)
// the report is named from where the command was given
run([`${root}/dist/scripts/cost.js`, ...process.argv.slice(2)], process.cwd())
