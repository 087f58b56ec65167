// Node of any version, out of the npm package that has nothing but its binary for this platform.
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { run } from './run.mjs'

/**
 * @param version as npm has it, e.g. 22.23.3; `this` is the Node that runs the check
 * @param cache folder that keeps binaries
 * @returns {Promise<string>} path of the binary
 */
export async function nodeBinary(version, cache) {
  if (version === 'this') return process.execPath
  const platform = process.platform === 'win32' ? 'win' : process.platform
  const name = `node-${platform}-${process.arch}`
  const folder = join(cache, version)
  const binary = join(folder, 'node_modules', name, 'bin', process.platform === 'win32' ? 'node.exe' : 'node')
  if (!existsSync(binary)) {
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, 'package.json'), '{ "private": true }\n')
    const args = ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--no-package-lock', `${name}@${version}`]
    await run('npm', args, { cwd: folder })
  }
  const { stdout } = await run(binary, ['--version'], { cwd: folder })
  if (stdout.trim() !== `v${version}`) throw new Error(`${name}@${version} holds Node ${stdout.trim()}`)
  return binary
}
