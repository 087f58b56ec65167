import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { bytesToHex, hexToBytes } from '../../stateless/bytes.ts'
import { decodeResult, decodeStatelessInput, encodeResult, encodeStatelessInput } from '../../stateless/ssz.ts'
import { consensusNewPayloadRequestRoot, newPayloadRequestRoot, publicInputRoot } from '../../stateless/sszRoots.ts'
import { newPayloadRequestType } from '../../stateless/sszSchema.ts'

const FOLDER = '../shared/conformance/stateless'
const here = existsSync(FOLDER)
const load = (file: string) => JSON.parse(readFileSync(`${FOLDER}/${file}.json`, 'utf8'))

describe.skipIf(!here)('real vectors (skipped where ../shared/conformance is absent)', () => {
  test.each(['fill_stack_v21', 'guest_smoke', 'invalid_missing_parent_v21'])('%s: codec and root', (name) => {
    const vector = load(name)
    const output = decodeResult(hexToBytes(vector.statelessOutputBytes))
    expect(`0x${bytesToHex(encodeResult(output))}`).toBe(vector.statelessOutputBytes)
    for (const hex of [vector.statelessInputBytes, vector.statelessInputBytesV21]) {
      if (hex === undefined) continue
      const input = decodeStatelessInput(hexToBytes(hex))
      expect(`0x${bytesToHex(encodeStatelessInput(input))}`).toBe(hex)
      expect(bytesToHex(newPayloadRequestRoot(input.newPayloadRequest))).toBe(bytesToHex(output.newPayloadRequestRoot))
      expect(input.chainId).toBe(output.chainId)
    }
  })

  test('ssz_roots: both rule sets', () => {
    const { cases, chainId, schemaId } = load('ssz_roots')
    expect(cases.length).toBeGreaterThan(0)
    for (const { newPayloadRequestSsz, roots } of cases) {
      const bytes = hexToBytes(newPayloadRequestSsz)
      const request = newPayloadRequestType.decode(bytes, 0, bytes.length)
      const consensusRoot = consensusNewPayloadRequestRoot(request)
      expect(`0x${bytesToHex(newPayloadRequestRoot(request))}`).toBe(roots.nprRootExecutionSpecs)
      expect(`0x${bytesToHex(consensusRoot)}`).toBe(roots.nprRootConsensus)
      const result = {
        newPayloadRequestRoot: consensusRoot,
        successfulValidation: true,
        chainId: BigInt(chainId),
        schemaId,
      }
      expect(`0x${bytesToHex(publicInputRoot(result))}`).toBe(roots.publicInputRoot)
    }
  })
})
