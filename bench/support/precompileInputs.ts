import { bls12_381 } from '@noble/curves/bls12-381.js'
import { bn254 } from '@noble/curves/bn254.js'
import { p256 } from '@noble/curves/nist.js'
import { secp256k1 } from '@noble/curves/secp256k1.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { concatBytes, hexToBytes } from '../../stateless/bytes.ts'

/** One way to spend gas on a precompile. */
export type PrecompileCase = {
  name: string
  address: number
  input: Uint8Array
  /** forwarded with each call; all that is left when absent */
  gas?: number
  /** bytes of memory handed over, when more than the input */
  size?: number
  /** the 32-byte word of the input that counts up, so that no two calls are the same */
  vary?: number
}

type WeierstrassPoint<F> = { toAffine(): { x: F; y: F } }

const word = (value: bigint, length = 32) => hexToBytes(value.toString(16).padStart(length * 2, '0'))
const repeat = (count: number, make: (index: number) => Uint8Array) =>
  concatBytes(Array.from({ length: count }, (_, i) => make(i)))
const ones = (length: number) => new Uint8Array(length).fill(0xff)

/** Nobody can know that these are small multiples, and their coordinates are as long as any. */
const scalar = (index: number) => BigInt(`0x${'9e3779b97f4a7c15f39cc0605cedc834'.repeat(2)}`) + BigInt(index)

function bnG1(index: number): Uint8Array {
  const { x, y } = bn254.G1.Point.BASE.multiply(BigInt(index + 2)).toAffine()
  return concatBytes([word(x), word(y)])
}

function bnG2(index: number): Uint8Array {
  const { x, y } = bn254.G2.Point.BASE.multiply(BigInt(index + 2)).toAffine()
  return concatBytes([x.c1, x.c0, y.c1, y.c0].map((part) => word(part)))
}

function blsG1(index: number): Uint8Array {
  return encodeG1(bls12_381.G1.Point.BASE.multiply(BigInt(index + 2)))
}

function encodeG1(point: WeierstrassPoint<bigint>): Uint8Array {
  const { x, y } = point.toAffine()
  return concatBytes([word(x, 64), word(y, 64)])
}

function blsG2(index: number): Uint8Array {
  const { x, y } = bls12_381.G2.Point.BASE.multiply(BigInt(index + 2)).toAffine()
  return concatBytes([x.c0, x.c1, y.c0, y.c1].map((part) => word(part, 64)))
}

function modexp(base: Uint8Array, exponent: Uint8Array, modulus: Uint8Array): Uint8Array {
  const lengths = [base, exponent, modulus].map((part) => word(BigInt(part.length)))
  return concatBytes([...lengths, base, exponent, modulus])
}

function ecrecover(): Uint8Array {
  const hash = ones(32)
  const signature = secp256k1.sign(hash, word(7n), { prehash: false, format: 'recovered' })
  return concatBytes([hash, word(BigInt(27 + (signature[0] ?? 0))), signature.subarray(1)])
}

function p256verify(): Uint8Array {
  const hash = ones(32)
  const signature = p256.sign(hash, word(7n), { prehash: false, lowS: false })
  return concatBytes([hash, signature, p256.getPublicKey(word(7n), false).subarray(1)])
}

function blake2f(rounds: number): Uint8Array {
  const input = new Uint8Array(213).fill(0xa5)
  new DataView(input.buffer).setUint32(0, rounds)
  input[212] = 1
  return input
}

function pointEvaluation(): Uint8Array {
  const commitment = bls12_381.G1.Point.BASE.multiply(7n).toBytes()
  const hash = sha256(commitment)
  hash[0] = 1
  const proof = bls12_381.G1.Point.BASE.multiply(9n).toBytes()
  return concatBytes([hash, word(3n), word(5n), commitment, proof])
}

const g1Msm = (pairs: number) => repeat(pairs, (i) => concatBytes([blsG1(i), word(scalar(i))]))
const g2Msm = (pairs: number) => repeat(pairs, (i) => concatBytes([blsG2(i), word(scalar(i))]))
const blsPairs = (pairs: number) => repeat(pairs, (i) => concatBytes([blsG1(i), blsG2(i)]))
const bnPairs = (pairs: number) => repeat(pairs, (i) => concatBytes([bnG1(i), bnG2(i)]))
/** Leaves room for counting up. */
const field = (length: number) => word(bls12_381.fields.Fp.ORDER - (1n << 64n), length)

type LazyCase = Omit<PrecompileCase, 'input'> & { input(): Uint8Array }

/** Worst cases that we know of, each precompile by itself; only those whose name is wanted are worked out. */
export function precompileCases(wanted: (name: string) => boolean = () => true): PrecompileCase[] {
  return lazyCases()
    .filter(({ name }) => wanted(name))
    .map(({ input, ...rest }) => ({ ...rest, input: input() }))
}

function lazyCases(): LazyCase[] {
  const odd = (length: number) => ones(length)
  return [
    { name: 'no precompile', address: 0xeeee, input: () => new Uint8Array(0) },
    { name: 'a call with 1 MB', address: 0xeeee, input: () => new Uint8Array(0), size: 1_000_000 },
    { name: 'ecrecover, 1 MB, no gas', address: 1, input: () => new Uint8Array(0), size: 1_000_000, gas: 0 },
    { name: 'ecrecover', address: 1, input: () => ecrecover(), vary: 0 },
    { name: 'sha256, 64 bytes', address: 2, input: () => ones(64), vary: 0 },
    { name: 'sha256, 64 KiB', address: 2, input: () => ones(65_536), vary: 0 },
    { name: 'ripemd160, 64 bytes', address: 3, input: () => ones(64), vary: 0 },
    { name: 'ripemd160, 64 KiB', address: 3, input: () => ones(65_536), vary: 0 },
    { name: 'identity, 32 bytes', address: 4, input: () => ones(32) },
    { name: 'identity, 64 KiB', address: 4, input: () => ones(65_536) },
    { name: 'modexp 32/32/32', address: 5, input: () => modexp(ones(32), ones(32), odd(32)) },
    { name: 'modexp 1/32/32', address: 5, input: () => modexp(ones(1), ones(32), odd(32)) },
    { name: 'modexp 32/4/32', address: 5, input: () => modexp(ones(32), ones(4), odd(32)) },
    { name: 'modexp 40/32/40', address: 5, input: () => modexp(ones(40), ones(32), odd(40)) },
    { name: 'modexp 64/32/64', address: 5, input: () => modexp(ones(64), ones(32), odd(64)) },
    { name: 'modexp 256/32/256', address: 5, input: () => modexp(ones(256), ones(32), odd(256)) },
    { name: 'modexp 1024/32/1024', address: 5, input: () => modexp(ones(1024), ones(32), odd(1024)) },
    { name: 'modexp 32/1024/32', address: 5, input: () => modexp(ones(32), ones(1024), odd(32)) },
    { name: 'modexp 0/1024/32', address: 5, input: () => modexp(new Uint8Array(0), ones(1024), odd(32)) },
    { name: 'modexp without gas', address: 5, input: () => modexp(ones(32), ones(32), odd(32)), gas: 0 },
    { name: 'bn254 add', address: 6, input: () => concatBytes([bnG1(1), bnG1(2)]) },
    { name: 'bn254 mul', address: 7, input: () => concatBytes([bnG1(1), ones(32)]) },
    { name: 'bn254 pairing, 0', address: 8, input: () => new Uint8Array(0) },
    { name: 'bn254 pairing, 1', address: 8, input: () => bnPairs(1) },
    { name: 'bn254 pairing, 2', address: 8, input: () => bnPairs(2) },
    { name: 'bn254 pairing, 20', address: 8, input: () => bnPairs(20) },
    { name: 'blake2f, 0 rounds', address: 9, input: () => blake2f(0) },
    { name: 'blake2f, 12 rounds', address: 9, input: () => blake2f(12) },
    { name: 'blake2f, 1M rounds', address: 9, input: () => blake2f(1_000_000) },
    { name: 'point evaluation', address: 10, input: () => pointEvaluation(), gas: 50_000, vary: 2 },
    { name: 'bls g1 add', address: 11, input: () => concatBytes([blsG1(1), blsG1(2)]) },
    { name: 'bls g1 msm, 1', address: 12, input: () => g1Msm(1) },
    { name: 'bls g1 msm, 4', address: 12, input: () => g1Msm(4) },
    { name: 'bls g1 msm, 128', address: 12, input: () => g1Msm(128) },
    { name: 'bls g2 add', address: 13, input: () => concatBytes([blsG2(1), blsG2(2)]) },
    { name: 'bls g2 msm, 1', address: 14, input: () => g2Msm(1) },
    { name: 'bls g2 msm, 4', address: 14, input: () => g2Msm(4) },
    { name: 'bls g2 msm, 128', address: 14, input: () => g2Msm(128) },
    { name: 'bls pairing, 1', address: 15, input: () => blsPairs(1) },
    { name: 'bls pairing, 2', address: 15, input: () => blsPairs(2) },
    { name: 'bls pairing, 20', address: 15, input: () => blsPairs(20) },
    { name: 'bls map fp to g1', address: 16, input: () => field(64), vary: 1 },
    { name: 'bls map fp2 to g2', address: 17, input: () => concatBytes([field(64), field(64)]), vary: 3 },
    { name: 'p256verify', address: 0x100, input: () => p256verify(), vary: 0 },
  ]
}
