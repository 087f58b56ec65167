// The Solidity compiler with the settings of this project, as one function over source files of the repository.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../..', import.meta.url))
const require = createRequire(import.meta.url)

const evmVersion = 'osaka'

/** via-IR, and neither CBOR metadata nor a metadata hash: the same bytes on every machine. */
const settings = {
  viaIR: true,
  optimizer: { enabled: true, runs: 200 },
  evmVersion,
  metadata: { appendCBOR: false, bytecodeHash: 'none' },
}

/** A general reminder about EIP-1153, given once for each use. */
const TRANSIENT_STORAGE_HINT = '2394'

const outputs = [
  'abi',
  'storageLayout',
  'evm.bytecode.object',
  'evm.deployedBytecode.object',
  'evm.deployedBytecode.immutableReferences',
]

/**
 * @param units contract name -> source path, relative to the repository
 * @param overlay path -> source text that takes precedence over the file
 * @returns contract name -> artifact
 */
export function compileSolidity(units, overlay = new Map()) {
  const read = (path) => overlay.get(path) ?? readSource(path)
  const paths = [...new Set(Object.values(units))]
  // Of every file, since immutables of a base contract are listed by their ids too.
  const outputSelection = { '*': { '': ['ast'] } }
  for (const [name, path] of Object.entries(units))
    outputSelection[path] = { ...outputSelection[path], [name]: outputs }
  const sources = Object.fromEntries(paths.map((path) => [path, { content: read(path) }]))
  const input = JSON.stringify({ language: 'Solidity', sources, settings: { ...settings, outputSelection } })
  const output = JSON.parse(
    require('solc').compile(input, {
      import: (path) => {
        const contents = read(path)
        return contents === undefined ? { error: `${path} does not exist` } : { contents }
      },
    }),
  )
  const problems = (output.errors ?? []).filter(({ errorCode }) => errorCode !== TRANSIENT_STORAGE_HINT)
  if (problems.length > 0) throw new Error(problems.map(({ formattedMessage }) => formattedMessage).join('\n'))
  const names = variableNames(output.sources)
  return Object.fromEntries(
    Object.entries(units).map(([name, path]) => [name, artifact(output.contracts[path][name], names)]),
  )
}

/** Every source file of contracts/, relative to the repository. */
export function projectSources(folder = 'contracts') {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`
    if (entry.isDirectory()) return projectSources(path)
    return path.endsWith('.sol') ? [path] : []
  })
}

/**
 * Syntax trees without code, which takes a second.
 *
 * @param overlay path -> source text that takes precedence over the file
 * @returns path -> { ast } of these files; what they import is parsed too and left out
 */
export function parseSolidity(paths, overlay = new Map()) {
  const sources = parseWithImports(paths, overlay)
  return Object.fromEntries(paths.map((path) => [path, sources[path]]))
}

/** The same, with what these files import from each other and from packages. */
export function parseWithImports(paths, overlay = new Map()) {
  const read = (path) => overlay.get(path) ?? readSource(path)
  const sources = Object.fromEntries(paths.map((path) => [path, { content: read(path) }]))
  const outputSelection = { '*': { '': ['ast'] } }
  const input = JSON.stringify({ language: 'Solidity', sources, settings: { evmVersion, outputSelection } })
  const output = JSON.parse(require('solc').compile(input, { import: (path) => ({ contents: read(path) }) }))
  const errors = (output.errors ?? []).filter(({ severity }) => severity === 'error')
  if (errors.length > 0) throw new Error(errors.map(({ formattedMessage }) => formattedMessage).join('\n'))
  return output.sources
}

function readSource(path) {
  // Examples import this package as users do.
  const file = path.startsWith('@') ? require.resolve(path) : join(root, path.replace(/^reenact\//, ''))
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined
}

/** AST id -> variable name: immutable references are listed by id, which changes with every edit. */
function variableNames(sources) {
  const names = new Map()
  const visit = (node) => {
    if (node === null || typeof node !== 'object') return
    if (node.nodeType === 'VariableDeclaration') names.set(String(node.id), node.name)
    for (const child of Object.values(node)) visit(child)
  }
  for (const source of Object.values(sources)) visit(source.ast)
  return names
}

function artifact(output, names) {
  const deployed = output.evm.deployedBytecode
  const references = Object.entries(deployed.immutableReferences ?? {}).map(([id, places]) => [names.get(id), places])
  // Names of types carry AST ids, which change with every edit.
  const layout = JSON.stringify(output.storageLayout ?? { storage: [], types: null }, (key, value) =>
    key === 'astId' || key === 'contract' ? undefined : value,
  )
  return {
    abi: output.abi,
    creationCode: `0x${output.evm.bytecode.object}`,
    runtimeCode: `0x${deployed.object}`,
    immutableReferences: Object.fromEntries(references.sort(([a], [b]) => (a < b ? -1 : 1))),
    storageLayout: JSON.parse(layout.replaceAll(/(t_(?:struct|enum|contract)\(\w+\))\d+/g, '$1')),
  }
}
