import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import { accessTo } from '../e2e/chainAccess.ts'
import { startTestDevnet } from '../e2e/devnet.ts'
import { startCheckedProxy } from './checkedProxy.ts'

/**
 * The examples of docs/rpc.md are run as they stand: each section of rollup_ behind the lines that come before the first
 * one, as one program on a devnet of its own. `// → text` behind a console.log is what it prints; … stands for anything.
 */
const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const run = promisify(execFile)

const page = readFileSync(new URL('../../docs/rpc.md', import.meta.url), 'utf8')
const [, namespace = ''] = /\n## rollup_\n([\s\S]*?)\n## /.exec(page) ?? []
const [opening = '', ...sections] = namespace.split(/\n### /)
const codeOf = (text: string): string => [...text.matchAll(/```js\n([\s\S]*?)```/g)].map(([, code]) => code).join('')
const examples = sections.flatMap((text) => {
  const code = codeOf(text)
  return code === '' ? [] : [{ title: text.slice(0, text.indexOf('\n')), code }]
})

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
      const program = `${codeOf(opening)}${code}\nprocess.exit()`
      const { stdout } = await run(process.execPath, ['--input-type=module', '-e', program], { cwd: ROOT, env })
      const expected = [...code.matchAll(/\/\/ → (.*)$/gm)].map(([, text = '']) => text)
      expect(expected.length).toBeGreaterThan(0)
      expect(expected.length).toBe([...code.matchAll(/console\.log\(/g)].length)
      const printed = stdout.trimEnd().split('\n')
      expect(printed.map((line, index) => (fits(line, expected[index]) ? expected[index] : line))).toEqual(expected)
      expect(l1.checked.size + l2.checked.size).toBeGreaterThan(0)
      expect([...l1.faults, ...l2.faults]).toEqual([])
    } finally {
      await l1.close()
      await l2.close()
      await devnet.close()
    }
  })
})

function fits(line: string, pattern: string | undefined): boolean {
  if (pattern === undefined) return false
  const parts = pattern.split('…').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
  return new RegExp(`^${parts.join('.*')}$`).test(line)
}
