import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { createRunBlock } from '../../execution/runBlock.ts'
import { bytesToHex, hexToBytes } from '../../stateless/bytes.ts'
import { decodeStatelessInput, encodeResult } from '../../stateless/ssz.ts'
import type { StatelessInput } from '../../stateless/types.ts'
import { verifyStatelessNewPayload } from '../../stateless/verify.ts'
import { cryptoOnce, silentLogger } from './support.ts'

const FOLDER = '../shared/conformance/stateless'
const load = (file: string) => JSON.parse(readFileSync(`${FOLDER}/${file}.json`, 'utf8'))
const runBlock = createRunBlock({ crypto: await cryptoOnce, logger: silentLogger })

const verify = (input: StatelessInput, budget?: bigint) =>
  verifyStatelessNewPayload(input, { runBlock, ...(budget === undefined ? {} : { budget }) })

describe.skipIf(!existsSync(FOLDER))('real vectors (skipped where ../shared/conformance is absent)', () => {
  test.each(['fill_stack_v21', 'guest_smoke', 'invalid_missing_parent_v21'])('%s gives its 43 bytes', async (name) => {
    const vector = load(name)
    for (const hex of [vector.statelessInputBytes, vector.statelessInputBytesV21]) {
      if (hex === undefined) continue
      const verification = await verify(decodeStatelessInput(hexToBytes(hex)))
      expect(`0x${bytesToHex(encodeResult(verification.result))}`).toBe(vector.statelessOutputBytes)
    }
  })

  test.each(['fill_stack_v21', 'guest_smoke'])('%s: every dropped witness item is refused as missing', async (name) => {
    const input = decodeStatelessInput(hexToBytes(load(name).statelessInputBytes))
    for (const list of ['state', 'codes'] as const) {
      for (let i = 0; i < input.witness[list].length; i++) {
        const witness = { ...input.witness, [list]: input.witness[list].toSpliced(i, 1) }
        const verification = await verify({ ...input, witness })
        expect(verification.valid ? 'accepted' : verification.reason.code, `${list}[${i}]`).toMatch(/^MISSING_/)
      }
    }
  })

  test('fill_stack: regular gas is the budget it needs, and no more is run', async () => {
    const input = decodeStatelessInput(hexToBytes(load('fill_stack_v21').statelessInputBytes))
    const free = await verify(input)
    if (!free.valid) throw free.reason
    const { regularGas } = free.outcome
    const exact = await verify(input, regularGas)
    expect(exact.valid && exact.outcome.regularGas).toBe(regularGas)
    expect(exact.valid && exact.outcome.executedGas <= regularGas).toBe(true)
    const short = await verify(input, regularGas - 1n)
    expect(short.valid ? 'accepted' : short.reason.code).toBe('OVER_BUDGET')
  })
})
