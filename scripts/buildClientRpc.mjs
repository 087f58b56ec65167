// Makes client/generated, or with --check fails when it is not up to date. Plain JavaScript, because it runs on a fresh
// checkout: set-up and compilation come first, then the compiled script.
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
for (const args of [
  ['scripts/setup.mjs', 'build'],
  ['dist/scripts/buildClientRpc.js', ...process.argv.slice(2)],
]) {
  const { status } = spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit' })
  if (status !== 0) process.exit(status ?? 1)
}
