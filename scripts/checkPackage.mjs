// What users get: packs twice, installs the tarball into empty projects without running scripts, and there imports every
// entry, checks types and runs every example, with the oldest and newest versions of Node and of the peer packages.
// `--node VERSION` (repeatable, `this` for the running one) instead of all. Needs the npm registry or a mirror of it.
import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { fileProblems, importProblems, sizeProblems, specifiers } from './package/contents.mjs'
import { nodeBinary } from './package/nodeBinary.mjs'
import {
  checkCommand,
  checkExample,
  checkImports,
  checkTypes,
  createProject,
  writePrograms,
} from './package/project.mjs'
import { inParallel, run } from './package/run.mjs'

/** The oldest that package.json allows, and the newest of each line that users run. */
const NODES = ['20.19.0', '22.23.3', '24.21.0']
/** With the oldest peers: one that takes the whole way with each of them. */
const EXAMPLES_OF_PEERS = ['withdrawAndClaim.mjs', 'ethersRoundTrip.mjs']
/** More would only wait for each other: every example runs two chains. */
const WIDTH = 2

const { values: flags } = parseArgs({ options: { node: { type: 'string', multiple: true } } })
const versions = flags.node ?? NODES
const root = fileURLToPath(new URL('..', import.meta.url))
const manifest = readJson('package.json')
const folder = realpathSync(mkdtempSync(join(tmpdir(), 'reenact-package-')))
const faults = []
const started = performance.now()

try {
  await main()
} finally {
  rmSync(folder, { recursive: true, force: true })
}
const seconds = ((performance.now() - started) / 1000).toFixed(0)
console.log(
  faults.length === 0
    ? `the package is right (${seconds} s)`
    : `${faults.length} faults in the package: ${faults.join('; ')}`,
)
process.exitCode = faults.length === 0 ? 0 : 1

async function main() {
  // one after the other until here: everything else needs these
  const [tarball, nodes] = await Promise.all([
    check('npm pack, twice from a fresh build', packTwice),
    check(`Node ${versions.join(', ')}`, () => inParallel(WIDTH, versions, binaryOf)),
  ])
  if (tarball === undefined || nodes === undefined) return
  const [newest, oldest] = await Promise.all([
    check('install with our versions of the peer packages', () => install('newest', tarball, lockedPeers())),
    check('install with the oldest', () => install('oldest', tarball, oldestPeers())),
  ])
  if (newest === undefined || oldest === undefined) return
  const files = await filesIn(tarball)
  await check('contents', () => checkContents(newest, tarball, files))
  const entries = specifiers(files, manifest)
  for (const project of [newest, oldest]) writePrograms(project, entries, join(root, 'test/package/user.ts'))
  const checks = [
    typeCheck(newest, 'TypeScript 5.9', 'nodenext'),
    typeCheck(oldest, 'TypeScript 5.9', 'bundler'),
    typeCheck(newest, 'TypeScript 7', 'nodenext'),
    typeCheck(newest, 'TypeScript 7', 'bundler'),
    ...nodes.flatMap((node) => useWith(newest, node, entries)),
    ...useWith({ ...oldest, examples: EXAMPLES_OF_PEERS }, nodes[0], entries),
  ]
  await inParallel(WIDTH, checks, ([name, work]) => check(name, work))
}

function typeCheck(project, compiler, program) {
  return [`${project.name}: types, ${compiler}, ${program}`, () => checkTypes(project, compiler, program)]
}

function useWith(project, { version, binary }, entries) {
  const where = `${project.name}, Node ${version}`
  return [
    [`${where}: imports`, () => checkImports(project, binary, entries)],
    [`${where}: npx reenact --version`, () => checkCommand(project, binary)],
    ...project.examples.map((name) => [`${where}: ${name}`, () => checkExample(project, binary, name)]),
  ]
}

/** Runs one check, prints how it went, and goes on after a fault. */
async function check(name, work) {
  const before = performance.now()
  try {
    const result = await work()
    console.log(`ok    ${name} (${((performance.now() - before) / 1000).toFixed(1)} s)`)
    return result
  } catch (error) {
    console.log(`FAULT ${name}: ${error.message}`)
    faults.push(name)
    return undefined
  }
}

/** @returns path of the tarball */
async function packTwice() {
  const [first, second] = [await pack('first'), await pack('second')]
  if (hashOf(first) !== hashOf(second)) throw new Error('two builds of the same sources have different bytes')
  return first
}

async function pack(name) {
  // npm runs our prepack, which then compiles
  rmSync(join(root, 'dist', '.built'), { force: true })
  const destination = join(folder, name)
  mkdirSync(destination)
  await run('npm', ['pack', '--silent', '--pack-destination', destination], { cwd: root })
  return join(destination, readdirSync(destination)[0])
}

function hashOf(file) {
  return createHash('sha256').update(readFileSync(file)).digest('hex')
}

async function binaryOf(version) {
  return { version, binary: await nodeBinary(version, join(root, 'node_modules', '.cache', 'node')) }
}

async function install(name, tarball, peers) {
  const locked = readJson('package-lock.json').packages
  const compilers = [
    `typescript@${locked['node_modules/typescript'].version}`,
    `typescript-floor@npm:typescript@${readJson('test/package.json').dependencies.typescript}`,
    `@types/node@${locked['node_modules/@types/node'].version}`,
  ]
  return { name, ...(await createProject(join(folder, name), [tarball, ...peers, ...compilers])) }
}

function lockedPeers() {
  const locked = readJson('package-lock.json').packages
  return Object.keys(manifest.peerDependencies).map((name) => `${name}@${locked[`node_modules/${name}`].version}`)
}

function oldestPeers() {
  return Object.entries(manifest.peerDependencies).map(([name, range]) => `${name}@${range.replace(/^\^/, '')}`)
}

/** Paths in the tarball, without its folder `package/`. */
async function filesIn(tarball) {
  const { stdout } = await run('tar', ['-tzf', tarball], { cwd: folder })
  return stdout
    .trim()
    .split(/\r?\n/)
    .map((path) => path.slice('package/'.length))
}

function checkContents({ installed }, tarball, files) {
  const present = new Set(files)
  const problems = [
    ...sizeProblems(statSync(tarball).size),
    ...fileProblems(files, manifest),
    ...files
      .filter((file) => /^dist\/.*\.(js|ts)$|\.sol$/.test(file))
      .flatMap((file) => importProblems(file, readFileSync(join(installed, file), 'utf8'), present, manifest)),
  ]
  if (problems.length > 0) throw new Error(`\n  ${problems.join('\n  ')}`)
}

function readJson(path) {
  return JSON.parse(readFileSync(join(root, path), 'utf8'))
}
