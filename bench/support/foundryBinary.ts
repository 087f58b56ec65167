import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** test/, where these tools are installed: seen from the sources, and from dist/. */
const TEST_FOLDER = ['../../test/', '../../../test/']
  .map((path) => fileURLToPath(new URL(path, import.meta.url)))
  .find((folder) => existsSync(join(folder, 'package.json')))

/**
 * A tool of Foundry for this machine; undefined where its package has no binary for this platform or is not installed.
 * The launcher in the package itself would lose the exit code.
 */
export function foundryBinary(tool: 'anvil' | 'cast' | 'forge'): string | undefined {
  if (TEST_FOLDER === undefined) return undefined
  const architecture = process.arch === 'x64' ? 'amd64' : process.arch
  const suffix = process.platform === 'win32' ? '.exe' : ''
  try {
    const launcher = createRequire(join(TEST_FOLDER, 'package.json')).resolve(`@foundry-rs/${tool}/package.json`)
    const own = `@foundry-rs/${tool}-${process.platform}-${architecture}/package.json`
    const binary = join(dirname(createRequire(launcher).resolve(own)), 'bin', `${tool}${suffix}`)
    return existsSync(binary) ? binary : undefined
  } catch {
    return undefined
  }
}
