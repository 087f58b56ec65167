import { hexToBytes, isZeroBytes } from '../stateless/bytes.ts'
import { assert } from './internal.ts'
import { G2 } from './kzgSetup.ts'
import { BadElement, MCL_SIZES, type Mcl, mclCall } from './mcl.ts'

const POINT_BYTES = 48

/** Flags in the first byte of a compressed point. */
const COMPRESSED = 0x80
const INFINITY = 0x40
const LARGER_Y = 0x20

/** A point's y is the larger one when it is above half of the base field's order. */
const HALF_FIELD = hexToBytes(
  '0d0088f51cbff34d258dd3db21a5d66bb23ba5c279c2895fb39869507b587b120f55ffff58a9ffffdcff7fffffffd555',
)

/** e(first, G2) * e(second, power) = 1, for finite points; `power` is a compressed point of G2. */
export function createFixedPairing(
  mcl: Mcl,
  power: Uint8Array,
): (product: number, first: number, second: number) => boolean {
  const generator = precomputeLines(mcl, G2)
  const tau = precomputeLines(mcl, power)
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
export function createDecompression(mcl: Mcl): (pointer: number, bytes: Uint8Array) => void {
  const { g1 } = mcl
  const { field } = MCL_SIZES
  const [multiply, add, negate, squareRoot, setInt] = ['mul', 'add', 'neg', 'squareRoot', 'setInt32'].map((name) =>
    mclCall(mcl, `mclBnFp_${name}`),
  ) as [F, F, F, F, F]
  const four = mcl.reserve(field)
  const square = mcl.reserve(field)
  setInt(four, 4)
  const text = new Uint8Array(POINT_BYTES)
  return (pointer, bytes) => {
    if (bytes.length !== POINT_BYTES) throw new BadElement(`point of ${bytes.length} bytes, want ${POINT_BYTES}`)
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
    if (compareWords(text, HALF_FIELD) > 0 !== ((flags & LARGER_Y) !== 0)) negate(y, y)
    setInt(pointer + 2 * field, 1)
    if (g1.isValidOrder(pointer) !== 1) throw new BadElement('point is not in the subgroup')
  }
}

type F = (...args: number[]) => number

/** Big-endian numbers of the same length. */
export function compareWords(a: Uint8Array, b: Uint8Array): number {
  return Buffer.compare(a, b)
}
