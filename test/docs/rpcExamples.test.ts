import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import { accessTo } from '../e2e/chainAccess.ts'
import { startTestDevnet } from '../e2e/devnet.ts'
import { startCheckedProxy } from './checkedProxy.ts'
import { codeOf, compared, expectedOf, readPage, sectionsOf } from './page.ts'

/**
 * The examples of docs/rpc.md are run as they stand: each section of rollup_ behind the lines that come before the first
 * one, as one program on a devnet of its own. `// → text` behind a console.log is what it prints; … stands for anything.
 */
const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const run = promisify(execFile)

const [, namespace = ''] = /\n## rollup_\n([\s\S]*?)\n## /.exec(readPage('rpc.md')) ?? []
const { opening, sections } = sectionsOf(namespace, 3)
const examples = sections
  .map((section) => ({ title: section.title, code: codeOf(section, 'js') }))
  .filter(({ code }) => code !== '')

const METHODS_WITH_EXAMPLES = /^(rollup|optimism|admin)_/

test('every method has an example', async () => {
  const devnet = await startTestDevnet()
  try {
    const { methods } = await accessTo(devnet.l2Url).call<{ methods: { name: string }[] }>('rpc.discover')
    const names = methods.map(({ name }) => name).filter((name) => METHODS_WITH_EXAMPLES.test(name))
    const shown = examples.map(({ code }) => code).join('')
    expect(names.length).toBeGreaterThan(0)
    expect(names.filter((name) => !new RegExp(`\\b${name}\\b`).test(shown))).toEqual([])
  } finally {
    await devnet.close()
  }
})

describe('the examples under', () => {
  test.each(examples)('$title print what they say, and get what rpc.discover says', async ({ code }) => {
    const devnet = await startTestDevnet()
    const l1 = await startCheckedProxy(devnet.l1Url, METHODS_WITH_EXAMPLES)
    const l2 = await startCheckedProxy(devnet.l2Url, METHODS_WITH_EXAMPLES)
    try {
      const env = { ...process.env, L1_URL: l1.url, L2_URL: l2.url }
      const program = `${codeOf(opening, 'js')}${code}\nprocess.exit()`
      const { stdout } = await run(process.execPath, ['--input-type=module', '-e', program], { cwd: ROOT, env })
      const expected = expectedOf(code)
      expect(expected.length).toBeGreaterThan(0)
      expect(expected.length).toBe([...code.matchAll(/console\.log\(/g)].length)
      const printed = stdout.trimEnd().split('\n')
      expect(compared(printed, expected)).toEqual(expected)
      expect(l1.checked.size + l2.checked.size).toBeGreaterThan(0)
      expect([...l1.faults, ...l2.faults]).toEqual([])
    } finally {
      await l1.close()
      await l2.close()
      await devnet.close()
    }
  })
})
