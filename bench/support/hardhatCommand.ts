import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Where scripts/bench.mjs says which Node runs Hardhat: this one may be too old for it. */
const NODE_VARIABLE = 'REENACT_BENCH_NODE'

/** bench/peers, where Hardhat is installed: seen from the sources, and from dist/. */
const FOLDERS = ['../peers/', '../../../bench/peers/'].map((path) => fileURLToPath(new URL(path, import.meta.url)))

/** What starts Hardhat's server, or undefined where it or a Node for it is missing. */
export function hardhatCommand(): { node: string; server: string; folder: string } | undefined {
  const node = process.env[NODE_VARIABLE]
  const folder = FOLDERS.find((path) => existsSync(join(path, 'node_modules', 'hardhat')))
  return node === undefined || folder === undefined
    ? undefined
    : { node, server: join(folder, 'hardhatServer.mjs'), folder }
}
