import { hexToBytes, isZeroBytes } from '../stateless/bytes.ts'
import { assert } from './internal.ts'
import { BadElement, loadMcl, MCL_SIZES, type Mcl, mclCall, startOnce } from './mcl.ts'

/** Generators of the groups, compressed. */
const G1 = '97f1d3a73197d7942695638c4fa9ac0fc3688c4f9774b905a14e3a3f171bac586c55e83ff97a1aeffb3af00adb22c6bb'
const G2 =
  '93e02b6052719f607dacd3a088274f65596bd0d09920b61ab5da61bbdc7f5049334cf11213945d57e5ac7d055d042b7e' +
  '024aa2b2f08f0a91260805272dc51051c6e47ad4fa403b02b4510b647ae3d1770bac0326a805bbefd48056c8c121bdb8'

/** [tau]G2 of the KZG ceremony: the second entry of `g2_monomial` in consensus-specs' trusted_setup_4096.json. */
const TAU_G2 =
  'b5bfd7dd8cdeb128843bc287230af38926187075cbfbefa81009a2ce615ac53d' +
  '2914e5870cb452d2afaaab24f3499f72185cbfee53492714734429b7b38608e2' +
  '3926c911cceceac9a36851477ba4c60b087041de621000edc98edada20c1def2'

/** Flags in the first byte of a compressed point. */
const COMPRESSED = 0x80
const INFINITY = 0x40
const LARGER_Y = 0x20

/** Order of the groups, big-endian: EIP-4844 calls it BLS_MODULUS. */
export const SCALAR_ORDER = hexToBytes('73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001')
/** A point's y is the larger one when it is above half of the base field's order. */
const HALF_FIELD = hexToBytes(
  '0d0088f51cbff34d258dd3db21a5d66bb23ba5c279c2895fb39869507b587b120f55ffff58a9ffffdcff7fffffffd555',
)

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
  const holds = createFixedPairing(mcl)
  const base = mcl.reserve(g1.size)
  decompress(base, hexToBytes(G1))
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

/** e(first, G2) * e(second, [tau]G2) = 1, for finite points. */
function createFixedPairing(mcl: Mcl): (product: number, first: number, second: number) => boolean {
  const generator = precomputeLines(mcl, hexToBytes(G2))
  const tau = precomputeLines(mcl, hexToBytes(TAU_G2))
  const millerLoop = mclCall(mcl, 'mclBn_precomputedMillerLoop2')
  const finish = mclCall(mcl, 'mclBn_finalExp')
  const isOne = mclCall(mcl, 'mclBnGT_isOne')
  return (product, first, second) => {
    millerLoop(product, first, generator, second, tau)
    finish(product, product)
    return isOne(product) === 1
  }
}

function precomputeLines(mcl: Mcl, compressed: Uint8Array): number {
  const source = mcl.reserve(compressed.length)
  const point = mcl.reserve(mcl.g2.size)
  const lines = mcl.reserve(mclCall(mcl, 'mclBn_getUint64NumToPrecompute')() * 8)
  mcl.store(source, compressed)
  const setEthereumFormat = mclCall(mcl, 'mclBn_setETHserialization')
  setEthereumFormat(1)
  const length = mclCall(mcl, 'mclBnG2_deserialize')(point, source, compressed.length)
  setEthereumFormat(0)
  assert(length === compressed.length && mcl.g2.isValidOrder(point) === 1, 'a point of the KZG setup is wrong')
  mclCall(mcl, 'mclBn_precomputeG2')(lines, point)
  return lines
}

/** Reads a compressed G1 point: 48 bytes, x with three flags on top. Anything but the one right encoding is refused. */
function createDecompression(mcl: Mcl): (pointer: number, bytes: Uint8Array) => void {
  const { g1 } = mcl
  const { field } = MCL_SIZES
  const [multiply, add, negate, squareRoot, setInt] = ['mul', 'add', 'neg', 'squareRoot', 'setInt32'].map((name) =>
    mclCall(mcl, `mclBnFp_${name}`),
  ) as [F, F, F, F, F]
  const four = mcl.reserve(field)
  const square = mcl.reserve(field)
  setInt(four, 4)
  const text = new Uint8Array(48)
  return (pointer, bytes) => {
    const flags = bytes[0] as number
    text.set(bytes)
    text[0] = flags & 0x1f
    if ((flags & COMPRESSED) === 0) throw new BadElement('point is not compressed')
    if ((flags & INFINITY) !== 0) {
      if ((flags & LARGER_Y) !== 0 || !isZeroBytes(text)) throw new BadElement('infinity has coordinates')
      g1.clear(pointer)
      return
    }
    const y = pointer + field
    mcl.readField(pointer, text)
    multiply(square, pointer, pointer)
    multiply(square, square, pointer)
    add(square, square, four)
    if (squareRoot(y, square) !== 0) throw new BadElement('point is not on the curve')
    mcl.writeField(y, text)
    if (compare(text, HALF_FIELD) > 0 !== ((flags & LARGER_Y) !== 0)) negate(y, y)
    setInt(pointer + 2 * field, 1)
    if (g1.isValidOrder(pointer) !== 1) throw new BadElement('point is not in the subgroup')
  }
}

type F = (...args: number[]) => number

function readCanonicalScalar(mcl: Mcl, pointer: number, bytes: Uint8Array): void {
  if (compare(bytes, SCALAR_ORDER) >= 0) throw new BadElement('not a scalar of the group')
  mcl.readScalar(pointer, bytes)
}

/** Big-endian numbers of the same length. */
function compare(a: Uint8Array, b: Uint8Array): number {
  return Buffer.compare(a, b)
}
