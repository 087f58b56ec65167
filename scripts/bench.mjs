// Runs one of the benches of docs/performance.md on the compiled node: `node scripts/bench.mjs devnet|latency|rpc|start|trie|hostile|precompiles`.
// Plain JavaScript, because the build comes first.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import './setup.mjs'

const [name = '', ...rest] = process.argv.slice(2)
const script = fileURLToPath(new URL(`../dist/bench/${name}.js`, import.meta.url))
if (!/^[a-z]+$/.test(name) || !existsSync(script)) {
  console.error(`no such bench: ${name || '(none)'} (devnet, latency, rpc, start, trie, hostile, precompiles)`)
  process.exit(2)
}
const result = spawnSync(process.execPath, [script, ...rest], { stdio: 'inherit' })
process.exit(result.status ?? 1)
