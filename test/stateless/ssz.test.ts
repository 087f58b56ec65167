import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { bytesEqual, bytesToHex } from '../../stateless/bytes.ts'
import { UndecodableInput } from '../../stateless/errors.ts'
import {
  decodeResult,
  decodeStatelessInput,
  encodeResult,
  encodeStatelessInput,
  undecodableResult,
} from '../../stateless/ssz.ts'
import { resultType, SCHEMA_ID_AMSTERDAM } from '../../stateless/sszSchema.ts'
import type { StatelessInput } from '../../stateless/types.ts'
import { anyInput, keyedInput, mutation, SEED, v21Input } from './arbitraries.ts'

const runs = process.env.REENACT_FULL === '1' ? 6_000 : 300

function codeOf(bytes: Uint8Array): string | undefined {
  try {
    decodeStatelessInput(bytes)
    return undefined
  } catch (error) {
    if (error instanceof UndecodableInput) return error.code
    throw error
  }
}

/** One valid v21 input with something in every list. */
const sample = fc.sample(
  v21Input.filter(({ newPayloadRequest: { executionPayload, versionedHashes }, witness }) =>
    [executionPayload.transactions, executionPayload.withdrawals, versionedHashes, witness.state, witness.codes].every(
      (list) => list.length >= 2,
    ),
  ),
  { numRuns: 1, seed: SEED },
)[0]
if (sample === undefined) throw new Error('no sample')
const encoded = encodeStatelessInput(sample)

function edited(edit: (view: DataView) => void): Uint8Array {
  const copy = encoded.slice()
  edit(new DataView(copy.buffer))
  return copy
}

describe('round trips', () => {
  test('decode(encode(x)) is x, in both dialects', () => {
    fc.assert(
      fc.property(anyInput, (input) => {
        expect(decodeStatelessInput(encodeStatelessInput(input))).toEqual(input)
      }),
      { seed: SEED, numRuns: runs / 3 },
    )
  })

  test('only one encoding decodes: whatever decodes encodes to the same bytes', () => {
    fc.assert(
      fc.property(anyInput, fc.array(mutation, { minLength: 1, maxLength: 3 }), (input, mutations) => {
        const bytes = mutations.reduce((current, mutate) => mutate(current), encodeStatelessInput(input))
        if (codeOf(bytes) !== undefined) return
        expect(bytesEqual(encodeStatelessInput(decodeStatelessInput(bytes)), bytes)).toBe(true)
      }),
      { seed: SEED, numRuns: runs * 3 },
    )
  })

  test('random bytes behind a schema id never escape the typed error', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 1200 }), (tail) => {
        expect(codeOf(Uint8Array.from([0x15, 0x01, ...tail]))).toBe('BAD_SSZ')
      }),
      { seed: SEED, numRuns: runs },
    )
  })

  test('decoded byte strings are views into the input', () => {
    const { newPayloadRequest } = decodeStatelessInput(encoded)
    expect(newPayloadRequest.executionPayload.parentHash.buffer).toBe(encoded.buffer)
    expect(newPayloadRequest.executionPayload.transactions[0]?.byteLength).toBe(
      sample.newPayloadRequest.executionPayload.transactions[0]?.length,
    )
  })
})

describe('one thing broken at a time', () => {
  const U32_MAX = 0xffffffff
  const cases: [name: string, bytes: Uint8Array, code: string][] = [
    ['nothing at all', new Uint8Array(0), 'BAD_SSZ'],
    ['one byte', Uint8Array.of(0x15), 'BAD_SSZ'],
    ['schema id alone', Uint8Array.of(0x15, 0x01), 'BAD_SSZ'],
    ['another schema revision', edited((view) => view.setUint8(1, 2)), 'UNKNOWN_SCHEMA'],
    ['schema id with swapped bytes', edited((view) => view.setUint16(0, 0x0115)), 'UNKNOWN_SCHEMA'],
    ['first offset 17', edited((view) => view.setUint32(2, 17, true)), 'BAD_SSZ'],
    ['first offset 0', edited((view) => view.setUint32(2, 0, true)), 'BAD_SSZ'],
    ['first offset with a high byte', edited((view) => view.setUint32(2, 16 + 0x100, true)), 'BAD_SSZ'],
    ['witness offset beyond the end', edited((view) => view.setUint32(6, encoded.length, true)), 'BAD_SSZ'],
    ['witness offset of 2^32-1', edited((view) => view.setUint32(6, U32_MAX, true)), 'BAD_SSZ'],
    ['witness offset before the request', edited((view) => view.setUint32(6, 12, true)), 'BAD_SSZ'],
    ['payload offset 48 leaves a gap', edited((view) => view.setUint32(18, 48, true)), 'BAD_SSZ'],
    ['extra data offset 541', edited((view) => view.setUint32(498, 541, true)), 'BAD_SSZ'],
    ['transactions offset below extra data', edited((view) => view.setUint32(566, 8, true)), 'BAD_SSZ'],
  ]
  test.each(cases)('%s', (_name, bytes, code) => {
    expect(codeOf(bytes)).toBe(code)
  })

  test('bytes after the last variable field belong to it and are checked by its own type', () => {
    const empty: StatelessInput = { ...sample, witness: { state: [], codes: [], headers: [] } }
    const bytes = encodeStatelessInput(empty)
    expect(codeOf(bytes)).toBeUndefined()
    for (const tail of [[0], [0, 0, 0, 0], [4, 0, 0], [5, 0, 0, 0, 0], [8, 0, 0, 0]]) {
      expect(codeOf(Uint8Array.from([...bytes, ...tail]))).toBe('BAD_SSZ')
    }
  })

  test('a list whose first offset promises 2^30 items is refused without allocating', () => {
    const input: StatelessInput = { ...sample, witness: { state: [], codes: [], headers: [] } }
    const bytes = Uint8Array.from([...encodeStatelessInput(input), 0xfc, 0xff, 0xff, 0xff])
    expect(codeOf(bytes)).toBe('BAD_SSZ')
  })

  test('request lists must be whole items', () => {
    const bytes = encodeStatelessInput({
      ...sample,
      newPayloadRequest: { ...sample.newPayloadRequest, versionedHashes: [] },
    })
    const view = new DataView(bytes.buffer)
    const requestsAt = 18 + view.getUint32(58, true)
    view.setUint32(requestsAt + 4, view.getUint32(requestsAt + 4, true) + 1, true)
    expect(codeOf(bytes)).toBe('BAD_SSZ')
  })
})

describe('limits of items', () => {
  const withWitness = (witness: StatelessInput['witness']): StatelessInput => ({ ...sample, witness })
  /** Encodes a witness whose only item is one byte too long, by growing the last item of a legal one. */
  const grown = (witness: StatelessInput['witness']) =>
    Uint8Array.from([...encodeStatelessInput(withWitness(witness)), 0])

  test.each([
    ['header of 1,024 bytes', { state: [], codes: [], headers: [new Uint8Array(1024)] }],
    ['256 headers', { state: [], codes: [], headers: Array.from({ length: 256 }, () => Uint8Array.of(1)) }],
    ['node of 1,024 bytes', { state: [new Uint8Array(1024)], codes: [], headers: [] }],
    ['code of 65,536 bytes', { state: [], codes: [new Uint8Array(65536)], headers: [] }],
  ])('%s is accepted', (_name, witness) => {
    expect(codeOf(encodeStatelessInput(withWitness(witness)))).toBeUndefined()
  })

  test('header of 1,025 bytes', () => {
    expect(codeOf(grown({ state: [], codes: [], headers: [new Uint8Array(1024)] }))).toBe('BAD_SSZ')
  })

  test.each([
    ['node of 1,025 bytes', { state: [new Uint8Array(1025)], codes: [], headers: [] }],
    ['code of 65,537 bytes', { state: [], codes: [new Uint8Array(65537)], headers: [] }],
    ['extra data', undefined],
  ])('the encoder refuses a %s', (_name, witness) => {
    const input: StatelessInput =
      witness === undefined
        ? {
            ...sample,
            newPayloadRequest: {
              ...sample.newPayloadRequest,
              executionPayload: { ...sample.newPayloadRequest.executionPayload, extraData: new Uint8Array(33) },
            },
          }
        : withWitness(witness)
    expect(() => encodeStatelessInput(input)).toThrow(RangeError)
  })

  test('257 headers', () => {
    const bytes = encodeStatelessInput(
      withWitness({ state: [], codes: [], headers: Array.from({ length: 257 }, () => new Uint8Array(0)) }),
    )
    expect(codeOf(bytes)).toBe('BAD_SSZ')
  })
})

describe('keyed dialect', () => {
  test('is told apart by the first offset and keeps its keys', () => {
    const [keyed] = fc.sample(keyedInput, { numRuns: 1, seed: SEED })
    if (keyed === undefined) throw new Error('no sample')
    const bytes = encodeStatelessInput({ ...keyed, publicKeys: [new Uint8Array(65).fill(4)] })
    expect(bytes[2]).toBe(20)
    const decoded = decodeStatelessInput(bytes)
    expect(decoded.dialect).toBe('keyed')
    expect(decoded.publicKeys?.map(bytesToHex)).toEqual(['04'.repeat(65)])
    expect(codeOf(bytes.slice(0, -1))).toBe('BAD_SSZ')
    expect(codeOf(Uint8Array.from([...bytes, 0]))).toBe('BAD_SSZ')
  })
})

describe('result', () => {
  const result = {
    newPayloadRequestRoot: new Uint8Array(32).fill(0xab),
    successfulValidation: true,
    chainId: 0x0102030405060708n,
    schemaId: SCHEMA_ID_AMSTERDAM,
  }

  test('has 43 bytes with little-endian chain id and schema id', () => {
    const bytes = encodeResult(result)
    expect(bytesToHex(bytes)).toBe(`${'ab'.repeat(32)}01${'0807060504030201'}0115`)
    expect(decodeResult(bytes)).toEqual(result)
  })

  test('refuses another length and a flag of 2', () => {
    const bytes = encodeResult(result)
    expect(() => decodeResult(bytes.slice(0, 42))).toThrow(UndecodableInput)
    expect(() => decodeResult(Uint8Array.from([...bytes, 0]))).toThrow(UndecodableInput)
    bytes[32] = 2
    expect(() => decodeResult(bytes)).toThrow(UndecodableInput)
  })

  test('the answer for undecodable input is 43 zero bytes', () => {
    expect(bytesToHex(undecodableResult())).toBe('00'.repeat(43))
    expect(resultType.fixedSize).toBe(43)
  })
})
