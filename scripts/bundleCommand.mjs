// Bundles the compiled command into few files: Node spends more than half of a start on finding and reading 1,700 modules.
// Only the entries and what they load; those of the library stay as compiled. Plain JavaScript: it is part of the build.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const root = fileURLToPath(new URL('..', import.meta.url))
/** The command, and the thread that it may start, which shares its parts. */
const entries = ['reenact', 'executeThread'].map((name) => join(root, `dist/bin/${name}.js`))

/** A native add-on that finds its own files on disk, and the recovery that only runs where another add-on is missing. */
const EXTERNAL = ['classic-level', '@bitauth/libauth']

/** CommonJS packages inside ask for Node's own modules by `require`. */
const BANNER = `import { createRequire as createRequireOfBundle } from 'node:module'; const require = createRequireOfBundle(import.meta.url);`

const { metafile } = await build({
  entryPoints: entries,
  // Beside what it replaces, so that paths relative to import.meta.url stay what they are.
  outdir: join(root, 'dist/bin'),
  allowOverwrite: true,
  bundle: true,
  splitting: true,
  chunkNames: 'bundle-[hash]',
  platform: 'node',
  // Of two builds of a package the one whose unused parts can be left out.
  mainFields: ['module', 'main'],
  target: 'node20.19',
  format: 'esm',
  external: EXTERNAL,
  banner: { js: BANNER },
  metafile: true,
  absWorkingDir: root,
  logLevel: 'warning',
})
writeFileSync(join(root, 'dist/bin/LICENSES.txt'), licences(Object.keys(metafile.inputs)))

/** The licence texts of the packages inside, which their licences ask for. */
function licences(inputs) {
  const folders = new Set(inputs.flatMap((path) => /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0] ?? []))
  return [...folders].sort().map(licence).join('\n')
}

function licence(folder) {
  const { name, version, license } = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'))
  const file = readdirSync(join(root, folder)).find((each) => /^licen[cs]e/i.test(each))
  const text = file === undefined ? '' : readFileSync(join(root, folder, file), 'utf8').trim()
  return `==== ${name} ${version} (${license})\n\n${text}\n`
}
if (process.argv.includes('--sizes')) {
  for (const [file, { bytes, inputs }] of Object.entries(metafile.outputs)) {
    const packages = new Map()
    for (const [path, { bytesInOutput }] of Object.entries(inputs)) {
      const key = /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1] ?? path.split('/').slice(0, 2).join('/')
      packages.set(key, (packages.get(key) ?? 0) + bytesInOutput)
    }
    const largest = [...packages].sort((a, b) => b[1] - a[1]).slice(0, 8)
    console.log(file, bytes, largest.map(([name, size]) => `${name} ${size >> 10}K`).join(', '))
  }
}
