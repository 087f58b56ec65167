// Installs examples/hardhat with this package into a temporary folder, runs its Solidity tests, and its script against both
// chains of a devnet of its own. Hardhat 3 needs Node 22; with an older one this says so and ends well. Needs the npm registry
// or a mirror of it.
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const NEEDED = [22, 10]
const [major, minor] = process.versions.node.split('.').map(Number)
if (major < NEEDED[0] || (major === NEEDED[0] && minor < NEEDED[1])) {
  console.log(`skipped: Hardhat 3 needs Node >= ${NEEDED.join('.')}, this is ${process.versions.node}`)
  process.exit(0)
}
await import('./setup.mjs')

const root = fileURLToPath(new URL('..', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'reenact-hardhat-'))
const node = spawn(process.execPath, [join(root, 'dist/bin/reenact.js'), '--l1-port', '0', '--l2-port', '0'], {
  stdio: ['ignore', 'pipe', 'ignore'],
})
try {
  const urls = await readyUrls()
  cpSync(join(root, 'examples/hardhat'), folder, { recursive: true })
  run('npm', ['pack', root, '--ignore-scripts', '--silent'], {})
  const [tarball] = readdirSync(folder).filter((name) => name.endsWith('.tgz'))
  run('npm', ['install', `./${tarball}`, '--ignore-scripts', '--no-package-lock', '--no-audit', '--no-fund'], {})
  run('npm', ['test', '--silent'], {})
  for (const chain of ['l1', 'l2']) run('npm', ['run', '--silent', chain], urls)
  console.log('the Hardhat sample ran: Solidity tests, and a script on both chains')
} finally {
  node.kill()
  await once(node, 'close')
  rmSync(folder, { recursive: true, force: true })
}

async function readyUrls() {
  for await (const line of createInterface(node.stdout)) {
    const [, l1, l2] = /^ready l1=(\S+) l2=([^\s,]+)/.exec(line) ?? []
    if (l1 === undefined) continue
    node.stdout.resume()
    return { REENACT_L1_URL: l1, REENACT_L2_URL: l2 }
  }
  throw new Error('the devnet ended before it was ready')
}

function run(command, args, urls) {
  const env = { ...process.env, ...urls, CI: '1', HARDHAT_DISABLE_TELEMETRY_PROMPT: 'true' }
  const result = spawnSync(command, args, { cwd: folder, env, stdio: 'inherit', shell: process.platform === 'win32' })
  if (result.status !== 0) throw new Error(`${command} ${args.join(' ')} failed`)
}
