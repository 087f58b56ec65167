import { existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { parseCommandLine } from '../../bin/options.ts'
import { runVerify } from '../../bin/verify.ts'
import { hexToBytes } from '../../stateless/bytes.ts'
import { decodeStatelessInput } from '../../stateless/ssz.ts'

const OURS = 'test/fixtures/stateless'
const SHARED = '../shared/conformance/stateless'

let lines: string[]
beforeEach(() => {
  lines = []
  vi.spyOn(console, 'log').mockImplementation((line: string) => void lines.push(line))
})
afterEach(() => void vi.restoreAllMocks())

async function reenactVerify(...args: string[]): Promise<number> {
  const { options, positionals } = parseCommandLine(['verify', ...args], {})
  return runVerify(positionals[0], options as Parameters<typeof runVerify>[1])
}

const files = (folder: string): string[] => readdirSync(join(OURS, folder)).map((name) => join(OURS, folder, name))
const read = (path: string) => JSON.parse(readFileSync(path, 'utf8'))

describe('reenact verify --fixtures', () => {
  test('passes all fixtures of our own, in both forms', { timeout: 120_000 }, async () => {
    expect(await reenactVerify('--fixtures', OURS)).toBe(0)
    expect(lines).toHaveLength(1)
    const [, passed] = /^(\d+) passed, 0 failed$/.exec(lines[0] ?? '') ?? []
    expect(Number(passed)).toBeGreaterThan(150)
  })

  test('reads folders in the shape of execution-spec-tests', async () => {
    for (const folder of ['blockchain_tests', 'blockchain_tests_engine']) {
      lines = []
      expect(await reenactVerify('--fixtures', `${OURS}/spec-tests/${folder}`)).toBe(0)
      expect(lines).toEqual(['4 passed, 0 failed'])
    }
  })

  test.skipIf(!existsSync(SHARED))(
    'passes the shared vectors (skipped where ../shared/conformance is absent)',
    async () => {
      expect(await reenactVerify('--fixtures', SHARED)).toBe(0)
      expect(lines.at(-1)).toMatch(/^\d+ passed, 0 failed$/)
    },
  )
})

describe('what the folder holds', () => {
  test('every valid and nearly every invalid fixture comes in both forms', () => {
    const paths = [...files('valid'), ...files('invalid')]
    const both = paths.filter((path) => read(path).statelessInputBytesV21 !== undefined)
    expect(both.length).toBeGreaterThan(paths.length - 8)
    for (const path of both) {
      const json = read(path)
      expect(decodeStatelessInput(hexToBytes(json.statelessInputBytes)).dialect, path).toBe('keyed')
      expect(decodeStatelessInput(hexToBytes(json.statelessInputBytesV21)).dialect, path).toBe('v21')
    }
  })

  test('the flag and the exit code follow what each file expects', async () => {
    for (const path of [...files('valid').slice(0, 3), ...files('invalid').slice(0, 3), ...files('undecodable')]) {
      const { expected, reason, statelessOutputBytes } = read(path)
      lines = []
      expect(await reenactVerify(path), path).toBe({ valid: 0, invalid: 1, undecodable: 2 }[expected as 'valid'])
      expect(lines, path).toContain(statelessOutputBytes)
      expect(Number.parseInt(statelessOutputBytes.slice(66, 68), 16), path).toBe(expected === 'valid' ? 1 : 0)
      if (reason !== undefined) expect(lines.at(-1), path).toContain(`${reason}: `)
    }
  })

  test('a file without an input has no verdict', async () => {
    const path = join(mkdtempSync(join(tmpdir(), 'reenact-verify-')), 'roots.json')
    const zeros = `0x${'00'.repeat(32)}`
    const of = { nprRootExecutionSpecs: zeros, nprRootConsensus: zeros, publicInputRoot: zeros }
    const roots = { chainId: 1, schemaId: 5377, cases: [{ name: 'a', newPayloadRequestSsz: '0x00', roots: of }] }
    writeFileSync(path, JSON.stringify(roots))
    await expect(reenactVerify(path)).rejects.toMatchObject({ code: 'BAD_FILE' })
  })

  test('undecodable inputs are answered with 43 zero bytes', () => {
    for (const path of files('undecodable')) expect(read(path).statelessOutputBytes).toBe(`0x${'00'.repeat(43)}`)
  })
})
