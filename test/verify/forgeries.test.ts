import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { parseCommandLine } from '../../bin/options.ts'
import { runVerify } from '../../bin/verify.ts'
import type { Execute } from '../../precompiles/execute.ts'
import { bytesToHex } from '../../stateless/bytes.ts'
import { runStatelessGuest } from '../../stateless/guest.ts'
import { decodeResult, decodeStatelessInput } from '../../stateless/ssz.ts'
import { FORGERIES, type ForgeryKind, forge } from './forge.ts'
import { MAX_GAS, mixedBlock } from './support.ts'

const KINDS = Object.keys(FORGERIES) as ForgeryKind[]
const IMPURE: ForgeryKind[] = ['replay']
const PURE = KINDS.filter((kind) => !IMPURE.includes(kind))

let execute: Execute
let runBlock: Parameters<typeof runStatelessGuest>[1]['runBlock']
let valid: Uint8Array
const folder = mkdtempSync(join(tmpdir(), 'reenact-forgeries-'))

beforeAll(async () => {
  const mixed = await mixedBlock(40)
  execute = mixed.execute
  runBlock = mixed.chain.runBlock
  valid = mixed.sealed.input
})
afterAll(() => rmSync(folder, { recursive: true }))

/** `reenact verify` with these arguments: exit code and printed lines. */
async function reenactVerify(...args: string[]): Promise<{ exit: number; lines: string[] }> {
  const lines: string[] = []
  const log = vi.spyOn(console, 'log').mockImplementation((line: string) => void lines.push(line))
  try {
    const { options, positionals } = parseCommandLine(['verify', ...args], {})
    return { exit: await runVerify(positionals[0], options as Parameters<typeof runVerify>[1]), lines }
  } finally {
    log.mockRestore()
  }
}

function write(name: string, input: Uint8Array): string {
  const path = join(folder, `${name}.hex`)
  writeFileSync(path, `0x${bytesToHex(input)}\n`)
  return path
}

const parentOf = (input: Uint8Array) =>
  `0x${bytesToHex(decodeStatelessInput(input).newPayloadRequest.executionPayload.parentHash)}`

describe('forgeries made from one valid input', () => {
  test('the input itself is valid, and every forgery but the replay changes its bytes', async () => {
    expect(await execute.execute(valid, MAX_GAS)).toMatchObject({ ok: true })
    for (const kind of PURE) expect(bytesToHex(forge(valid, kind)) === bytesToHex(valid), kind).toBe(false)
    expect(forge(valid, 'replay')).toEqual(valid)
  })

  test.each(PURE)('%s: EXECUTE halts and says why', async (kind) => {
    const { stage, code } = FORGERIES[kind]
    const verdict = await execute.execute(forge(valid, kind), MAX_GAS)
    expect(verdict).toMatchObject({ ok: false, failure: { stage, code } })
  })

  test.each(PURE)('%s: the guest answers flag 0 under the true root', async (kind) => {
    const input = forge(valid, kind)
    const run = await runStatelessGuest(input, { runBlock })
    expect(decodeResult(run.output)).toMatchObject({
      successfulValidation: false,
      chainId: decodeStatelessInput(input).chainId,
    })
  })

  test.each(KINDS)('%s: `reenact verify --execute` names it and exits with 1', async (kind) => {
    const { stage, code } = FORGERIES[kind]
    const head = kind === 'replay' ? `0x${'ab'.repeat(32)}` : parentOf(forge(valid, kind))
    const path = write(kind, forge(valid, kind))
    const { exit, lines } = await reenactVerify(path, '--execute', '--parent', head)
    expect(exit).toBe(1)
    expect(lines.at(-1)).toContain(`${stage}: ${code}: `)
  })

  test('a foreign parent is named by --parent too', async () => {
    const { exit, lines } = await reenactVerify(
      write('foreign', forge(valid, 'foreign-parent')),
      '--parent',
      parentOf(valid),
    )
    expect(exit).toBe(1)
    expect(lines.at(-1)).toMatch(/^contract: WRONG_PARENT: block 4 stands on 0x[0-9a-f]{64}, the settled head is 0x/)
  })

  test('the valid input: exit 0, 43 bytes and the price', async () => {
    const { exit, lines } = await reenactVerify(write('valid', valid), '--execute', '--parent', parentOf(valid))
    expect(exit).toBe(0)
    expect(lines[0]).toMatch(/^0x[0-9a-f]{86}$/)
    expect(lines[1]).toMatch(/^gas \d+, of it regular gas of the block \d+$/)
  })

  test('bytes that are no input at all: exit 2', async () => {
    const { exit, lines } = await reenactVerify(write('rubbish', valid.subarray(0, 700)), '--execute')
    expect(exit).toBe(2)
    expect(lines.at(-1)).toContain('decode: BAD_SSZ: ')
  })
})
