import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { bytesToHex, hexToBytes } from '../../stateless/bytes.ts'
import { decodeHeader, encodeHeader } from '../../stateless/header.ts'
import { keccak256 } from '../../stateless/keccak.ts'
import { blockToPayloadRequest, payloadToBlock, requestsHash, requestsToItems } from '../../stateless/payload.ts'
import { decodeStatelessInput } from '../../stateless/ssz.ts'

test('a requests hash, which every header keeps, keeps no more than its bytes alive', () => {
  expect(bytesToHex(requestsHash([]))).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855')
  expect(requestsHash([]).buffer.byteLength).toBe(32)
})

const FOLDER = '../shared/conformance/stateless'

describe.skipIf(!existsSync(FOLDER))('payloads of real vectors', () => {
  test.each(['fill_stack_v21', 'guest_smoke', 'invalid_missing_parent_v21'])('%s', (name) => {
    const vector = JSON.parse(readFileSync(`${FOLDER}/${name}.json`, 'utf8'))
    const { newPayloadRequest: request, witness } = decodeStatelessInput(hexToBytes(vector.statelessInputBytes))
    const block = payloadToBlock(request)
    const source = {
      block,
      blockAccessList: request.executionPayload.blockAccessList,
      requests: requestsToItems(request.executionRequests),
    }
    expect(blockToPayloadRequest(source)).toEqual(request)
    for (const rlp of witness.headers) {
      expect(bytesToHex(encodeHeader(decodeHeader(rlp)))).toBe(bytesToHex(rlp))
    }
    const parent = witness.headers.at(-1)
    if (parent !== undefined) expect(bytesToHex(keccak256(parent))).toBe(bytesToHex(block.header.parentHash))
  })
})
