// Makes a fresh checkout runnable: installs the locked dependencies when they are missing or stale, then compiles when a
// source is newer than dist/. `build`: that; `test`: with what the tests run against; `install`: that, and no compiling.
// Plain JavaScript, because it runs before anything is installed.
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const [major, minor] = process.versions.node.split('.').map(Number)
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`reenact needs Node >= 20.19, this is ${process.versions.node}`)
  process.exit(1)
}

function run(command, args, cwd = root) {
  const result = spawnSync(command, args, { cwd, stdio: ['ignore', 2, 2], shell: process.platform === 'win32' })
  if (result.status !== 0) {
    console.error(`${command} ${args.join(' ')} failed${result.error ? `: ${result.error.message}` : ''}`)
    process.exit(result.status ?? 1)
  }
}

/** The locked dependencies of one package.json, when they are missing or stale. */
function install(folder, what) {
  const lock = readFileSync(join(folder, 'package-lock.json'), 'utf8')
  const stamp = join(folder, 'node_modules', '.reenact-lock')
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === lock) return
  console.error(`installing ${what} (npm ci)`)
  run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], folder)
  writeFileSync(stamp, lock)
}

install(root, 'dependencies')
// Other clients, nodes and tools are large, and only tests and benches want them.
if (process.argv[2] !== 'build') install(join(root, 'test'), 'what the tests run against')

const rooms = [
  'bin',
  'node',
  'execution',
  'stateless',
  'precompiles',
  'rpc',
  'rollup',
  'genesis',
  'load',
  'client',
  'bench',
  'scripts',
]
function newest(path) {
  if (!existsSync(path)) return 0
  const stat = statSync(path)
  if (!stat.isDirectory()) return /\.(ts|json)$/.test(path) ? stat.mtimeMs : 0
  return readdirSync(path).reduce((latest, name) => Math.max(latest, newest(join(path, name))), 0)
}
const built = join(root, 'dist', '.built')
const builtAt = existsSync(built) ? statSync(built).mtimeMs : 0
const sources = [
  ...rooms.map((room) => join(root, room)),
  join(root, 'tsconfig.json'),
  join(root, 'tsconfig.build.json'),
  join(root, 'package-lock.json'),
  join(root, 'scripts', 'bundleCommand.mjs'),
]
if (process.argv[2] !== 'install' && sources.some((path) => newest(path) > builtAt)) {
  console.error('compiling')
  rmSync(join(root, 'dist'), { recursive: true, force: true })
  run(process.execPath, [join(root, 'node_modules', 'typescript', 'bin', 'tsc'), '-p', 'tsconfig.build.json'])
  run(process.execPath, [join(root, 'scripts', 'bundleCommand.mjs')])
  writeFileSync(built, '')
}
