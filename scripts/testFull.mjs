// The whole suite with the large counts instead of the fixed-seed samples of `npm test`.
import { spawnSync } from 'node:child_process'

const result = spawnSync('npx', ['vitest', 'run', ...process.argv.slice(2)], {
  stdio: 'inherit',
  env: { ...process.env, REENACT_FULL: '1' },
})
process.exit(result.status ?? 1)
