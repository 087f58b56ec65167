// A user's project: made from nothing, with the tarball in it, and used as users use it.
import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { run } from './run.mjs'

const EXAMPLE_TIMEOUT_MS = 60_000

/** Imports every entry; what an import starts or says would be a fault. */
const IMPORTS = `import { createRequire } from 'node:module'
const [modules, resolved] = process.argv.slice(2).map((text) => JSON.parse(text))
for (const specifier of modules) {
  if (Object.keys(await import(specifier)).length === 0) throw new Error(specifier + ' exports nothing')
}
const { resolve } = createRequire(import.meta.url)
for (const specifier of resolved) resolve(specifier)
`

/** Compilers that a user's project may have: the newest, and the oldest that we read declarations with. */
const COMPILERS = { 'TypeScript 7': 'typescript', 'TypeScript 5.9': 'typescript-floor' }
/** Entries that a page in a browser cannot use. */
const NODE_ONLY = ['reenact/devnet']

/** Makes the project and installs `packages` (as `npm install` takes them) without running a script of theirs. */
export async function createProject(folder, packages) {
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'package.json'), '{ "private": true, "type": "module" }\n')
  await run('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline', ...packages], {
    cwd: folder,
  })
  const installed = join(folder, 'node_modules', 'reenact')
  cpSync(join(installed, 'examples'), join(folder, 'examples'), { recursive: true })
  const examples = readdirSync(join(folder, 'examples')).filter((name) => name.endsWith('.mjs'))
  writeFileSync(join(folder, 'imports.mjs'), IMPORTS)
  return { folder, installed, examples }
}

/** @param specifiers { modules, resolved } of ./contents.mjs */
export async function checkImports({ folder }, node, { modules, resolved }) {
  const args = ['imports.mjs', JSON.stringify(modules), JSON.stringify(resolved)]
  silent(await run(node, args, { cwd: folder, timeoutMs: EXAMPLE_TIMEOUT_MS }))
}

/** The command of the package, as `npx` finds it. */
export async function checkCommand({ folder, installed }, node) {
  const { version } = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8'))
  const env = { ...process.env, PATH: `${dirname(node)}${delimiter}${process.env.PATH}` }
  const { stdout } = await run('npx', ['--no', '--', 'reenact', '--version'], { cwd: folder, env })
  if (stdout !== `reenact ${version}\n`) throw new Error(`reenact --version says ${stdout}`)
}

/** An example must end by itself, say what happened and warn of nothing. */
export async function checkExample({ folder }, node, name) {
  const output = await run(node, [join('examples', name)], { cwd: folder, timeoutMs: EXAMPLE_TIMEOUT_MS })
  if (output.stdout === '') throw new Error(`${name} says nothing`)
  silent({ ...output, stdout: '' })
}

function silent({ stdout, stderr }) {
  if (stdout !== '' || stderr !== '') throw new Error(`nothing should be printed:\n${stdout}${stderr}`)
}

/**
 * Writes a program for each module resolution that a user's project may have: `bundler` as in a dapp, without types of
 * Node, and `nodenext`, with the examples. Both have all that `user` does with the entries.
 */
export function writePrograms({ folder }, { modules }, user) {
  cpSync(user, join(folder, 'user.ts'))
  writeFileSync(join(folder, 'page.ts'), importsOf(modules.filter((specifier) => !NODE_ONLY.includes(specifier))))
  writeFileSync(join(folder, 'all.ts'), importsOf(modules))
  writeConfig(folder, 'bundler', { module: 'esnext', types: [] }, ['page.ts', 'user.ts'])
  writeConfig(folder, 'nodenext', { module: 'nodenext', types: ['node'] }, ['all.ts', 'user.ts', 'examples/*.mjs'])
}

/** Declarations of packages are checked too, and those of viem need `dom`; what is emitted is what a library on top of ours would. */
function writeConfig(folder, moduleResolution, options, include) {
  const compilerOptions = {
    ...{ ...options, moduleResolution, target: 'es2022', lib: ['es2022', 'dom'] },
    ...{ strict: true, exactOptionalPropertyTypes: true, skipLibCheck: false, allowJs: true },
    ...{ declaration: true, outDir: `out-${moduleResolution}` },
  }
  writeFileSync(
    join(folder, `tsconfig.${moduleResolution}.json`),
    JSON.stringify({ compilerOptions, include }, null, 2),
  )
}

/** @param compiler one of COMPILERS @param program a module resolution, of those that writePrograms knows */
export async function checkTypes({ folder }, compiler, program) {
  const args = [`node_modules/${COMPILERS[compiler]}/bin/tsc`, '-p', `tsconfig.${program}.json`]
  await run(process.execPath, args, { cwd: folder })
}

function importsOf(specifiers) {
  const names = specifiers.map((_, index) => `entry${index}`)
  const lines = specifiers.map((specifier, index) => `import * as ${names[index]} from '${specifier}'`)
  return `${lines.join('\n')}\nconsole.log(${names.join(', ')})\n`
}
