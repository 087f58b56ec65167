import { createECDH } from 'node:crypto'
import { bytesToBigint } from '../stateless/bytes.ts'
import { wordToBytes } from './words.ts'

/** secp256r1 (FIPS 186-5): y^2 = x^3 - 3x + B over the field of FIELD elements, with ORDER points */
const FIELD = 0xffffffff00000001000000000000000000000000ffffffffffffffffffffffffn
const ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n
const B = 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604bn

type Point = { x: bigint; y: bigint }

/** Holds one private key at a time, which each use below sets anew; all calls are synchronous. */
const curve = createECDH('prime256v1')

/**
 * Does an ECDSA signature over secp256r1 hold (EIP-7951)? `input` is hash, r, s, x, y of 32 bytes each; the hash is any
 * 32 bytes, high s counts. Numbers out of range and points off the curve give false.
 *
 * The platform verifies only what it has hashed itself. But a signature holds when the x coordinate of
 * [e/s]G + [r/s]Q is r, which is [r/s](Q + [e/r]G), and the platform's key agreement computes both products: a public
 * key for G and a shared secret, which is an x coordinate, for the rest. That leaves one point addition to us.
 */
export function verifyP256(input: Uint8Array): boolean {
  const [hash, r, s, x, y] = [0, 32, 64, 96, 128].map((at) => bytesToBigint(input.subarray(at, at + 32))) as Five
  if (r === 0n || r >= ORDER || s === 0n || s >= ORDER || !isOnCurve({ x, y })) return false
  const both = invert((r * s) % ORDER, ORDER)
  const shifted = add({ x, y }, multiplyBase((hash * s * both) % ORDER))
  if (shifted === undefined) return false
  return multiplyForX(shifted, (((r * r) % ORDER) * both) % ORDER) % ORDER === r
}

type Five = [bigint, bigint, bigint, bigint, bigint]

function isOnCurve({ x, y }: Point): boolean {
  return x < FIELD && y < FIELD && mod(y * y - x * x * x + 3n * x - B, FIELD) === 0n
}

/** Undefined is the point at infinity. */
function multiplyBase(scalar: bigint): Point | undefined {
  if (scalar === 0n) return undefined
  curve.setPrivateKey(wordToBytes(scalar))
  const key = curve.getPublicKey()
  return { x: bytesToBigint(key.subarray(1, 33)), y: bytesToBigint(key.subarray(33)) }
}

/** The x coordinate of a multiple; the scalar is not 0. */
function multiplyForX({ x, y }: Point, scalar: bigint): bigint {
  curve.setPrivateKey(wordToBytes(scalar))
  return bytesToBigint(curve.computeSecret(Buffer.concat([Buffer.of(4), wordToBytes(x), wordToBytes(y)])))
}

function add(p: Point, q: Point | undefined): Point | undefined {
  if (q === undefined) return p
  if (p.x === q.x && p.y !== q.y) return undefined
  const [rise, run] = p.x === q.x ? [3n * (p.x * p.x - 1n), 2n * p.y] : [q.y - p.y, q.x - p.x]
  const slope = (mod(rise, FIELD) * invert(mod(run, FIELD), FIELD)) % FIELD
  const x = mod(slope * slope - p.x - q.x, FIELD)
  return { x, y: mod(slope * (p.x - x) - p.y, FIELD) }
}

function mod(value: bigint, modulus: bigint): bigint {
  const rest = value % modulus
  return rest < 0n ? rest + modulus : rest
}

/** The value is between 0 and the prime modulus, both excluded. */
function invert(value: bigint, modulus: bigint): bigint {
  let [a, b] = [value, modulus]
  let [x, y] = [1n, 0n]
  while (a !== 1n) {
    const quotient = b / a
    ;[a, b] = [b - quotient * a, a]
    ;[x, y] = [y - quotient * x, x]
  }
  return mod(x, modulus)
}
