import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Artifact, compileSolidity } from '../scripts/lib/solidity.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
const folder = join(root, 'node_modules', '.cache', 'reenact-solidity')

/** Contracts of tests, by name and source path. */
export function compile<Name extends string>(units: Record<Name, string>): Record<Name, Artifact> {
  const files = new Map<string, Record<string, Artifact>>()
  const entries = Object.entries<string>(units).map(([name, path]): [string, Artifact] => {
    const contracts = files.get(path) ?? contractsOf(path)
    files.set(path, contracts)
    const artifact = contracts[name]
    if (artifact === undefined) throw new Error(`${path} has no contract ${name}`)
    return [name, artifact]
  })
  return Object.fromEntries(entries) as Record<Name, Artifact>
}

/**
 * All contracts of a file: one more costs little next to reading what it imports. What came out is kept for the next test
 * file that asks, since the compiler takes longer than most tests: under a hash of every Solidity file of the project, of
 * the locked versions and of the settings.
 */
function contractsOf(path: string): Record<string, Artifact> {
  const file = join(folder, `${keyOf(path)}.json`)
  if (existsSync(file)) return JSON.parse(readFileSync(file, 'utf8'))
  const names = [...readFileSync(join(root, path), 'utf8').matchAll(/^contract (\w+)/gm)].map(([, name]) => [
    name,
    path,
  ])
  const artifacts = compileSolidity(Object.fromEntries(names))
  mkdirSync(folder, { recursive: true })
  // Several files may get here at once: each writes its own, and the last one stays.
  const draft = `${file}.${process.pid}`
  writeFileSync(draft, JSON.stringify(artifacts))
  renameSync(draft, file)
  return artifacts
}

function keyOf(source: string): string {
  const hash = createHash('sha256').update(source)
  const files = ['package-lock.json', 'scripts/lib/solidity.mjs', ...['contracts', 'test', 'examples'].flatMap(sources)]
  for (const path of files) hash.update(`\n${path}\n`).update(readFileSync(join(root, path)))
  return hash.digest('hex')
}

function sources(path: string): string[] {
  return readdirSync(join(root, path), { withFileTypes: true }).flatMap((entry) => {
    if (entry.isDirectory()) return entry.name === 'node_modules' ? [] : sources(`${path}/${entry.name}`)
    return entry.name.endsWith('.sol') ? [`${path}/${entry.name}`] : []
  })
}
