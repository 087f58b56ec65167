import fc from 'fast-check'
import { expect, test } from 'vitest'
import { bytesEqual, bytesToBigint } from '../../stateless/bytes.ts'
import { INPUT_LAYOUT, INPUT_LAYOUT_VALUES } from '../../stateless/inputLayout.ts'
import { encodeStatelessInput } from '../../stateless/ssz.ts'
import { SEED, v21Input } from './arbitraries.ts'

test('positions are those of the contract table', () => {
  expect(INPUT_LAYOUT).toMatchObject({
    schemaId: 0,
    offsetNewPayloadRequest: 2,
    offsetWitness: 6,
    chainId: 10,
    offsetExecutionPayload: 18,
    offsetVersionedHashes: 22,
    parentBeaconBlockRoot: 26,
    offsetExecutionRequests: 58,
    parentHash: 62,
    feeRecipient: 94,
    stateRoot: 114,
    receiptsRoot: 146,
    logsBloom: 178,
    prevRandao: 434,
    blockNumber: 466,
    gasLimit: 474,
    gasUsed: 482,
    timestamp: 490,
    offsetExtraData: 498,
    baseFeePerGas: 502,
    blockHash: 534,
    offsetTransactions: 566,
    offsetWithdrawals: 570,
    blobGasUsed: 574,
    excessBlobGas: 582,
    offsetBlockAccessList: 590,
    slotNumber: 594,
    fixedEnd: 602,
  })
  expect(INPUT_LAYOUT_VALUES).toMatchObject({
    newPayloadRequestOffset: 16,
    executionPayloadOffset: 44,
    extraDataOffset: 540,
    emptyExecutionRequestsSize: 20,
  })
})

test('every field of an encoded input is found at its position', () => {
  fc.assert(
    fc.property(v21Input, (input) => {
      const bytes = encodeStatelessInput(input)
      const { executionPayload: payload, parentBeaconBlockRoot } = input.newPayloadRequest
      const at = (position: number, length: number) => bytes.subarray(position, position + length)
      const little = (position: number, length: number) => bytesToBigint(at(position, length).toReversed())
      for (const name of [
        'parentHash',
        'feeRecipient',
        'stateRoot',
        'receiptsRoot',
        'logsBloom',
        'prevRandao',
        'blockHash',
      ] as const) {
        expect(bytesEqual(at(INPUT_LAYOUT[name], payload[name].length), payload[name])).toBe(true)
      }
      for (const name of [
        'blockNumber',
        'gasLimit',
        'gasUsed',
        'timestamp',
        'blobGasUsed',
        'excessBlobGas',
        'slotNumber',
      ] as const) {
        expect(little(INPUT_LAYOUT[name], 8)).toBe(payload[name])
      }
      expect(little(INPUT_LAYOUT.baseFeePerGas, 32)).toBe(payload.baseFeePerGas)
      expect(little(INPUT_LAYOUT.chainId, 8)).toBe(input.chainId)
      expect(bytesEqual(at(INPUT_LAYOUT.parentBeaconBlockRoot, 32), parentBeaconBlockRoot)).toBe(true)
      expect(little(INPUT_LAYOUT.offsetNewPayloadRequest, 4)).toBe(BigInt(INPUT_LAYOUT_VALUES.newPayloadRequestOffset))
      expect(little(INPUT_LAYOUT.offsetExecutionPayload, 4)).toBe(BigInt(INPUT_LAYOUT_VALUES.executionPayloadOffset))
      expect(little(INPUT_LAYOUT.offsetExtraData, 4)).toBe(BigInt(INPUT_LAYOUT_VALUES.extraDataOffset))
    }),
    { seed: SEED, numRuns: 50 },
  )
})
