import { bls12_381 } from '@noble/curves/bls12-381.js'
import { describe, expect, test } from 'vitest'
import { runCallRequest } from '../../execution/call.ts'
import { loadVerifyKzgProof } from '../../execution/kzg.ts'
import { BadElement } from '../../execution/mcl.ts'
import { bytesToHex, concatBytes, hexToBytes } from '../../stateless/bytes.ts'
import { createFixture } from './callSupport.ts'
import { plainVerifyKzgProof } from './plainKzg.ts'
import { createRandom } from './programs.ts'
import { cryptoOnce } from './support.ts'

/** A proof over the ceremony's setup (go-ethereum, pointEvaluation.json): versioned hash, z, y, commitment, proof. */
const KNOWN =
  '01e798154708fe7789429634053cbf9f99b619f9f084048927333fce637f549b' +
  '564c0a11a0f704f4fc3e8acfe0f8245f0ad1347b378fbf96e206da11a5d36306' +
  '24d25032e67a7e6a4910df5834b8fe70e6bcfeeac0352434196bdf4b2485d5a1' +
  '8f59a8d2a1a625a17f3fea0fe5eb8c896db3764f3185481bc22f91b4aaffcca25f26936857bc3a7c2539ea8ec3a952b7' +
  '873033e038326e87ed3e1276fd140253fa08e9fc25fb2d9a98527fc22a2c9612fbeafdad446cbc7bcdbdcd780af2c16a'
const [Z, Y, C, P] = [KNOWN.slice(64, 128), KNOWN.slice(128, 192), KNOWN.slice(192, 288), KNOWN.slice(288)]
const INFINITY = `c0${'00'.repeat(47)}`
const MODULUS = '73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001'
const ORDER = bls12_381.fields.Fp.ORDER
const COMPRESSED = 1n << 383n
const word = (value: bigint) => value.toString(16).padStart(64, '0')
const constant = (value: bigint) => bls12_381.G1.Point.BASE.multiply(value).toHex()

const verifyBytes = await loadVerifyKzgProof()

/** Both implementations; they must agree. */
function verify(commitment: string, z: string, y: string, proof: string): boolean {
  const [c, at, value, p] = [commitment, z, y, proof].map(hexToBytes) as [
    Uint8Array,
    Uint8Array,
    Uint8Array,
    Uint8Array,
  ]
  const expected = plainVerifyKzgProof(c, at, value, p)
  try {
    const holds = verifyBytes(c, at, value, p)
    expect(holds).toBe(expected)
    return holds
  } catch (error) {
    if (error instanceof BadElement) expect(expected).toBeUndefined()
    throw error
  }
}

describe('verify_kzg_proof', () => {
  test('a real proof holds, for no other value, point, commitment or proof', () => {
    expect(verify(C, Z, Y, P)).toBe(true)
    expect(verify(C, Z, word(BigInt(`0x${Y}`) + 1n), P)).toBe(false)
    expect(verify(C, word(1n), Y, P)).toBe(false)
    expect(verify(constant(2n), Z, Y, P)).toBe(false)
    expect(verify(C, Z, Y, constant(2n))).toBe(false)
  })

  test('constant polynomials: the proof is the point at infinity', () => {
    for (const z of [0n, 1n, BigInt(`0x${MODULUS}`) - 1n]) {
      expect(verify(INFINITY, word(z), word(0n), INFINITY)).toBe(true)
      expect(verify(constant(7n), word(z), word(7n), INFINITY)).toBe(true)
      expect(verify(constant(7n), word(z), word(8n), INFINITY)).toBe(false)
      expect(verify(INFINITY, word(z), word(1n), INFINITY)).toBe(false)
    }
  })

  test.each([
    ['y = order', C, Z, MODULUS, P],
    ['z = order', C, MODULUS, Y, P],
    ['z of all ones', C, 'ff'.repeat(32), Y, P],
    ['zero bytes as commitment', '00'.repeat(48), Z, Y, P],
    ['a non-canonical infinity', `c0${'00'.repeat(46)}01`, Z, Y, P],
    ['a point outside the subgroup', `80${'00'.repeat(46)}04`, Z, Y, P],
    ['an x coordinate off the curve', `80${'00'.repeat(46)}01`, Z, Y, P],
    ['infinity with a sign', C, Z, Y, `e0${'00'.repeat(47)}`],
    ['infinity without the compression flag', C, Z, Y, `40${'00'.repeat(47)}`],
    ['a point without the compression flag', C, Z, Y, `1${P?.slice(1)}`],
    ['an x coordinate that is the field order', C, Z, Y, (ORDER | COMPRESSED).toString(16)],
  ])('invalid input: %s', (_, commitment, z, y, proof) => {
    expect(() => verify(commitment, z, y, proof)).toThrow(BadElement)
  })
})

test('agrees with another implementation on random scalars and broken points', () => {
  const random = createRandom(4844)
  const scalar = () => random.pick([0n, 1n, BigInt(random.below(1e9)), BigInt(`0x${MODULUS}`) - 1n])
  const point = () => {
    const good = random.pick([INFINITY, C, P, constant(BigInt(1 + random.below(40)))]) as string
    if (!random.chance(30)) return good
    const broken = hexToBytes(good)
    broken[random.below(48)] = random.below(256)
    return bytesToHex(broken)
  }
  const outcomes = new Set<string>()
  for (let i = 0; i < (process.env.REENACT_FULL === '1' ? 300 : 30); i++) {
    const value = scalar()
    const commitment = random.chance(25) && value !== 0n ? constant(value) : point()
    try {
      outcomes.add(String(verify(commitment, word(scalar()), word(value), random.chance(50) ? INFINITY : point())))
    } catch (error) {
      expect(error).toBeInstanceOf(BadElement)
      outcomes.add('invalid')
    }
  }
  expect(outcomes.size).toBe(3)
})

describe('the precompile at 0x0a', async () => {
  const fixture = await createFixture('amsterdamTime', {})
  const { sha256 } = await cryptoOnce
  const to = new Uint8Array(20)
  to[19] = 0x0a
  const run = (data: Uint8Array) => runCallRequest({ to, data, gas: 200_000n }, fixture.context, fixture)
  const input = (z: string, y: string, commitment: string, proof: string) => {
    const hash = sha256(hexToBytes(commitment))
    hash[0] = 1
    return concatBytes([hash, hexToBytes(z + y + commitment + proof)])
  }

  test('answers with the size of the field and of a blob', async () => {
    const outcome = await run(hexToBytes(KNOWN))
    expect(outcome).toMatchObject({ status: 'success', output: hexToBytes(word(4096n) + MODULUS) })
    expect(bytesToHex(input(Z, Y, C, P))).toBe(KNOWN)
  })

  test.each([
    ['a wrong value', () => input(Z, word(1n), C, P)],
    ['a scalar out of range', () => input(Z, MODULUS, C, P)],
    ['a foreign hash', () => hexToBytes(`02${KNOWN.slice(2)}`)],
    ['one byte too few', () => hexToBytes(KNOWN.slice(2))],
    ['no input', () => new Uint8Array(0)],
  ])('%s fails and takes all gas', async (_, data) => {
    expect(await run(data())).toMatchObject({ status: 'halted', gasUsed: 200_000n })
  })
})
