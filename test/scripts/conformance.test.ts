import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parseCase } from '../../scripts/conformance/cases.ts'
import { replay } from '../../scripts/conformance/replay.ts'
import { schemaFaults } from '../../scripts/conformance/schema.ts'

const FOLDER = '../shared/conformance/execution-apis'
const ASKED = '{"jsonrpc":"2.0","id":1,"method":"eth_thing","params":[]}'
const RIGHT = { jsonrpc: '2.0', id: 1, result: { hash: '0xab', items: [1, 2], none: null } }
const REFUSED = { jsonrpc: '2.0', id: 1, error: { code: -32000, message: 'no', data: '0x01' } }
const FORM = { type: 'object', required: ['hash'], properties: { hash: { type: 'string', pattern: '^0x[0-9a-f]+$' } } }

const caseOf = (expected: unknown, comment = '// plain') =>
  parseCase('eth_thing/case', `${comment}\n>> ${ASKED}\n<< ${JSON.stringify(expected)}\n`)

describe('judging an answer', () => {
  let answer = ''
  let server: Server
  beforeAll(async () => {
    server = createServer((_request, response) => response.writeHead(500).end(answer))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  })
  afterAll(() => server.close())

  const judge = (given: unknown, tested = caseOf(RIGHT)) => {
    answer = typeof given === 'string' ? given : JSON.stringify(given)
    return replay(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, tested, new Map([['eth_thing', FORM]]))
  }

  test('passes what is equal, whatever the order of keys and the HTTP status', async () => {
    expect(await judge({ result: { items: [1, 2], none: null, hash: '0xab' }, id: 1, jsonrpc: '2.0' })).toEqual([])
  })

  test.each([
    ['another id', { ...RIGHT, id: 2 }, 'answer.id: 2 instead of 1'],
    ['no version', { id: 1, result: RIGHT.result }, 'answer.jsonrpc: missing'],
    ['a field more', { ...RIGHT, result: { ...RIGHT.result, more: 1 } }, 'answer.result.more: 1 should not be there'],
    ['a field less', { ...RIGHT, result: { hash: '0xab', items: [1, 2] } }, 'answer.result.none: missing'],
    ['other spelling', { ...RIGHT, result: { ...RIGHT.result, hash: '0xAB' } }, 'answer.result.hash: "0xAB" instead'],
    [
      'another order',
      { ...RIGHT, result: { ...RIGHT.result, items: [2, 1] } },
      'answer.result.items[0]: 2 instead of 1',
    ],
    [
      'an item less',
      { ...RIGHT, result: { ...RIGHT.result, items: [1] } },
      'answer.result.items: 1 items instead of 2',
    ],
    ['an error', REFUSED, 'answer.result: missing'],
    ['no JSON', '<html>', 'no answer'],
  ])('fails %s', async (_name, given, fault) => {
    expect((await judge(given)).join('\n')).toContain(fault)
  })

  test('the words of an error are free, its code and data are not', async () => {
    const { error } = REFUSED
    expect(await judge({ ...REFUSED, error: { ...error, message: 'other' } }, caseOf(REFUSED))).toEqual([])
    for (const changed of [{ code: 3 }, { data: '0x02' }, { message: undefined }]) {
      expect(await judge({ ...REFUSED, error: { ...error, ...changed } }, caseOf(REFUSED))).not.toEqual([])
    }
  })

  test('of a case that asks for the form alone, only the form counts, but an error counts exactly', async () => {
    const tested = caseOf(RIGHT, '// speconly: the form')
    expect(await judge({ ...RIGHT, result: { hash: '0xcd' } }, tested)).toEqual([])
    expect(await judge({ ...RIGHT, result: { hash: 'cd' } }, tested)).toHaveLength(1)
    expect(await judge({ ...RIGHT, result: {} }, tested)).toEqual(['result.hash: missing'])
    expect(await judge(REFUSED, tested)).not.toEqual([])
  })
})

describe('schemas', () => {
  test.each([
    ['type', { type: 'integer' }, 1, 1.5],
    ['const', { const: '0x1' }, '0x1', '0x2'],
    ['enum', { enum: ['a', 'b'] }, 'a', 'c'],
    ['bounds', { minimum: 1, maximum: 2 }, 2, 3],
    ['lengths', { minLength: 1, maxLength: 2 }, 'ab', ''],
    ['items', { type: 'array', items: { type: 'string' }, minItems: 1 }, ['a'], [1]],
    ['additionalProperties', { properties: { a: {} }, additionalProperties: false }, { a: 1 }, { b: 1 }],
    ['allOf', { allOf: [{ minimum: 1 }, { maximum: 2 }] }, 1, 0],
    ['anyOf', { anyOf: [{ type: 'null' }, { type: 'string' }] }, null, 1],
    ['oneOf', { oneOf: [{ minimum: 1 }, { minimum: 2 }] }, 1, 2],
    ['not', { not: { type: 'null' } }, 1, null],
  ])('%s', (_keyword, schema, right, wrong) => {
    expect(schemaFaults(schema, right, '$')).toEqual([])
    expect(schemaFaults(schema, wrong, '$')).not.toEqual([])
  })

  test('a keyword that is not known is not passed over', () => {
    expect(() => schemaFaults({ multipleOf: 2 }, 3, '$')).toThrow('multipleOf')
  })
})

test.each([
  ['a request without its response', `>> ${ASKED}`],
  ['a response without a request', '<< {}'],
  ['no exchange at all', '// nothing'],
  ['another line', `>> ${ASKED}\n<< {}\n== x`],
])('%s is no case', (_name, text) => {
  expect(() => parseCase('x', text)).toThrow()
})

describe('npm run conformance:rpc', () => {
  const run = (...argv: string[]) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, ['scripts/conformanceRpc.mjs', ...argv], {
      encoding: 'utf8',
    })
    return { status, stdout, stderr }
  }

  test('says what it needs', () => {
    expect(run()).toMatchObject({ status: 2, stderr: expect.stringContaining('usage') })
    expect(run('docs')).toMatchObject({ status: 2, stderr: expect.stringContaining('genesis.json') })
  })

  test.skipIf(!existsSync(FOLDER))('every case passes (skipped where ../shared/conformance is absent)', () => {
    const { status, stdout } = run(FOLDER)
    expect(stdout).toMatch(/\n[1-9]\d+ passed, 0 failed\n$/)
    expect(status).toBe(0)
  })
})
