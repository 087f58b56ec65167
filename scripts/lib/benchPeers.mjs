// What the RPC bench compares with besides what the tests run against: Hardhat 3, which needs a newer Node than this project.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { nodeBinary } from '../package/nodeBinary.mjs'
import { run } from '../package/run.mjs'

const NODE = '22.23.3'
const root = fileURLToPath(new URL('../..', import.meta.url))

/**
 * Installs bench/peers when it is missing or stale, without running scripts.
 * @returns {Promise<string>} path of the Node that runs it
 */
export async function installBenchPeers() {
  const isNewEnough = Number.parseInt(process.versions.node, 10) >= Number.parseInt(NODE, 10)
  const node = await nodeBinary(isNewEnough ? 'this' : NODE, join(root, 'node_modules', '.cache', 'node'))
  const folder = join(root, 'bench', 'peers')
  const lock = readFileSync(join(folder, 'package-lock.json'), 'utf8')
  const stamp = join(folder, 'node_modules', '.reenact-lock')
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === lock) return node
  console.error('installing Hardhat for the bench (npm ci)')
  // With that Node, because npm leaves out native parts that the running one is too old for.
  const env = { ...process.env, PATH: `${dirname(node)}${delimiter}${process.env.PATH}` }
  await run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: folder, env })
  writeFileSync(stamp, lock)
  return node
}
