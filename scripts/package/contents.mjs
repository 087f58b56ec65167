// What the files of the package must be and must not be, as text of each problem. Pure: works on paths relative to the
// package, its manifest and texts of files.
import { builtinModules } from 'node:module'
import { posix } from 'node:path'

const REQUIRED = ['README.md', 'LICENSE', 'CHANGELOG.md', 'package.json']
const FORBIDDEN = [
  /(^|\/)(test|tests|node_modules)\//,
  /\.(test|spec|bench)\.[a-z]+$/,
  /^dist\/(bench|scripts|test)\//,
  /^dist\/\.built$/,
  /\.(tgz|map|tsbuildinfo|log)$/,
  /(^|\/)(\.env|\.npmrc|\.git)/,
  // sources of ours: those of the package are compiled
  /^dist\/.*(?<!\.d)\.ts$/,
]
/** The bundled command and the modules of the library: 2.2 MB. */
const MAX_PACKED_BYTES = 2_500_000

export function sizeProblems(packedBytes) {
  const limit = MAX_PACKED_BYTES.toLocaleString('en-US')
  return packedBytes <= MAX_PACKED_BYTES
    ? []
    : [`the package has ${packedBytes.toLocaleString('en-US')} bytes, at most ${limit}`]
}

/** Files that are missing, and files that nobody needs. */
export function fileProblems(files, manifest) {
  const present = new Set(files)
  const wanted = [...REQUIRED, ...Object.values(manifest.bin ?? {}), ...exportedFiles(manifest).map(({ file }) => file)]
  const missing = wanted.filter((file) =>
    file.includes('*') ? wildcardFiles(files, file).length === 0 : !present.has(file),
  )
  return [
    ...missing.map((file) => `${file} is not in the package`),
    ...files
      .filter((file) => FORBIDDEN.some((pattern) => pattern.test(file)))
      .map((file) => `${file} does not belong there`),
    ...entriesWithoutTypes(manifest),
  ]
}

/** Every path that users may import, and the file behind it; `*` stands in both for what users write. */
export function exportedFiles(manifest) {
  return Object.entries(manifest.exports).flatMap(([path, target]) =>
    (typeof target === 'string' ? [target] : Object.values(target)).map((file) => ({
      specifier: posix.join(manifest.name, path),
      file: posix.normalize(file),
    })),
  )
}

/** Specifiers of modules, and of files behind wildcards, as users write them. */
export function specifiers(files, manifest) {
  const modules = []
  const resolved = []
  for (const [path, target] of Object.entries(manifest.exports)) {
    const specifier = posix.join(manifest.name, path)
    if (typeof target !== 'string') modules.push(specifier)
    else if (!path.includes('*')) resolved.push(specifier)
    else resolved.push(...wildcardFiles(files, posix.normalize(target)).map((part) => specifier.replace('*', part)))
  }
  return { modules, resolved }
}

/** What `*` may stand for. */
function wildcardFiles(files, pattern) {
  const [start = '', end = ''] = pattern.split('*')
  return files
    .filter((file) => file.startsWith(start) && file.endsWith(end) && file.length > start.length + end.length)
    .map((file) => file.slice(start.length, file.length - end.length))
}

function entriesWithoutTypes(manifest) {
  return Object.entries(manifest.exports)
    .filter(([, target]) => typeof target !== 'string' && Object.keys(target)[0] !== 'types')
    .map(([path]) => `exports["${path}"] must name its types first`)
}

/** Imports of one file of dist/ or of one .sol file that an installed package could not follow. */
export function importProblems(file, text, files, manifest) {
  return importsOf(file, text)
    .filter((specifier) => !canFollow(file, specifier, files, manifest))
    .map((specifier) => `${file} imports ${specifier}, which users do not have`)
}

function importsOf(file, text) {
  const pattern = file.endsWith('.sol')
    ? /^\s*import\s[^"';]*["']([^"']+)["']/gm
    : /(?:\bfrom\s*|\bimport\s*\(?\s*)(['"])([\w@./:-]+)\1/g
  const code = text.replace(/^\s*(?:\/\/|\*).*$/gm, '')
  return [...code.matchAll(pattern)].map((match) => match.at(-1))
}

function canFollow(file, specifier, files, { name, dependencies, peerDependencies }) {
  if (specifier.startsWith('.')) {
    const target = posix.join(posix.dirname(file), specifier)
    return files.has(target) || (file.endsWith('.d.ts') && files.has(target.replace(/\.ts$/, '.d.ts')))
  }
  const [scope, rest] = specifier.split('/')
  const packageName = scope.startsWith('@') ? `${scope}/${rest}` : scope
  if (packageName === name || packageName in dependencies || packageName in peerDependencies) return true
  return specifier.startsWith('node:') && builtinModules.includes(specifier.slice('node:'.length))
}
