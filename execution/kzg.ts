import type { CustomCrypto } from '@ethereumjs/common'
import { bls12_381 } from '@noble/curves/bls12-381.js'
import { bytesToBigint, hexToBytes } from '../stateless/bytes.ts'

const { G1, G2, fields, pairingBatch } = bls12_381
type G1Point = typeof G1.Point.BASE
type G2Point = typeof G2.Point.BASE

/** [tau]G2 of the KZG ceremony: the second entry of `g2_monomial` in consensus-specs' trusted_setup_4096.json. */
const TAU_G2 =
  'b5bfd7dd8cdeb128843bc287230af38926187075cbfbefa81009a2ce615ac53d' +
  '2914e5870cb452d2afaaab24f3499f72185cbfee53492714734429b7b38608e2' +
  '3926c911cceceac9a36851477ba4c60b087041de621000edc98edada20c1def2'

/**
 * EIP-4844 verify_kzg_proof, for the point evaluation precompile: does the polynomial behind a 48-byte commitment have
 * the value y at z? One pairing equation: e(C - [y]G1, G2) = e(proof, [tau - z]G2).
 *
 * @throws Error with C_KZG_BADARGS in its message, which EthereumJS takes for invalid input, when a point is not a
 * canonical member of the group or a scalar not below its order
 */
export function createVerifyKzgProof(): (commitment: string, z: string, y: string, proof: string) => boolean {
  let tau: G2Point | undefined
  return (commitment, z, y, proof) => {
    const value = scalar(y)
    const at = scalar(z)
    const claimed = point(commitment).subtract(G1.Point.BASE.multiplyUnsafe(value))
    tau ??= G2.Point.fromHex(TAU_G2)
    const divisor = tau.subtract(G2.Point.BASE.multiplyUnsafe(at))
    return pairingProductIsOne([
      { g1: claimed.negate(), g2: G2.Point.BASE },
      { g1: point(proof), g2: divisor },
    ])
  }
}

/** The part of EthereumJS's KZG interface that running blocks needs; it asks for nothing else outside the pool. */
export function createKzg(): NonNullable<CustomCrypto['kzg']> {
  return { verifyProof: createVerifyKzgProof() } as NonNullable<CustomCrypto['kzg']>
}

/** A pair with a point at infinity contributes a factor of one; the library refuses such points. */
function pairingProductIsOne(pairs: { g1: G1Point; g2: G2Point }[]): boolean {
  const finite = pairs.filter(({ g1, g2 }) => !g1.is0() && !g2.is0())
  return finite.length === 0 || fields.Fp12.eql(pairingBatch(finite), fields.Fp12.ONE)
}

function point(hex: string): G1Point {
  try {
    return G1.Point.fromBytes(hexToBytes(hex))
  } catch (cause) {
    throw new Error('C_KZG_BADARGS: not a compressed point of the group', { cause })
  }
}

function scalar(hex: string): bigint {
  const value = bytesToBigint(hexToBytes(hex))
  if (value >= fields.Fr.ORDER) throw new Error('C_KZG_BADARGS: not a field element')
  return value
}
