// Runs a bench of docs/performance.md on the compiled node: `npm run bench -- NAME [options]`; without a name it lists them.
// Plain JavaScript, because the build comes first.
import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { installBenchPeers } from './lib/benchPeers.mjs'

const [name = '', ...rest] = process.argv.slice(2)
const sources = fileURLToPath(new URL('../bench', import.meta.url))
const known = readdirSync(sources).flatMap((file) => (file.endsWith('.ts') ? file.slice(0, -3) : []))
if (!known.includes(name)) {
  console.error(`no such bench: ${name || '(none)'} (${known.join(', ')})`)
  process.exit(2)
}
/** What they measure against is among what the tests run against. */
const NEEDS_PEERS = ['all', 'rpc']
const run = (args, env = process.env) => spawnSync(process.execPath, args, { stdio: 'inherit', env }).status ?? 1
const setup = fileURLToPath(new URL('setup.mjs', import.meta.url))
if (run([setup, NEEDS_PEERS.includes(name) ? 'test' : 'build']) !== 0) process.exit(1)
const script = fileURLToPath(new URL(`../dist/bench/${name}.js`, import.meta.url))
process.exit(run([script, ...rest], { ...process.env, ...(await peersEnv()) }))

/** The Node that runs Hardhat. Without it the bench goes on with the others. */
async function peersEnv() {
  if (!NEEDS_PEERS.includes(name)) return {}
  try {
    return { REENACT_BENCH_NODE: await installBenchPeers() }
  } catch (error) {
    console.error(error.message)
    return {}
  }
}
