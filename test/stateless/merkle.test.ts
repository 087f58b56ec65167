import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { bytesToHex, concatBytes } from '../../stateless/bytes.ts'
import {
  merkleize,
  merkleizeProgressive,
  mixInActiveFields,
  mixInLength,
  toChunks,
  treeDepth,
} from '../../stateless/merkle.ts'
import { newPayloadRequestRoot } from '../../stateless/sszRoots.ts'
import { executionRequestsType, newPayloadRequestType } from '../../stateless/sszSchema.ts'
import { byteList, byteVector, list } from '../../stateless/sszTypes.ts'
import { newPayloadRequest, SEED } from './arbitraries.ts'

const sha256 = (...parts: Uint8Array[]) => Uint8Array.from(createHash('sha256').update(concatBytes(parts)).digest())

/** The definitions of the specification, written down as slowly as they read. */
function slowTree(chunks: Uint8Array[], leaves: number): Uint8Array {
  if (leaves === 1) return chunks[0] ?? new Uint8Array(32)
  return sha256(slowTree(chunks.slice(0, leaves / 2), leaves / 2), slowTree(chunks.slice(leaves / 2), leaves / 2))
}
function slowProgressive(chunks: Uint8Array[], leaves = 1): Uint8Array {
  if (chunks.length === 0) return new Uint8Array(32)
  return sha256(slowTree(chunks.slice(0, leaves), leaves), slowProgressive(chunks.slice(leaves), leaves * 4))
}

const chunkList = fc.array(fc.uint8Array({ minLength: 32, maxLength: 32 }), { maxLength: 100 })

test('progressive trees equal their definition', () => {
  fc.assert(
    fc.property(chunkList, (chunks) => {
      expect(bytesToHex(merkleizeProgressive(concatBytes(chunks)))).toBe(bytesToHex(slowProgressive(chunks)))
    }),
    { seed: SEED, numRuns: 60 },
  )
})

test('fixed trees equal their definition, padding included', () => {
  fc.assert(
    fc.property(chunkList, fc.nat({ max: 3 }), (chunks, extra) => {
      const depth = treeDepth(chunks.length) + extra
      expect(bytesToHex(merkleize(concatBytes(chunks), depth))).toBe(bytesToHex(slowTree(chunks, 2 ** depth)))
    }),
    { seed: SEED, numRuns: 40 },
  )
})

describe('known values', () => {
  const EMPTY_PROGRESSIVE_LIST = 'f5a5fd42d16a20302798ef6ed309979b43003d2320d9f0e8ea9831a92759fb4b'
  test('empty progressive lists', () => {
    expect(bytesToHex(byteList().root(new Uint8Array(0)))).toBe(EMPTY_PROGRESSIVE_LIST)
    expect(bytesToHex(list(byteList()).root([]))).toBe(EMPTY_PROGRESSIVE_LIST)
  })

  test('empty execution requests', () => {
    const empty = { deposits: [], withdrawals: [], consolidations: [], builderDeposits: [], builderExits: [] }
    const root = bytesToHex(executionRequestsType.root(empty))
    expect(root).toBe('87b69a306c8e430d0857f7c4ac5e27cecffa1108d43c2e5df7388056fea7a423')
  })

  test('empty List[Bytes32, 4096]', () => {
    const root = bytesToHex(list(byteVector(32), 4096).root([]))
    expect(root).toBe('dba9671bac9513c9482f1416a53aabd2c6ce90d5a5f865ce5a55c775325c9136')
  })

  test('active field bits are ffff07 for 19 fields, 1f for 5, 0f for 4', () => {
    const zero = new Uint8Array(32)
    for (const [count, bits] of [
      [19, [0xff, 0xff, 0x07]],
      [5, [0x1f]],
      [4, [0x0f]],
    ] as const) {
      const mixin = new Uint8Array(32)
      mixin.set(bits)
      expect(bytesToHex(mixInActiveFields(zero, count))).toBe(bytesToHex(sha256(zero, mixin)))
    }
  })

  test('lengths are little-endian', () => {
    const length = new Uint8Array(32)
    length.set([0x02, 0x01])
    expect(bytesToHex(mixInLength(new Uint8Array(32), 0x0102))).toBe(bytesToHex(sha256(new Uint8Array(32), length)))
  })
})

test('short byte strings are padded to whole chunks', () => {
  expect(toChunks(Uint8Array.of(1, 2)).length).toBe(32)
  expect(toChunks(new Uint8Array(64)).length).toBe(64)
  expect(toChunks(new Uint8Array(0)).length).toBe(0)
})

test('the root of a request depends on every field', () => {
  const [request] = fc.sample(newPayloadRequest, { numRuns: 1, seed: SEED })
  if (request === undefined) throw new Error('no sample')
  const root = bytesToHex(newPayloadRequestRoot(request))
  const payload = request.executionPayload
  const others = Object.entries(payload).map(([name, value]) => {
    const changed =
      typeof value === 'bigint'
        ? value ^ 1n
        : value instanceof Uint8Array
          ? flip(value)
          : [...value, ...value, ...one(name)]
    return bytesToHex(newPayloadRequestRoot({ ...request, executionPayload: { ...payload, [name]: changed } }))
  })
  others.push(
    bytesToHex(newPayloadRequestRoot({ ...request, parentBeaconBlockRoot: flip(request.parentBeaconBlockRoot) })),
  )
  others.push(
    bytesToHex(newPayloadRequestRoot({ ...request, versionedHashes: [...request.versionedHashes, root32()] })),
  )
  expect(new Set([root, ...others]).size).toBe(others.length + 1)
  expect(newPayloadRequestType.fixedPart).toBe(44)
})

const root32 = () => new Uint8Array(32).fill(7)
const flip = (bytes: Uint8Array) =>
  bytes.length === 0 ? Uint8Array.of(1) : bytes.map((byte, i) => (i === 0 ? byte ^ 1 : byte))
const one = (name: string) =>
  name === 'withdrawals'
    ? [{ index: 1n, validatorIndex: 2n, address: new Uint8Array(20), amount: 3n }]
    : [Uint8Array.of(1)]
