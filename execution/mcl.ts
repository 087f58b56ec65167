import { createRequire } from 'node:module'
import { assert, InternalError } from './internal.ts'

/** Sizes of mcl's structures in bytes; the same for every curve of one build. */
const FP = 48
const FR = 32
/** `MCLBN_COMPILED_TIME_VAR`: mcl refuses to start when this does not match the sizes that it was built with. */
const BUILD_SIZES = (FR / 8) * 10 + FP / 8
/** RFC 9380, as EIP-2537 maps field elements to points */
const MAP_MODE_IRTF = 5
const CURVE_NUMBERS = { bn254: 4, bls12_381: 5 } as const

export type CurveName = keyof typeof CURVE_NUMBERS

/** Input that is no element of its group or field; the precompile fails. */
export class BadElement extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'BadElement'
  }
}

type Call = (...args: number[]) => number

type GroupCalls = {
  readonly [name in 'clear' | 'isZero' | 'add' | 'mul' | 'mulVec' | 'normalize']: Call
} & {
  /** of an affine point: is it on the curve, is it in the subgroup of prime order? 1 or 0 */
  readonly [name in 'isValid' | 'isValidOrder']: (point: number) => number
}

/** What we use of the module: functions over addresses in its memory. */
type RawModule = { readonly HEAPU8: Uint8Array } & Record<string, Call>

/** G1 (`degree` 1) or G2 (2): coordinates in the base field or in its quadratic extension. */
export type Group = GroupCalls & { readonly degree: 1 | 2; readonly size: number }

/**
 * One curve of mcl in its own wasm instance, used on raw memory: the package's classes copy every operand for every
 * operation and take numbers as hex text. All calls are synchronous, and nothing in the instance's memory has to
 * survive until the next turn of the event loop.
 */
export type Mcl = {
  readonly curve: CurveName
  /** bytes of a base field element: 32 or 48 */
  readonly fieldSize: number
  readonly g1: Group
  readonly g2: Group
  readonly raw: RawModule
  /** Reserves memory for the life of the process. */
  reserve(bytes: number): number
  /** A copy of memory, and back. */
  load(pointer: number, size: number): Uint8Array
  store(pointer: number, bytes: Uint8Array): void
  /** Big-endian; throws BadElement when not below the field's order. */
  readField(pointer: number, bytes: Uint8Array): void
  writeField(pointer: number, target: Uint8Array): void
  /** Big-endian, of 32 bytes; reduced by the order of the groups. */
  readScalar(pointer: number, bytes: Uint8Array): void
}

/** Starts on first use; about 20 ms, once per process and curve. */
export const loadMcl = startOnce(startMcl)

/**
 * Keeps what `start` gave for each key. A failure (no memory, a broken installation) is forgotten, so that the next use
 * tries again, and is one of our own: it must not look as if the input that first needed the curve were bad.
 */
export function startOnce<K, T>(start: (key: K) => Promise<T>): (key: K) => Promise<T> {
  const started = new Map<K, Promise<T>>()
  return (key) => {
    const known = started.get(key)
    if (known !== undefined) return known
    const starting = start(key).catch((cause: unknown) => {
      started.delete(key)
      throw cause instanceof InternalError ? cause : new InternalError(`${key} did not start`, cause)
    })
    started.set(key, starting)
    return starting
  }
}

async function startMcl(curve: CurveName): Promise<Mcl> {
  const createModule = createRequire(import.meta.url)('mcl-wasm/dist/mcl_c.js') as (
    imports: object,
  ) => Promise<RawModule>
  // Randomness is for making keys, which nobody does here.
  const raw = await createModule({ cryptoGetRandomValues: () => assert(false, 'mcl asked for randomness') })
  const call = (name: string, ...args: number[]) => bind(raw, name)(...args)
  assert(call('mclBn_init', CURVE_NUMBERS[curve], BUILD_SIZES) === 0, 'mcl did not start')
  // Subgroups are checked where the precompile's rules ask for it.
  call('mclBn_verifyOrderG1', 0)
  call('mclBn_verifyOrderG2', 0)
  if (curve === 'bls12_381') call('mclBn_setMapToMode', MAP_MODE_IRTF)
  const fieldSize = call('mclBn_getFpByteSize')
  const own = memory(raw, fieldSize)
  const g1 = curve === 'bn254' ? { ...group(raw, 1), ...bn254Checks(raw, own.reserve) } : group(raw, 1)
  return { curve, fieldSize, g1, g2: group(raw, 2), raw, ...own }
}

/**
 * All points of bn254 over the base field are in the group, but mcl multiplies each by the order to see it, whether asked
 * to or not: 160 us for an addition that costs 150 gas. Points are affine here: y^2 = x^3 + 3.
 */
function bn254Checks(raw: RawModule, reserve: Mcl['reserve']): Pick<Group, 'isValid' | 'isValidOrder'> {
  const [multiply, add, isEqual] = [bind(raw, 'mclBnFp_mul'), bind(raw, 'mclBnFp_add'), bind(raw, 'mclBnFp_isEqual')]
  const [left, right, three] = [reserve(FP), reserve(FP), reserve(FP)]
  bind(raw, 'mclBnFp_setInt32')(three, 3)
  return {
    isValid(point) {
      const [x, y] = [point, point + FP]
      multiply(left, x, x)
      multiply(left, left, x)
      add(left, left, three)
      multiply(right, y, y)
      return isEqual(left, right)
    },
    isValidOrder: () => 1,
  }
}

function group(raw: RawModule, degree: 1 | 2): Group {
  const get = (name: string) => bind(raw, `mclBnG${degree}_${name}`)
  return {
    degree,
    size: degree * 3 * FP,
    clear: get('clear'),
    isZero: get('isZero'),
    isValid: get('isValid'),
    isValidOrder: get('isValidOrder'),
    add: get('add'),
    mul: get('mul'),
    mulVec: get('mulVec'),
    normalize: get('normalize'),
  }
}

function memory(raw: RawModule, fieldSize: number) {
  const deserialize = bind(raw, 'mclBnFp_deserialize')
  const serialize = bind(raw, 'mclBnFp_serialize')
  const setBigEndian = bind(raw, 'mclBnFr_setBigEndianMod')
  const reserve = (bytes: number) => {
    const pointer = bind(raw, 'malloc')(bytes)
    assert(pointer !== 0, 'no memory left in mcl')
    return pointer
  }
  const scratch = reserve(FP)
  return {
    reserve,
    load: (pointer: number, size: number) => raw.HEAPU8.slice(pointer, pointer + size),
    store: (pointer: number, bytes: Uint8Array) => raw.HEAPU8.set(bytes, pointer),
    readField(pointer: number, bytes: Uint8Array) {
      const heap = raw.HEAPU8
      for (let i = 0; i < fieldSize; i++) heap[scratch + i] = bytes[fieldSize - 1 - i] as number
      if (deserialize(pointer, scratch, fieldSize) !== fieldSize) throw new BadElement('not a field element')
    },
    writeField(pointer: number, target: Uint8Array) {
      assert(serialize(scratch, FP, pointer) === fieldSize, 'mcl did not write a field element')
      const heap = raw.HEAPU8
      for (let i = 0; i < fieldSize; i++) target[i] = heap[scratch + fieldSize - 1 - i] as number
    },
    readScalar(pointer: number, bytes: Uint8Array) {
      raw.HEAPU8.set(bytes, scratch)
      assert(setBigEndian(pointer, scratch, bytes.length) === 0, 'mcl did not take a scalar')
    },
  }
}

function bind(raw: RawModule, name: string): Call {
  const found = raw[`_${name}`]
  assert(found !== undefined, `mcl has no function ${name}`)
  return found
}

/** For functions beyond the groups. */
export function mclCall({ raw }: Mcl, name: string): Call {
  return bind(raw, name)
}

export const MCL_SIZES = { field: FP, scalar: FR, target: 12 * FP } as const
