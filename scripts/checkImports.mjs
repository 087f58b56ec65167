// Fails when a room imports a room that it must not know, or a package that belongs to another room.
// The table is the architecture (docs/architecture.md): imports go one way.
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))

/** room -> rooms it may import. `execution:types` stands for execution/types.ts and execution/errors.ts only. */
const ALLOWED = {
  stateless: [],
  execution: ['stateless'],
  precompiles: ['stateless'],
  node: ['execution', 'stateless'],
  genesis: ['execution', 'stateless'],
  rollup: ['node', 'stateless', 'genesis', 'precompiles', 'execution:types'],
  rpc: ['node', 'rollup', 'stateless', 'precompiles', 'genesis:types', 'execution:types'],
  load: ['genesis', 'precompiles', 'stateless'],
  client: [],
  bin: ['node', 'execution', 'stateless', 'precompiles', 'rpc', 'rollup', 'genesis', 'load', 'client'],
}
/** packages that one room owns */
const OWNED = {
  '@ethereumjs/vm': 'execution',
  '@ethereumjs/evm': 'execution',
  '@ethereumjs/mpt': 'execution',
  '@ethereumjs/statemanager': 'execution',
  'prom-client': 'bin',
  ws: 'rpc',
  level: 'node',
}

function* sources(folder) {
  for (const name of readdirSync(folder)) {
    const path = join(folder, name)
    if (statSync(path).isDirectory()) yield* sources(path)
    else if (name.endsWith('.ts')) yield path
  }
}

let files = 0
const faults = []
for (const [room, allowed] of Object.entries(ALLOWED)) {
  for (const file of sources(join(root, room))) {
    files++
    const text = readFileSync(file, 'utf8')
    for (const match of text.matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)) {
      const target = match[1]
      const where = `${relative(root, file)}: ${target}`
      if (!target.startsWith('.')) {
        const packageName = target.startsWith('@') ? target.split('/').slice(0, 2).join('/') : target.split('/')[0]
        const owner = OWNED[packageName]
        if (owner !== undefined && owner !== room) faults.push(`${where} belongs to ${owner}/`)
        continue
      }
      const path = relative(root, resolve(dirname(file), target))
      const other = path.split('/')[0]
      if (other === room || allowed.includes(other)) continue
      const interfaceOnly = /^[a-z]+\/(types|errors)\.ts$/.test(path) && allowed.includes(`${other}:types`)
      if (!interfaceOnly) faults.push(`${where} (${room}/ may import: ${allowed.join(', ') || 'no other room'})`)
    }
  }
}
for (const fault of faults) console.error(fault)
console.log(`import directions: ${files} files, ${faults.length} faults`)
process.exit(faults.length === 0 ? 0 : 1)
