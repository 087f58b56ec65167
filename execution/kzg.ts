import { FIELD_BYTES } from './blobPolynomial.ts'
import { compareWords, createDecompression, createFixedPairing } from './kzgPoints.ts'
import { G1, TAU_G2 } from './kzgSetup.ts'
import { BadElement, loadMcl, MCL_SIZES, type Mcl, mclCall, startOnce } from './mcl.ts'

/**
 * EIP-4844 verify_kzg_proof, for the point evaluation precompile: does the polynomial behind a 48-byte commitment have
 * the value y at z (32 bytes each, big-endian)?
 *
 * @throws BadElement when a point is not a canonical member of the group or a scalar not below its order
 */
export type VerifyKzgProof = (commitment: Uint8Array, z: Uint8Array, y: Uint8Array, proof: Uint8Array) => boolean

const load = startOnce(async (_: 'KZG') => createVerifyKzgProof(await loadMcl('bls12_381')))

/** Started on first use, once per process. */
export function loadVerifyKzgProof(): Promise<VerifyKzgProof> {
  return load('KZG')
}

/**
 * One pairing equation with both G2 points fixed, so that their line functions are computed once:
 * e(C - [y]G1 + [z]proof, G2) * e(-proof, [tau]G2) = 1.
 */
function createVerifyKzgProof(mcl: Mcl): VerifyKzgProof {
  const { g1 } = mcl
  const { scalar, target } = MCL_SIZES
  const decompress = createDecompression(mcl)
  const holds = createFixedPairing(mcl, TAU_G2)
  const base = mcl.reserve(g1.size)
  decompress(base, G1)
  const baseBytes = mcl.load(base, g1.size)
  const claimed = mcl.reserve(g1.size)
  const opening = mcl.reserve(g1.size)
  const combined = mcl.reserve(g1.size)
  const points = mcl.reserve(2 * g1.size)
  const scalars = mcl.reserve(2 * scalar)
  const product = mcl.reserve(target)
  const negateScalar = mclCall(mcl, 'mclBnFr_neg')
  const negate = mclCall(mcl, 'mclBnG1_neg')
  return (commitment, z, y, proof) => {
    readCanonicalScalar(mcl, scalars, y)
    readCanonicalScalar(mcl, scalars + scalar, z)
    decompress(claimed, commitment)
    decompress(opening, proof)
    negateScalar(scalars, scalars)
    mcl.store(points, baseBytes)
    mcl.store(points + g1.size, mcl.load(opening, g1.size))
    g1.mulVec(combined, points, scalars, 2)
    g1.add(claimed, claimed, combined)
    negate(opening, opening)
    // The fixed lines are not made for the point at infinity, whose pairings are one.
    if (g1.isZero(claimed) === 1 || g1.isZero(opening) === 1) return g1.isZero(claimed) === g1.isZero(opening)
    return holds(product, claimed, opening)
  }
}

function readCanonicalScalar(mcl: Mcl, pointer: number, bytes: Uint8Array): void {
  if (bytes.length !== FIELD_BYTES.length || compareWords(bytes, FIELD_BYTES) >= 0)
    throw new BadElement('not a scalar of the group')
  mcl.readScalar(pointer, bytes)
}
