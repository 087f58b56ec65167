import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { projectSources } from '../../scripts/lib/solidity.mjs'
import { hasFoundry, openFoundry } from '../e2e/foundry/tools.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const page = readFileSync(join(ROOT, 'docs/solidity-kit.md'), 'utf8')
const blocks = (language: string): string[] =>
  [...page.matchAll(new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``, 'g'))].map(([, code = '']) => code)

const SAMPLE = 'examples/hardhat'
const SHOWN = [
  ['solidity', ['contracts/RemoteCounter.sol', 'contracts/RemoteCounter.t.sol']],
  ['ts', ['hardhat.config.ts', 'scripts/mocks.ts']],
] as const

it.each(SHOWN)('shows the %s files of the Hardhat sample as they are', (language, files) => {
  expect(blocks(language)).toEqual(files.map((file) => readFileSync(join(ROOT, SAMPLE, file), 'utf8')))
})

it('names every file of the kit that is not in a folder of its own, and both folders', () => {
  const files = projectSources('contracts/kit').map((path) => path.slice('contracts/kit/'.length))
  const named = files.map((path) => (path.includes('/') ? `${path.split('/')[0]}/` : path))
  expect([...new Set(named)].filter((name) => !page.includes(`| \`${name}\` |`))).toEqual([])
})

it.runIf(hasFoundry)('the Foundry project of the page passes its tests, with the kit in node_modules', async () => {
  const { forge, folder } = openFoundry('empty')
  const [settings = ''] = blocks('toml')
  writeFileSync(join(folder, 'foundry.toml'), settings)
  mkdirSync(join(folder, 'contracts'))
  const [contract = '', test = ''] = blocks('solidity')
  writeFileSync(join(folder, 'contracts/RemoteCounter.sol'), contract)
  writeFileSync(join(folder, 'contracts/RemoteCounter.t.sol'), test)
  cpSync(join(ROOT, 'contracts/kit'), join(folder, 'node_modules/reenact/contracts/kit'), { recursive: true })
  const { exit, output, errors } = await forge(['test'], { FOUNDRY_OFFLINE: 'true' })
  expect(errors).toBe('')
  expect(output).toContain('4 tests passed, 0 failed, 0 skipped')
  expect(exit).toBe(0)
})
