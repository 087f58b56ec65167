import { execFile, spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { format, promisify } from 'node:util'
import * as ethersEntry from 'reenact/ethers'
import * as viemEntry from 'reenact/viem'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { foundryBinary } from '../../bench/support/foundryBinary.ts'
import { startTestDevnet } from '../e2e/devnet.ts'
import { codeOf, compared, expectedOf, readPage, type Section, sectionsOf } from './page.ts'

const TSC = fileURLToPath(new URL('../../node_modules/typescript/bin/tsc', import.meta.url))
const run = promisify(execFile)

/**
 * All code of docs/client.md is run as it stands. A part (##) has an opening, and sections (###) whose programs each run
 * behind it on a devnet of their own; a part without sections is one program. `// → text` is what a console.log prints.
 */
const page = readPage('client.md')
const parts = sectionsOf(page, 2).sections.map(({ title }, index) => {
  const text = page.split('\n## ')[index + 1] ?? ''
  return { title, ...sectionsOf(text, 3) }
})

type Program = { title: string; code: string }
function programsOf(language: string): Program[] {
  return parts.flatMap(({ title, opening, sections }) => {
    const start = codeOf(opening, language)
    const own = sections.flatMap((section: Section) => {
      const code = codeOf(section, language)
      return code === '' ? [] : [{ title: `${title}: ${section.title}`, code: start + code }]
    })
    return own.length > 0 || start === '' ? own : [{ title, code: start }]
  })
}

test('every block of the page is in a language that is run here', () => {
  const blocks = parts.flatMap(({ opening, sections }) => [opening, ...sections].flatMap((section) => section.blocks))
  expect(blocks.length).toBe([...page.matchAll(/^```\w/gm)].length)
  expect(blocks.filter(({ language }) => language !== 'ts' && language !== 'sh')).toEqual([])
})

describe('the programs', () => {
  const programs = programsOf('ts')
  // beside this file, so that they find their packages; hidden from the checks of the whole repository while they are there
  let folder: string
  beforeAll(() => {
    folder = mkdtempSync(fileURLToPath(new URL('.page-', import.meta.url)))
  })
  const fileOf = (title: string): string => join(folder, `${title.replaceAll(/\W/g, '-')}.ts`)
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  test('have types', async () => {
    for (const { title, code } of programs) writeFileSync(fileOf(title), `${code}\nexport {}\n`)
    const settings = {
      extends: '../../../tsconfig.json',
      compilerOptions: { noEmit: true, noUnusedLocals: false },
      include: ['*.ts'],
    }
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(settings))
    const { stdout } = await run(process.execPath, [TSC, '-p', folder]).catch((error: { stdout: string }) => error)
    expect(stdout).toBe('')
  }, 180_000)

  test.each(programs)('$title', async ({ title, code }) => {
    const devnet = await startTestDevnet()
    const printed: string[] = []
    const log = vi
      .spyOn(console, 'log')
      .mockImplementation((...values) => printed.push(...format(...values).split('\n')))
    try {
      vi.stubEnv('L1_URL', devnet.l1Url)
      vi.stubEnv('L2_URL', devnet.l2Url)
      writeFileSync(fileOf(title), code)
      await import(fileOf(title))
    } finally {
      log.mockRestore()
      vi.unstubAllEnvs()
      await devnet.close()
    }
    const expected = expectedOf(code)
    expect(expected.length).toBe([...code.matchAll(/console\.log\(/g)].length)
    expect(compared(printed, expected)).toEqual(expected)
  })
})

const cast = foundryBinary('cast')
const hasTools = cast !== undefined && ['jq', 'curl'].every((tool) => spawnSync(tool, ['--version']).status === 0)

describe('the recipes for a shell', () => {
  test.for(programsOf('sh'))('$title', async ({ code }, { skip }) => {
    if (!hasTools) skip('cast, jq and curl are not all here')
    const devnet = await startTestDevnet()
    try {
      const env = {
        PATH: `${dirname(cast ?? '')}:${process.env.PATH}`,
        HOME: mkdtempSync(join(tmpdir(), 'reenact-home-')),
        FOUNDRY_DISABLE_NIGHTLY_WARNING: '1',
        L1_URL: devnet.l1Url,
        L2_URL: devnet.l2Url,
      }
      const { stdout } = await run('bash', ['-euo', 'pipefail', '-c', code], { env })
      const expected = expectedOf(code)
      expect(expected.length).toBeGreaterThan(0)
      expect(compared(stdout.trimEnd().split('\n'), expected)).toEqual(expected)
    } finally {
      await devnet.close()
    }
  })
})

describe('the table of errors', () => {
  const folder = new URL('../../client/', import.meta.url)
  const sources = readdirSync(folder).filter((name) => name.endsWith('.ts'))
  const declared = sources.flatMap((name) => [
    ...readFileSync(new URL(name, folder), 'utf8').matchAll(
      /class (\w+) extends RollupClientError \{\s+override readonly name = '\1'\s+readonly code = '(\w+)'/g,
    ),
  ])

  test('has every class and its code, and nothing else', () => {
    const rows = [...page.matchAll(/^\| `(\w+Error)` \| `([A-Z0-9_]+)` \| \S/gm)]
    const sorted = (matches: RegExpMatchArray[]) => matches.map(([, name, code]) => `${name} ${code}`).sort()
    expect(sorted(rows)).toEqual(sorted(declared))
  })

  test.each(declared.map(([, name = '', code = '']) => ({ name, code })))('$name is exported', ({ name }) => {
    if (name !== 'ProviderRequiredError') expect(viemEntry).toHaveProperty(name)
    if (!/^(CrossMessage|NotADevnet|WebSocket)/.test(name)) expect(ethersEntry).toHaveProperty(name)
  })

  test('has no code twice', () => {
    expect(new Set(declared.map(([, , code]) => code)).size).toBe(declared.length)
  })
})
