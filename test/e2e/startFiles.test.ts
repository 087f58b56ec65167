import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startProcess } from './process.ts'

type Coverage = { result: { url: string }[] }

/** What finding and reading files may cost at start: without a bundle they were 1,700. */
const MOST_FILES = 40
/** Only what somebody asks for later, or what other commands need. */
const LATER = ['@bitauth/libauth', 'mcl-wasm', 'classic-level', 'abstract-level', 'dist/load/', 'dist/bin/verify']

describe('the files that a start of the devnet loads', () => {
  const folder = mkdtempSync(join(tmpdir(), 'reenact-files-'))
  let files: string[] = []

  beforeAll(async () => {
    const node = startProcess(['--l1-port', '0', '--l2-port', '0'], { env: { NODE_V8_COVERAGE: folder } })
    await node.line('ready ')
    node.child.kill('SIGTERM')
    expect(await node.ended).toBe(0)
    files = loadedFiles(folder)
  }, 60_000)
  afterAll(() => rmSync(folder, { recursive: true }))

  test('are few', () => {
    expect(files.length).toBeGreaterThan(0)
    expect(files.length).toBeLessThan(MOST_FILES)
  })

  test('have what a start needs', () => {
    expect(parts(files).some((part) => part.startsWith('dist/rpc/'))).toBe(true)
    expect(parts(files).some((part) => part.includes('@ethereumjs/evm'))).toBe(true)
  })

  test.each(LATER)('do not have %s', (later) => {
    expect([...files, ...parts(files)].filter((part) => part.includes(later))).toEqual([])
  })
})

/** Every script of ours and of packages that Node has run. */
function loadedFiles(folder: string): string[] {
  const coverages = readdirSync(folder).map((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')) as Coverage)
  const urls = coverages.flatMap(({ result }) => result.map(({ url }) => url))
  return [...new Set(urls)].filter((url) => url.startsWith('file:')).map((url) => fileURLToPath(url))
}

/** The modules inside bundles, as the bundler names them in front of each. */
function parts(files: readonly string[]): string[] {
  const texts = files.map((file) => readFileSync(file, 'utf8'))
  return texts.flatMap((text) =>
    [...text.matchAll(/^\/\/ ((?:dist|node_modules)\/\S+)$/gm)].map(([, path = '']) => path),
  )
}
