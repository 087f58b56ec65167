import { NobleBLS, NobleBN254 } from '@ethereumjs/evm'
import { bls12_381 } from '@noble/curves/bls12-381.js'
import { bn254 } from '@noble/curves/bn254.js'
import { describe, expect, test } from 'vitest'
import { InternalError } from '../../execution/internal.ts'
import { BadElement, startOnce } from '../../execution/mcl.ts'
import { loadPairingCurve } from '../../execution/pairings.ts'
import { bytesToHex, concatBytes, hexToBytes } from '../../stateless/bytes.ts'
import { createRandom, type Random } from './programs.ts'

const [bls, fastBn] = await Promise.all([loadPairingCurve('bls12_381'), loadPairingCurve('bn254')])
const plainBls = new NobleBLS()
const plainBn = new NobleBN254()

const BLS_FIELD = bls12_381.fields.Fp.ORDER
const BN_FIELD = bn254.fields.Fp.ORDER

const fixed = (value: bigint, length: number) => hexToBytes(value.toString(16).padStart(length * 2, '0'))

function randomScalar(random: Random): bigint {
  let value = 0n
  for (let i = 0; i < 8; i++) value = (value << 32n) | BigInt(random.below(2 ** 32))
  return random.pick([value, 0n, 1n, BigInt(random.below(10)), bls12_381.fields.Fr.ORDER, bn254.fields.Fr.ORDER])
}

/** A point in the precompile's encoding; sometimes infinity, off the curve, or not reduced. */
function corrupt(random: Random, point: Uint8Array, field: bigint, word: number): Uint8Array {
  const kind = random.below(12)
  if (kind === 0) return new Uint8Array(point.length)
  if (kind === 1) return concatBytes([fixed(1n, word), point.subarray(word)])
  if (kind === 2) return concatBytes([fixed(field, word), point.subarray(word)])
  if (kind === 3)
    return concatBytes([fixed(BigInt(`0x${bytesToHex(point.subarray(0, word))}`) + field, word), point.subarray(word)])
  return point
}

/** On the curve, but almost never in the prime-order subgroup: addition takes it, everything else refuses it. */
function blsG1OffSubgroup(random: Random): Uint8Array {
  const { Fp } = bls12_381.fields
  for (;;) {
    const x = BigInt(1 + random.below(1e9))
    try {
      return concatBytes([fixed(x, 64), fixed(Fp.sqrt(x * x * x + 4n), 64)])
    } catch {
      // no such point; try the next
    }
  }
}

function blsG1(random: Random): Uint8Array {
  if (random.chance(10)) return blsG1OffSubgroup(random)
  const { x, y } = bls12_381.G1.Point.BASE.multiply(BigInt(1 + random.below(50))).toAffine()
  return corrupt(random, concatBytes([fixed(x, 64), fixed(y, 64)]), BLS_FIELD, 64)
}

function blsG2(random: Random): Uint8Array {
  const { x, y } = bls12_381.G2.Point.BASE.multiply(BigInt(1 + random.below(50))).toAffine()
  const words = [x.c0, x.c1, y.c0, y.c1].map((word) => fixed(word, 64))
  return corrupt(random, concatBytes(words), BLS_FIELD, 64)
}

function bnG1(random: Random): Uint8Array {
  const { x, y } = bn254.G1.Point.BASE.multiply(BigInt(1 + random.below(50))).toAffine()
  return corrupt(random, concatBytes([fixed(x, 32), fixed(y, 32)]), BN_FIELD, 32)
}

function bnG2(random: Random): Uint8Array {
  const { x, y } = bn254.G2.Point.BASE.multiply(BigInt(1 + random.below(50))).toAffine()
  const words = [x.c1, x.c0, y.c1, y.c0].map((word) => fixed(word, 32))
  return corrupt(random, concatBytes(words), BN_FIELD, 32)
}

const field = (random: Random) => fixed(random.pick([0n, 1n, BLS_FIELD - 1n, BLS_FIELD, BigInt(random.below(1e9))]), 64)
const times = (random: Random, most: number, item: () => Uint8Array) =>
  concatBytes(Array.from({ length: 1 + random.below(most) }, item))

const neverPause = () => undefined

/** Output bytes, or "fails": the EVM sees nothing else. An output of a wrong length is a failure too. */
function runPlain(compute: (input: Uint8Array) => Uint8Array, input: Uint8Array, length: number): string {
  try {
    const output = compute(input)
    return output.length === length ? bytesToHex(output) : 'fails'
  } catch {
    return 'fails'
  }
}

async function runFast(compute: Case['fast'], input: Uint8Array): Promise<string> {
  try {
    const output = await compute(input)
    if (typeof output === 'boolean') return (output ? '1' : '0').padStart(64, '0')
    return bytesToHex(output)
  } catch (error) {
    expect(error).toBeInstanceOf(BadElement)
    return 'fails'
  }
}

type Case = {
  name: string
  length: number
  input: (random: Random) => Uint8Array
  fast: (input: Uint8Array) => Uint8Array | Promise<Uint8Array | boolean>
  plain: (input: Uint8Array) => Uint8Array
}

const cases: Case[] = [
  {
    name: 'bls g1 add',
    length: 128,
    input: (r) => concatBytes([blsG1(r), blsG1(r)]),
    fast: (i) => bls.add(1, i),
    plain: (i) => plainBls.addG1(i),
  },
  {
    name: 'bls g2 add',
    length: 256,
    input: (r) => concatBytes([blsG2(r), blsG2(r)]),
    fast: (i) => bls.add(2, i),
    plain: (i) => plainBls.addG2(i),
  },
  {
    name: 'bls g1 msm',
    length: 128,
    input: (r) => times(r, 3, () => concatBytes([blsG1(r), fixed(randomScalar(r), 32)])),
    fast: (i) => bls.msm(1, i, neverPause),
    plain: (i) => plainBls.msmG1(i),
  },
  {
    name: 'bls g2 msm',
    length: 256,
    input: (r) => times(r, 3, () => concatBytes([blsG2(r), fixed(randomScalar(r), 32)])),
    fast: (i) => bls.msm(2, i, neverPause),
    plain: (i) => plainBls.msmG2(i),
  },
  {
    name: 'bls pairing',
    length: 32,
    input: (r) => times(r, 2, () => concatBytes([blsG1(r), blsG2(r)])),
    fast: (i) => bls.pairing(i, neverPause),
    plain: (i) => plainBls.pairingCheck(i),
  },
  { name: 'bls map fp', length: 128, input: field, fast: (i) => bls.map(1, i), plain: (i) => plainBls.mapFPtoG1(i) },
  {
    name: 'bls map fp2',
    length: 256,
    input: (r) => concatBytes([field(r), field(r)]),
    fast: (i) => bls.map(2, i),
    plain: (i) => plainBls.mapFP2toG2(i),
  },
  {
    name: 'bn254 add',
    length: 64,
    input: (r) => concatBytes([bnG1(r), bnG1(r)]),
    fast: (i) => fastBn.add(1, i),
    plain: (i) => plainBn.add(i),
  },
  {
    name: 'bn254 mul',
    length: 64,
    input: (r) => concatBytes([bnG1(r), fixed(randomScalar(r), 32), new Uint8Array(32)]),
    fast: (i) => fastBn.msm(1, i.subarray(0, 96), neverPause),
    plain: (i) => plainBn.mul(i),
  },
  {
    name: 'bn254 pairing',
    length: 32,
    input: (r) => times(r, 2, () => concatBytes([bnG1(r), bnG2(r)])),
    fast: (i) => fastBn.pairing(i, neverPause),
    plain: (i) => plainBn.pairing(i),
  },
]

describe('fast curves agree with the plain ones, on valid and broken input', () => {
  test.each(cases)('$name', async ({ input, fast, plain, length }) => {
    const random = createRandom(17)
    const rounds = process.env.REENACT_FULL === '1' ? 400 : 24
    for (let i = 0; i < rounds; i++) {
      const bytes = input(random)
      expect(await runFast(fast, bytes), bytesToHex(bytes)).toBe(runPlain(plain, bytes, length))
    }
  })

  test('pairings that hold, in one part and in several', async () => {
    const g1 = bn254.G1.Point.BASE.toAffine()
    const negative = bn254.G1.Point.BASE.negate().toAffine()
    const { x, y } = bn254.G2.Point.BASE.toAffine()
    const g2 = concatBytes([x.c1, x.c0, y.c1, y.c0].map((part) => fixed(part, 32)))
    const pair = (p: { x: bigint; y: bigint }) => concatBytes([fixed(p.x, 32), fixed(p.y, 32), g2])
    const both = [pair(g1), pair(negative)]
    expect(await fastBn.pairing(concatBytes(both), neverPause)).toBe(true)
    expect(await fastBn.pairing(concatBytes(Array(40).fill(concatBytes(both))), neverPause)).toBe(true)
    expect(await fastBn.pairing(concatBytes([...Array(40).fill(both).flat(), pair(g1)]), neverPause)).toBe(false)
    expect(await fastBn.pairing(new Uint8Array(0), neverPause)).toBe(true)
  })

  test('long vectors in several parts, with other work on the same curve in between', async () => {
    const pairs = (count: number) =>
      Array.from({ length: count }, (_, i) => {
        const { x, y } = bls12_381.G1.Point.BASE.multiply(BigInt(i + 1)).toAffine()
        return concatBytes([fixed(x, 64), fixed(y, 64), fixed(BigInt(3 * i), 32)])
      })
    const input = concatBytes(pairs(300))
    const disturbance = concatBytes(pairs(150))
    let pauses = 0
    const pause = async () => {
      pauses++
      await bls.msm(1, disturbance, neverPause)
      bls.add(1, concatBytes([input.subarray(0, 128), input.subarray(160, 288)]))
    }
    const weight = Array.from({ length: 300 }, (_, i) => BigInt(3 * i * (i + 1))).reduce((a, b) => a + b)
    const { x, y } = bls12_381.G1.Point.BASE.multiply(weight).toAffine()
    expect(await bls.msm(1, input, pause)).toEqual(concatBytes([fixed(x, 64), fixed(y, 64)]))
    expect(pauses).toBe(4)
  })
})

test('a curve that failed to start is an error of our own, and is tried again', async () => {
  let attempts = 0
  const start = startOnce(async (name: string) => {
    attempts++
    if (attempts === 1) throw new RangeError('no memory')
    return name
  })
  await expect(start('a')).rejects.toBeInstanceOf(InternalError)
  expect(await start('a')).toBe('a')
  expect(await start('a')).toBe('a')
  expect(attempts).toBe(2)
})
