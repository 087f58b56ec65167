import { bls12_381 } from '@noble/curves/bls12-381.js'
import { bytesToBigint, hexToBytes } from '../../stateless/bytes.ts'

const { G1, G2, fields, pairingBatch } = bls12_381
type G1Point = typeof G1.Point.BASE
type G2Point = typeof G2.Point.BASE

/** [tau]G2 of the KZG ceremony. */
const TAU_G2 =
  'b5bfd7dd8cdeb128843bc287230af38926187075cbfbefa81009a2ce615ac53d' +
  '2914e5870cb452d2afaaab24f3499f72185cbfee53492714734429b7b38608e2' +
  '3926c911cceceac9a36851477ba4c60b087041de621000edc98edada20c1def2'

/** verify_kzg_proof on another curve implementation, in the words of the specification; undefined for invalid input. */
export function plainVerifyKzgProof(
  commitment: Uint8Array,
  z: Uint8Array,
  y: Uint8Array,
  proof: Uint8Array,
): boolean | undefined {
  const [value, at] = [bytesToBigint(y), bytesToBigint(z)]
  if (value >= fields.Fr.ORDER || at >= fields.Fr.ORDER) return undefined
  let points: [G1Point, G1Point]
  try {
    points = [G1.Point.fromBytes(commitment), G1.Point.fromBytes(proof)]
  } catch {
    return undefined
  }
  const claimed = points[0].subtract(G1.Point.BASE.multiplyUnsafe(value))
  const divisor = G2.Point.fromBytes(hexToBytes(TAU_G2)).subtract(G2.Point.BASE.multiplyUnsafe(at))
  return productIsOne([
    { g1: claimed.negate(), g2: G2.Point.BASE },
    { g1: points[1], g2: divisor },
  ])
}

/** A pair with a point at infinity contributes a factor of one; the library refuses such points. */
function productIsOne(pairs: { g1: G1Point; g2: G2Point }[]): boolean {
  const finite = pairs.filter(({ g1, g2 }) => !g1.is0() && !g2.is0())
  return finite.length === 0 || fields.Fp12.eql(pairingBatch(finite), fields.Fp12.ONE)
}
