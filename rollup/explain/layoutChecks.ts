import { INPUT_LAYOUT as AT, INPUT_LAYOUT_VALUES as VALUE } from '../../stateless/inputLayout.ts'
import { REQUEST_KINDS } from '../../stateless/sszSchema.ts'
import type { AdvanceCheck } from './advanceTypes.ts'

/** The little-endian uint32 there. */
export function uint32At(bytes: Uint8Array, at: number): number {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(at, true)
}

/** The little-endian uint64 there. */
export function uint64At(bytes: Uint8Array, at: number): bigint {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getBigUint64(at, true)
}

/** What offsets of the whole input count from: the schema id stands before. */
const INPUT_START = 2
/** One item of the canonical layout. */
type Pin = {
  field: string
  position: number
  expected: number
  actual: number | bigint
  relation?: 'at most'
  source?: 'calldata'
}

/**
 * The checks that make every field of the input have one place (contracts/lib/StatelessInput.sol), lazily: behind one that
 * fails nothing may be read.
 */
export function* layoutChecks(input: Uint8Array): Generator<AdvanceCheck> {
  yield lengthCheck(input, INPUT_START)
  yield {
    check: 'schema id',
    field: 'schemaId',
    ...compared('fixed', VALUE.schemaId, (input[0] ?? 0) * 256 + (input[1] ?? 0)),
    error: 'NativeRollup_WrongSchema',
  }
  yield lengthCheck(input, AT.fixedEnd)
  for (const pin of pins(input)) {
    yield {
      check: 'canonical layout',
      field: pin.field,
      ...compared(pin.source ?? 'fixed', pin.expected, pin.actual, pin.relation),
      error: badLayout(pin.position),
    }
  }
}

export const badLayout = (position: number): string => `StatelessInput_BadLayout(${position})`

function* pins(input: Uint8Array): Generator<Pin> {
  const offset = (field: string, position: number, expected: number): Pin => ({
    field: `offset of ${field}`,
    position,
    expected,
    actual: uint32At(input, position),
  })
  yield offset('newPayloadRequest', AT.offsetNewPayloadRequest, VALUE.newPayloadRequestOffset)
  yield offset('executionPayload', AT.offsetExecutionPayload, VALUE.executionPayloadOffset)
  yield offset('executionPayload.extraData', AT.offsetExtraData, VALUE.extraDataOffset)
  yield offset('executionPayload.transactions', AT.offsetTransactions, VALUE.extraDataOffset)
  const withdrawals = uint32At(input, AT.offsetWithdrawals)
  yield { ...offset('executionPayload.blockAccessList', AT.offsetBlockAccessList, withdrawals), source: 'calldata' }
  for (const field of ['blobGasUsed', 'excessBlobGas'] as const) {
    const position = AT[field]
    yield { field: `executionPayload.${field}`, position, expected: 0, actual: uint64At(input, position) }
  }
  const requests = uint32At(input, AT.offsetExecutionRequests)
  yield { ...offset('versionedHashes', AT.offsetVersionedHashes, requests), source: 'calldata' }
  const start = AT.newPayloadRequest + requests
  const end = start + VALUE.emptyExecutionRequestsSize
  yield { ...offset('witness', AT.offsetWitness, end - INPUT_START), source: 'calldata' }
  const tail = { field: 'end of executionRequests', position: AT.offsetWitness, actual: end }
  yield { ...tail, expected: input.length, relation: 'at most', source: 'calldata' }
  for (const [index, kind] of REQUEST_KINDS.entries()) {
    yield offset(`executionRequests.${kind}`, start + 4 * index, VALUE.emptyExecutionRequestsSize)
  }
}

function lengthCheck({ length }: Uint8Array, least: number): AdvanceCheck {
  const values = { expected: toHex(least), actual: toHex(length), ok: length >= least }
  return { check: 'length', field: 'input', source: 'fixed', relation: 'at least', ...values, error: badLayout(length) }
}

function compared(source: AdvanceCheck['source'], expected: number, actual: number | bigint, relation?: 'at most') {
  const ok = relation === undefined ? BigInt(actual) === BigInt(expected) : actual <= expected
  return { source, relation: relation ?? 'equal', expected: toHex(expected), actual: toHex(actual), ok } as const
}

const toHex = (value: number | bigint): `0x${string}` => `0x${value.toString(16)}`
