import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'

// solhint reads nothing outside the working directory.
const cache = join('node_modules', '.cache')
mkdirSync(cache, { recursive: true })
const folder = mkdtempSync(join(cache, 'solhint-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** What `npm run lint:contracts` says about one file. */
function lint(source: string): { status: number | null; output: string } {
  const file = join(folder, 'Sample.sol')
  writeFileSync(file, source)
  const { status, stdout, stderr } = spawnSync(process.execPath, ['scripts/lintContracts.mjs', file], {
    encoding: 'utf8',
  })
  return { status, output: stdout + stderr }
}

const contract = (pragma: string, body: string) =>
  `// SPDX-License-Identifier: MIT\npragma solidity ${pragma};\n\ncontract Sample {\n${body}\n}\n`
const OWN = '    function owner() external view returns (address) {\n        return msg.sender;\n    }'

it('accepts a plain contract', () => {
  expect(lint(contract('0.8.37', OWN))).toMatchObject({ status: 0 })
})

it.each([
  ['tx.origin', contract('0.8.37', OWN.replace('msg.sender', 'tx.origin')), 'avoid-tx-origin'],
  ['another compiler', contract('^0.8.20', OWN), 'compiler-version'],
  [
    'an unused variable',
    contract('0.8.37', OWN.replace('return msg', 'uint256 unused;\n        return msg')),
    'no-unused-vars',
  ],
])('refuses %s', (_what, source, rule) => {
  const { status, output } = lint(source)
  expect(output).toContain(rule)
  expect(status).not.toBe(0)
})
