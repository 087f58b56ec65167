import { bytesToBigint, concatBytes } from '../stateless/bytes.ts'
import {
  BLOB_BYTES,
  BLOB_ELEMENTS,
  blobElements,
  CELLS_PER_BLOB,
  FIELD,
  inverseRoots,
  invert,
  reverseBits,
  rootsOfUnity,
  transform,
} from './blobPolynomial.ts'
import { loadVerifyKzgProof } from './kzg.ts'
import { createDecompression, createFixedPairing } from './kzgPoints.ts'
import { powersOfG1, TAU64_G2 } from './kzgSetup.ts'
import { BadElement, loadMcl, MCL_SIZES, type Mcl, mclCall, startOnce } from './mcl.ts'
import type { Pause } from './pairings.ts'
import { wordToBytes } from './words.ts'

const CELL_ELEMENTS = 64
const CELL_INDEX_BITS = 7
/** Proofs that are decompressed and summed up in one go: some 10 ms of work. */
const PROOFS_PER_STEP = 16
const CHALLENGE_DOMAIN = new TextEncoder().encode('FSBLOBVERIFY_V1_')
const CELL_CHALLENGE_DOMAIN = new TextEncoder().encode('RCKZGCBATCH__V1_')

export type ProofDeps = { sha256(bytes: Uint8Array): Uint8Array; pause: Pause }

/**
 * What the proofs beside a blob claim (execution/kzg.ts has the proof of one point). Blobs are 131,072 bytes of canonical
 * field elements; commitments and proofs are compressed points.
 *
 * Both throw BadElement when a commitment or proof is no member of the group, when a blob has another length, and when
 * there are more or fewer proofs than cells.
 */
export type BlobProofs = {
  /** EIP-4844 verify_blob_kzg_proof: this is the commitment to the blob */
  verifyBlob(blob: Uint8Array, commitment: Uint8Array, proof: Uint8Array, deps: ProofDeps): Promise<boolean>
  /** EIP-7594 verify_cell_kzg_proof_batch over all 128 cells of the blob: they are cells of the committed polynomial */
  verifyCells(
    blob: Uint8Array,
    commitment: Uint8Array,
    proofs: readonly Uint8Array[],
    deps: ProofDeps,
  ): Promise<boolean>
}

const load = startOnce(async (_: 'blob proofs') => createBlobProofs(await loadMcl('bls12_381')))

/** Started on first use, once per process: some 50 ms. */
export function loadBlobProofs(): Promise<BlobProofs> {
  return load('blob proofs')
}

function createBlobProofs(mcl: Mcl): BlobProofs {
  const backwards = inverseRoots(rootsOfUnity(BLOB_ELEMENTS))
  const cellRoots = rootsOfUnity(CELLS_PER_BLOB)
  const curve = createCellEquation(mcl)

  /** Coefficients of the blob's polynomial, times 4096. */
  async function scaledCoefficients(blob: Uint8Array, pause: Pause): Promise<bigint[]> {
    const values = blobElements(blob)
    await pause()
    await transform(values, backwards, pause)
    return values
  }

  return {
    async verifyBlob(blob, commitment, proof, { sha256, pause }) {
      requireBlob(blob)
      const degree = Uint8Array.from({ length: 16 }, (_, i) => (i === 14 ? BLOB_ELEMENTS >> 8 : 0))
      const z = bytesToBigint(sha256(concatBytes([CHALLENGE_DOMAIN, degree, blob, commitment]))) % FIELD
      const coefficients = await scaledCoefficients(blob, pause)
      const y = (evaluate(coefficients, z) * SCALE) % FIELD
      const verify = await loadVerifyKzgProof()
      return verify(commitment, wordToBytes(z), wordToBytes(y), proof)
    },
    /**
     * The cells all come from the blob, so nobody extends it: the polynomial that agrees with it on a cell is its
     * remainder by X^64 - w, w the 64th power of the cell's points. The sum of those remainders, weighted by powers of a
     * challenge, takes one transform of the blob and one of the weights.
     */
    async verifyCells(blob, commitment, proofs, { sha256, pause }) {
      requireBlob(blob)
      if (proofs.length !== CELLS_PER_BLOB) throw new BadElement(`${proofs.length} cell proofs, want ${CELLS_PER_BLOB}`)
      const challenge = bytesToBigint(sha256(concatBytes([CELL_CHALLENGE_DOMAIN, commitment, blob, ...proofs]))) % FIELD
      const weights = powersOf(challenge, CELLS_PER_BLOB)
      const shifts = weights.map((_, cell) => cellRoots[reverseBits(cell, CELL_INDEX_BITS)] ?? 0n)
      const sums = [...weights]
      await transform(sums, cellRoots, pause)
      const coefficients = await scaledCoefficients(blob, pause)
      const remainder = Array.from({ length: CELL_ELEMENTS }, (_, t) => {
        let sum = 0n
        for (let j = 0; j < CELL_ELEMENTS; j++) sum += (coefficients[CELL_ELEMENTS * j + t] ?? 0n) * (sums[j] ?? 0n)
        return ((sum % FIELD) * SCALE) % FIELD
      })
      await pause()
      return curve.holds({ commitment, proofs, weights, shifts, remainder }, pause)
    },
  }
}

const SCALE = invert(BigInt(BLOB_ELEMENTS))

type CellEquation = {
  commitment: Uint8Array
  proofs: readonly Uint8Array[]
  /** per cell: the power of the challenge */
  weights: readonly bigint[]
  /** per cell: the 64th power of its points */
  shifts: readonly bigint[]
  /** coefficients of the weighted sum of what the cells interpolate to */
  remainder: readonly bigint[]
}

/**
 * One pairing equation for all cells:
 * e(sum of weight * proof, [tau^64]G2) = e(weights * C - [remainder]G1 + sum of weight * shift * proof, G2).
 */
function createCellEquation(mcl: Mcl): { holds(equation: CellEquation, pause: Pause): Promise<boolean> } {
  const { g1 } = mcl
  const decompress = createDecompression(mcl)
  const pairing = createFixedPairing(mcl, TAU64_G2)
  const negate = mclCall(mcl, 'mclBnG1_neg')
  const points = mcl.reserve(CELL_ELEMENTS * g1.size)
  const scalars = mcl.reserve(CELL_ELEMENTS * MCL_SIZES.scalar)
  const [sum, partial] = [mcl.reserve(g1.size), mcl.reserve(g1.size)]
  const [claimed, opening] = [mcl.reserve(g1.size), mcl.reserve(g1.size)]
  const product = mcl.reserve(MCL_SIZES.target)
  const powers = mcl.reserve(CELL_ELEMENTS * g1.size)
  for (const [i, bytes] of powersOfG1().entries()) decompress(powers + i * g1.size, bytes)
  const powerBytes = mcl.load(powers, CELL_ELEMENTS * g1.size)
  g1.clear(sum)
  const zero = mcl.load(sum, g1.size)

  /** bytes of `total` plus the sum of factor * point over the points that lie at `points` */
  function addMultiples(total: Uint8Array, factors: readonly bigint[]): Uint8Array {
    for (const [i, factor] of factors.entries()) mcl.readScalar(scalars + i * MCL_SIZES.scalar, wordToBytes(factor))
    mcl.store(sum, total)
    if (factors.length === 1) g1.mul(partial, points, scalars)
    else g1.mulVec(partial, points, scalars, factors.length)
    g1.add(sum, sum, partial)
    return mcl.load(sum, g1.size)
  }

  return {
    async holds({ commitment, proofs, weights, shifts, remainder }, pause) {
      decompress(points, commitment)
      let right = addMultiples(zero, [weights.reduce((total, weight) => total + weight, 0n) % FIELD])
      mcl.store(points, powerBytes)
      const negative = remainder.map((coefficient) => (FIELD - coefficient) % FIELD)
      right = addMultiples(right, negative)
      let left = zero
      for (let first = 0; first < proofs.length; first += PROOFS_PER_STEP) {
        await pause()
        const step = proofs.slice(first, first + PROOFS_PER_STEP)
        for (const [i, proof] of step.entries()) decompress(points + i * g1.size, proof)
        const factors = weights.slice(first, first + step.length)
        left = addMultiples(left, factors)
        const shifted = factors.map((factor, i) => (factor * (shifts[first + i] ?? 0n)) % FIELD)
        right = addMultiples(right, shifted)
      }
      await pause()
      mcl.store(claimed, right)
      mcl.store(opening, left)
      negate(opening, opening)
      // The fixed lines are not made for the point at infinity, whose pairings are one.
      if (g1.isZero(claimed) === 1 || g1.isZero(opening) === 1) return g1.isZero(claimed) === g1.isZero(opening)
      return pairing(product, claimed, opening)
    },
  }
}

function requireBlob({ length }: Uint8Array): void {
  if (length !== BLOB_BYTES) throw new BadElement(`blob of ${length} bytes, want ${BLOB_BYTES}`)
}

/** Horner's rule. */
function evaluate(coefficients: readonly bigint[], at: bigint): bigint {
  return coefficients.reduceRight((value, coefficient) => (value * at + coefficient) % FIELD, 0n)
}

function powersOf(base: bigint, count: number): bigint[] {
  const powers = [1n]
  while (powers.length < count) powers.push(((powers.at(-1) ?? 0n) * base) % FIELD)
  return powers
}
