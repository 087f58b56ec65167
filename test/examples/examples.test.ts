import { execFile } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import { compared, expectedOf } from '../docs/page.ts'

/**
 * Each program in examples/ runs as it stands on the compiled package and must end by itself. `// → text` behind a
 * console.log is what it prints; … stands for anything.
 */
const FOLDER = new URL('../../examples/', import.meta.url)
const MAX_LINES = 45
const TIMEOUT_MS = 110_000
const run = promisify(execFile)
const examples = readdirSync(FOLDER)
  .filter((name) => name.endsWith('.mjs'))
  .map((name) => ({ name, code: readFileSync(new URL(name, FOLDER), 'utf8') }))

async function printed(name: string): Promise<string> {
  const { stdout, stderr } = await run(process.execPath, [fileURLToPath(new URL(name, FOLDER))], {
    timeout: TIMEOUT_MS,
  })
  expect(stderr).toBe('')
  return stdout
}

describe('the example', { timeout: TIMEOUT_MS + 10_000 }, () => {
  test.each(examples)('$name fits on one screen, and its types are checked', ({ code }) => {
    expect(code.startsWith('// @ts-check\n// ')).toBe(true)
    expect(code.split('\n').length).toBeLessThanOrEqual(MAX_LINES)
    expect(code).not.toMatch(/@type \{any\}|@ts-ignore|@ts-expect-error/)
  })

  const telling = examples.filter(({ code }) => code.includes('console.log('))
  test.each(telling)('$name prints what it says', async ({ name, code }) => {
    const expected = expectedOf(code)
    expect(expected.length).toBe([...code.matchAll(/console\.log\(/g)].length)
    expect(compared((await printed(name)).trimEnd().split('\n'), expected)).toEqual(expected)
  })

  test('testing.mjs passes in its test runner', async () => {
    expect(await printed('testing.mjs')).toMatch(/^(#|ℹ) pass 2$/m)
  })
})
