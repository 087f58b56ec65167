import { assert } from './internal.ts'
import { BadElement, type CurveName, type Group, loadMcl, MCL_SIZES, type Mcl, mclCall, startOnce } from './mcl.ts'

/** Lets other work have its turn when it is time; awaited between two parts of a long computation. */
export type Pause = () => Promise<void> | undefined

/**
 * The curve arithmetic of EIP-196, EIP-197 and EIP-2537. Inputs have a length that the precompile has checked. Points are
 * affine, big-endian, all zero at infinity; a coordinate takes 32 bytes on bn254 and 64 on BLS12-381.
 *
 * Everything throws BadElement for coordinates not below the field's order and points off the curve; `msm` and `pairing`
 * for points outside the subgroup too.
 */
export type PairingCurve = {
  /** Two points. */
  add(group: 1 | 2, input: Uint8Array): Uint8Array
  /** Pairs of a point and a 32-byte scalar. */
  msm(group: 1 | 2, input: Uint8Array, pause: Pause): Promise<Uint8Array>
  /** Pairs of a G1 and a G2 point: is the product of the pairings one? */
  pairing(input: Uint8Array, pause: Pause): Promise<boolean>
  /** A field element, or two of them, mapped to a point of the subgroup (BLS12-381). */
  map(group: 1 | 2, input: Uint8Array): Uint8Array
}

/** How a curve's elements are laid out in precompile inputs. */
type Layout = {
  /** bytes of a base field element with its padding */
  word: number
  /** Which part of an extension field element comes first: EIP-197 puts the imaginary one there. */
  imaginaryFirst: boolean
}

const LAYOUTS: Record<CurveName, Layout> = {
  bn254: { word: 32, imaginaryFirst: true },
  bls12_381: { word: 64, imaginaryFirst: false },
}

/** Elements per part of a long computation: some 10 to 50 ms of work. */
const MSM_BATCH = 64
const PAIRING_BATCH = 16

/** Started on first use, once per process. */
export const loadPairingCurve = startOnce(async (curve: CurveName) => createPairingCurve(await loadMcl(curve)))

function createPairingCurve(mcl: Mcl): PairingCurve {
  const points = createPointCodec(mcl)
  const groups = { 1: mcl.g1, 2: mcl.g2 }
  return {
    add: createAdd(mcl, points, groups),
    msm: createMsm(mcl, points, groups),
    pairing: createPairing(mcl, points),
    map: createMap(mcl, points, groups),
  }
}

type PointCodec = {
  /** bytes of an encoded point */
  length(group: Group): number
  /** Throws BadElement; the subgroup is checked when `inSubgroup`. */
  read(group: Group, pointer: number, bytes: Uint8Array, inSubgroup: boolean): void
  write(group: Group, pointer: number): Uint8Array
  readCoordinate(degree: 1 | 2, pointer: number, bytes: Uint8Array): void
}

function createPointCodec(mcl: Mcl): PointCodec {
  const { word, imaginaryFirst } = LAYOUTS[mcl.curve]
  const padding = word - mcl.fieldSize
  const one = mcl.reserve(2 * MCL_SIZES.field)
  mcl.store(one, new Uint8Array(2 * MCL_SIZES.field))
  mclCall(mcl, 'mclBnFp_setInt32')(one, 1)
  const oneBytes = mcl.load(one, 2 * MCL_SIZES.field)
  const partOf = (degree: number, index: number) => (degree === 2 && imaginaryFirst ? 1 - index : index)

  function readCoordinate(degree: 1 | 2, pointer: number, bytes: Uint8Array): void {
    for (let i = 0; i < degree; i++) {
      const part = bytes.subarray(i * word, (i + 1) * word)
      if (!isZero(part.subarray(0, padding))) throw new BadElement('padding of a field element is not zero')
      mcl.readField(pointer + partOf(degree, i) * MCL_SIZES.field, part.subarray(padding))
    }
  }

  return {
    length: ({ degree }) => 2 * degree * word,
    readCoordinate,
    read(group, pointer, bytes, inSubgroup) {
      const { degree } = group
      if (isZero(bytes)) {
        group.clear(pointer)
        return
      }
      const size = degree * MCL_SIZES.field
      readCoordinate(degree, pointer, bytes.subarray(0, degree * word))
      readCoordinate(degree, pointer + size, bytes.subarray(degree * word))
      mcl.store(pointer + 2 * size, oneBytes.subarray(0, size))
      if (group.isValid(pointer) !== 1) throw new BadElement('point is not on the curve')
      if (inSubgroup && group.isValidOrder(pointer) !== 1) throw new BadElement('point is not in the subgroup')
    },
    write(group, pointer) {
      const { degree } = group
      const output = new Uint8Array(2 * degree * word)
      if (group.isZero(pointer) === 1) return output
      group.normalize(pointer, pointer)
      for (let i = 0; i < 2 * degree; i++) {
        const from = pointer + (i - (i % degree) + partOf(degree, i % degree)) * MCL_SIZES.field
        mcl.writeField(from, output.subarray(i * word + padding, (i + 1) * word))
      }
      return output
    },
  }
}

function isZero(bytes: Uint8Array): boolean {
  for (const byte of bytes) if (byte !== 0) return false
  return true
}

type Groups = { 1: Group; 2: Group }

function createAdd(mcl: Mcl, points: PointCodec, groups: Groups): PairingCurve['add'] {
  const left = mcl.reserve(mcl.g2.size)
  const right = mcl.reserve(mcl.g2.size)
  return (degree, input) => {
    const group = groups[degree]
    const length = points.length(group)
    points.read(group, left, input.subarray(0, length), false)
    points.read(group, right, input.subarray(length), false)
    group.add(left, left, right)
    return points.write(group, left)
  }
}

/** In batches: a long vector would not fit on the module's stack, and others wait for their turn. */
function createMsm(mcl: Mcl, points: PointCodec, groups: Groups): PairingCurve['msm'] {
  const { scalar } = MCL_SIZES
  const vector = mcl.reserve(MSM_BATCH * mcl.g2.size)
  const scalars = mcl.reserve(MSM_BATCH * scalar)
  const partial = mcl.reserve(mcl.g2.size)
  const sum = mcl.reserve(mcl.g2.size)

  function addBatch(group: Group, batch: Uint8Array): void {
    const length = points.length(group)
    const pairs = batch.length / (length + scalar)
    for (let i = 0; i < pairs; i++) {
      const pair = batch.subarray(i * (length + scalar), (i + 1) * (length + scalar))
      points.read(group, vector + i * group.size, pair.subarray(0, length), true)
      mcl.readScalar(scalars + i * scalar, pair.subarray(length))
    }
    if (pairs === 1) group.mul(partial, vector, scalars)
    else group.mulVec(partial, vector, scalars, pairs)
    group.add(sum, sum, partial)
  }

  return async (degree, input, pause) => {
    const group = groups[degree]
    const batchLength = MSM_BATCH * (points.length(group) + scalar)
    group.clear(sum)
    for (let offset = 0; offset < input.length; offset += batchLength) {
      addBatch(group, input.subarray(offset, offset + batchLength))
      if (offset + batchLength >= input.length) break
      const kept = mcl.load(sum, group.size)
      await pause()
      mcl.store(sum, kept)
    }
    return points.write(group, sum)
  }
}

function createPairing(mcl: Mcl, points: PointCodec): PairingCurve['pairing'] {
  const { target } = MCL_SIZES
  const { g1, g2 } = mcl
  const left = mcl.reserve(PAIRING_BATCH * g1.size)
  const right = mcl.reserve(PAIRING_BATCH * g2.size)
  const partial = mcl.reserve(target)
  const product = mcl.reserve(target)
  const millerLoop = mclCall(mcl, 'mclBn_millerLoopVec')
  const multiply = mclCall(mcl, 'mclBnGT_mul')
  const setInt = mclCall(mcl, 'mclBnGT_setInt32')
  const finish = mclCall(mcl, 'mclBn_finalExp')
  const isOne = mclCall(mcl, 'mclBnGT_isOne')
  const [length1, length2] = [points.length(g1), points.length(g2)]
  const pairLength = length1 + length2

  function multiplyBatch(batch: Uint8Array): void {
    let finite = 0
    for (let offset = 0; offset < batch.length; offset += pairLength) {
      const [p, q] = [left + finite * g1.size, right + finite * g2.size]
      points.read(g1, p, batch.subarray(offset, offset + length1), true)
      points.read(g2, q, batch.subarray(offset + length1, offset + pairLength), true)
      // A pair with a point at infinity contributes a factor of one.
      if (g1.isZero(p) !== 1 && g2.isZero(q) !== 1) finite++
    }
    if (finite === 0) return
    millerLoop(partial, left, right, finite)
    multiply(product, product, partial)
  }

  return async (input, pause) => {
    const batchLength = PAIRING_BATCH * pairLength
    setInt(product, 1)
    for (let offset = 0; offset < input.length; offset += batchLength) {
      multiplyBatch(input.subarray(offset, offset + batchLength))
      if (offset + batchLength >= input.length) break
      const kept = mcl.load(product, target)
      await pause()
      mcl.store(product, kept)
    }
    finish(product, product)
    return isOne(product) === 1
  }
}

function createMap(mcl: Mcl, points: PointCodec, groups: Groups): PairingCurve['map'] {
  const element = mcl.reserve(2 * MCL_SIZES.field)
  const point = mcl.reserve(mcl.g2.size)
  const map = { 1: mclCall(mcl, 'mclBnFp_mapToG1'), 2: mclCall(mcl, 'mclBnFp2_mapToG2') }
  return (degree, input) => {
    points.readCoordinate(degree, element, input)
    assert(map[degree](point, element) === 0, 'mcl did not map a field element')
    return points.write(groups[degree], point)
  }
}
