// solhint over contracts/, with the rules and the reasons in contracts/solhint.cjs; a warning fails. Prepares a fresh checkout.
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const given = process.argv.slice(2)
const solhint = (config, ...files) => [
  'test/node_modules/solhint/solhint.js',
  ...['--config', config, '--max-warnings', '0', '--disc', '--noPoster', ...files],
]
for (const args of [
  ['scripts/setup.mjs', 'test'],
  ...(given.length > 0
    ? [solhint('contracts/solhint.cjs', ...given)]
    : [
        solhint('contracts/solhint.cjs', 'contracts/!(kit)/**/*.sol'),
        solhint('contracts/solhint.kit.cjs', 'contracts/kit/**/*.sol'),
      ]),
]) {
  const { status } = spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit' })
  if (status !== 0) process.exit(status ?? 1)
}
