import { existsSync, readdirSync, readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createCrypto } from '../../execution/crypto.ts'
import { createRunBlock } from '../../execution/runBlock.ts'
import { bytesToHex } from '../../stateless/bytes.ts'
import { BadFixture, parseFixture, readVerifyFile, runFixture } from '../../stateless/fixtures.ts'
import { runStatelessGuest } from '../../stateless/guest.ts'
import { encodeStatelessInput } from '../../stateless/ssz.ts'
import { SEED, v21Input } from './arbitraries.ts'

const FOLDER = '../shared/conformance/stateless'
const silent = { info: () => undefined, warn: () => undefined, error: () => undefined }
const runBlock = createRunBlock({ crypto: await createCrypto({ logger: silent }), logger: silent })

describe.skipIf(!existsSync(FOLDER))('the saved conformance folder (skipped where it is absent)', () => {
  const files = existsSync(FOLDER) ? readdirSync(FOLDER).filter((name) => name.endsWith('.json')) : []
  test.each(files)('%s', async (file) => {
    const cases = parseFixture(JSON.parse(readFileSync(`${FOLDER}/${file}`, 'utf8')), file)
    expect(cases.length).toBeGreaterThan(0)
    for (const fixture of cases) {
      expect(await runFixture(fixture, { runBlock })).toEqual({ name: fixture.name, passed: true })
    }
  })

  test('a changed expectation fails with both values and the reason', async () => {
    const json = JSON.parse(readFileSync(`${FOLDER}/invalid_missing_parent_v21.json`, 'utf8'))
    const [fixture] = parseFixture({ ...json, statelessOutputBytes: `0x${'11'.repeat(43)}` }, 'x')
    if (fixture === undefined) throw new Error('no case')
    const outcome = await runFixture(fixture, { runBlock })
    expect(outcome).toMatchObject({ passed: false })
    expect(outcome.passed ? '' : outcome.message).toContain('NO_PARENT')
  })
})

describe('formats', () => {
  const pair = { statelessInputBytes: '0x1501', statelessOutputBytes: `0x${'00'.repeat(43)}` }

  test('execution-spec-tests blockchain_tests: one case per block that has bytes', () => {
    const json = { 'a.py::t': { network: 'Amsterdam', blocks: [pair, { rlp: '0x' }, pair] }, 'a.py::u': { blocks: [] } }
    expect(parseFixture(json, 'f').map(({ name }) => name)).toEqual(['a.py::t#blocks[0]', 'a.py::t#blocks[2]'])
  })

  test('execution-spec-tests blockchain_tests_engine', () => {
    const json = { t: { engineNewPayloads: [{ params: [], newPayloadVersion: '5', ...pair }] } }
    expect(parseFixture(json, 'f')).toMatchObject([
      { kind: 'guest', name: 't#engineNewPayloads[0]', input: Uint8Array.of(0x15, 1) },
    ])
  })

  test('a single vector with its re-framed form', () => {
    const names = parseFixture({ ...pair, statelessInputBytesV21: '0x1501' }, 'f').map(({ name }) => name)
    expect(names).toEqual(['f', 'f (v21)'])
  })

  test.each([[null], [[]], [1], ['x'], [{}], [{ a: 1, b: [] }], [{ index: { root_hash: '0x', created_at: '' } }]])(
    'other JSON has no cases: %j',
    (json) => {
      expect(parseFixture(json, 'f')).toEqual([])
    },
  )

  test.each([
    [{ statelessInputBytes: '0x150', statelessOutputBytes: '0x' }],
    [{ statelessInputBytes: '0xzz', statelessOutputBytes: '0x' }],
    [{ statelessInputBytes: '0x15' }],
    [{ t: { blocks: [{ statelessInputBytes: 5, statelessOutputBytes: '0x' }] } }],
    [{ chainId: 1, schemaId: 2, cases: [{}] }],
  ])('broken bytes are named: %j', (json) => {
    expect(() => parseFixture(json, 'f')).toThrow(BadFixture)
  })

  test('a file for `verify` may be raw, hex or JSON', () => {
    const raw = Uint8Array.of(0x15, 0x01, 0x10)
    const text = (content: string) => new TextEncoder().encode(content)
    expect(readVerifyFile(raw, 'f')).toEqual({ kind: 'input', input: raw })
    expect(readVerifyFile(text(' 0x150110\n'), 'f')).toEqual({ kind: 'input', input: raw })
    expect(readVerifyFile(text('150110'), 'f')).toEqual({ kind: 'input', input: raw })
    expect(readVerifyFile(text(JSON.stringify(pair)), 'f')).toMatchObject({ kind: 'fixture', cases: [{ name: 'f' }] })
    expect(readVerifyFile(new Uint8Array(0), 'f')).toEqual({ kind: 'input', input: new Uint8Array(0) })
    const noise = text('neither hex nor json')
    expect(readVerifyFile(noise, 'f')).toEqual({ kind: 'input', input: noise })
    expect(() => readVerifyFile(text('{"a"'), 'f')).toThrow(BadFixture)
    expect(() => readVerifyFile(text('{}'), 'f')).toThrow(BadFixture)
  })
})

describe('the guest', () => {
  test('answers 43 zero bytes for what does not decode', async () => {
    for (const bytes of [new Uint8Array(0), Uint8Array.of(0x15, 0x02), Uint8Array.of(0x15, 0x01, 1, 2, 3)]) {
      const run = await runStatelessGuest(bytes, { runBlock })
      expect(run.decoded).toBe(false)
      expect(bytesToHex(run.output)).toBe('00'.repeat(43))
    }
  })

  test('answers the true root with flag 0 for nonsense that decodes', async () => {
    await fc.assert(
      fc.asyncProperty(v21Input, async (input) => {
        const run = await runStatelessGuest(encodeStatelessInput(input), { runBlock })
        expect(run.decoded && run.verification.valid).toBe(false)
        expect(run.output.length).toBe(43)
        expect(run.output[32]).toBe(0)
        expect(run.output.subarray(0, 32).some((byte) => byte !== 0)).toBe(true)
      }),
      { seed: SEED, numRuns: 30 },
    )
  })
})
