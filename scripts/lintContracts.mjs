// solhint over contracts/, with the rules and the reasons in contracts/solhint.yaml; a warning fails. Prepares a fresh checkout.
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
for (const args of [
  ['scripts/setup.mjs', 'test'],
  [
    'test/node_modules/solhint/solhint.js',
    ...['--config', 'contracts/solhint.yaml', '--max-warnings', '0', '--disc', '--noPoster'],
    ...(process.argv.length > 2 ? process.argv.slice(2) : ['contracts/**/*.sol']),
  ],
]) {
  const { status } = spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit' })
  if (status !== 0) process.exit(status ?? 1)
}
