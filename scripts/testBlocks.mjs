// 2,000 random blocks on both engines: roots, receipts, traces, witnesses and refusals must be the same.
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'

const EQUAL = /([\d,]+) \S.* blocks equal on both engines/

const vitest = spawn('npx', ['vitest', 'run', 'test/execution/bothEngines', ...process.argv.slice(2)], {
  stdio: ['inherit', 'pipe', 'inherit'],
  env: { ...process.env, REENACT_FULL: '1' },
})
let blocks = 0
createInterface({ input: vitest.stdout }).on('line', (line) => {
  blocks += Number(EQUAL.exec(line)?.[1].replaceAll(',', '') ?? 0)
  console.log(line)
})
vitest.on('close', (status) => {
  console.log(`${blocks.toLocaleString('en')} blocks equal on both engines in all`)
  process.exit(status ?? 1)
})
