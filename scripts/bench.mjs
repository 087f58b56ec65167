// Runs one of the benches of docs/performance.md on the compiled node: `node scripts/bench.mjs devnet|latency|stalls|rpc|start|trie|hostile|precompiles`.
// Plain JavaScript, because the build comes first.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const [name = '', ...rest] = process.argv.slice(2)
const run = (args) => spawnSync(process.execPath, args, { stdio: 'inherit' }).status ?? 1
const setup = fileURLToPath(new URL('setup.mjs', import.meta.url))
// The node that this bench measures against is among what the tests run against.
if (run([setup, name === 'rpc' ? 'test' : 'build']) !== 0) process.exit(1)
const script = fileURLToPath(new URL(`../dist/bench/${name}.js`, import.meta.url))
if (!/^[a-z]+$/.test(name) || !existsSync(script)) {
  console.error(`no such bench: ${name || '(none)'} (devnet, latency, stalls, rpc, start, trie, hostile, precompiles)`)
  process.exit(2)
}
process.exit(run([script, ...rest]))
