// The suite on the library's own code (--engine reference), which takes several times as long as on ours.
import { spawnSync } from 'node:child_process'

const result = spawnSync('npx', ['vitest', 'run', '--testTimeout', '600000', ...process.argv.slice(2)], {
  stdio: 'inherit',
  env: { ...process.env, REENACT_ENGINE: 'reference' },
})
process.exit(result.status ?? 1)
