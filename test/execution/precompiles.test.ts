import { createEVM, type EVM, type ExecResult, getActivePrecompiles, type PrecompileFunc } from '@ethereumjs/evm'
import { bls12_381 } from '@noble/curves/bls12-381.js'
import { p256 } from '@noble/curves/nist.js'
import { secp256k1 } from '@noble/curves/secp256k1.js'
import { describe, expect, test } from 'vitest'
import { runCallRequest } from '../../execution/call.ts'
import { amsterdamSpec, createChainSpec } from '../../execution/chainSpec.ts'
import type { RunEvm } from '../../execution/evm.ts'
import { createRunVm } from '../../execution/runVm.ts'
import { bytesToHex, concatBytes, hexToBytes } from '../../stateless/bytes.ts'
import { createStateView } from '../../stateless/stateView.ts'
import { EMPTY_TRIE_ROOT } from '../../stateless/trie.ts'
import { address, configUpTo, createFixture, key } from './callSupport.ts'
import { createRandom, type Random } from './programs.ts'
import { cryptoOnce } from './support.ts'

const ROUNDS = process.env.REENACT_FULL === '1' ? 600 : 40
const AT = { number: 1n, timestamp: 1n }
const fixed = (value: bigint, length = 32) => hexToBytes(value.toString(16).padStart(length * 2, '0'))

const ORDER = secp256k1.Point.CURVE().n

type Pair = { ours: RunEvm; stock: EVM }

async function createPair(lastFork?: string): Promise<Pair> {
  const crypto = await cryptoOnce
  const spec =
    lastFork === undefined
      ? amsterdamSpec(1n, crypto)
      : createChainSpec({ chainId: 1, ...configUpTo(lastFork) }, { crypto })
  const state = createStateView({ getNode: () => undefined, getCode: () => undefined }, EMPTY_TRIE_ROOT)
  const { evm } = await createRunVm({ common: spec.commonAt(AT), state, blockHash: () => undefined })
  return { ours: evm, stock: await createEVM({ common: spec.commonAt(AT) }) }
}

async function run(evm: EVM, handler: PrecompileFunc | undefined, data: Uint8Array, gasLimit: bigint): Promise<string> {
  if (handler === undefined) throw new Error('no such precompile')
  const result: ExecResult = await handler({ data, gasLimit, common: evm.common, _EVM: evm })
  const status = result.exceptionError === undefined ? 'ok' : 'fails'
  return `${status} ${result.executionGasUsed} ${bytesToHex(result.returnValue)}`
}

/** Ours; and the library's, which must say the same. */
async function ask({ ours, stock }: Pair, number: string, data: Uint8Array, gasLimit = 10n ** 9n): Promise<string> {
  const padded = number.padStart(40, '0')
  const [answer, expected] = [
    await run(ours, ours.precompiles.get(padded), data, gasLimit),
    await run(stock, getActivePrecompiles(stock.common).get(padded), data, gasLimit),
  ]
  expect(answer, `${number}: ${bytesToHex(data).slice(0, 2000)}`).toBe(expected)
  return answer
}

/** The same with exactly the gas that it takes, with one less and with none. */
async function askAround(pair: Pair, number: string, data: Uint8Array): Promise<string> {
  const answer = await ask(pair, number, data)
  const used = BigInt(answer.split(' ')[1] as string)
  if (answer.startsWith('ok') && used > 0n) {
    expect(await ask(pair, number, data, used)).toBe(answer)
    expect(await ask(pair, number, data, used - 1n)).toBe(`fails ${used - 1n} `)
    expect(await ask(pair, number, data, 0n)).toBe('fails 0 ')
  }
  return answer
}

function randomBytes(random: Random, length: number): Uint8Array {
  const kind = random.below(8)
  return Uint8Array.from({ length }, () => (kind === 0 ? 0 : kind === 1 ? 0xff : random.below(256)))
}

const amsterdam = await createPair()
const istanbul = await createPair('istanbulBlock')

describe('ECRECOVER and RIPEMD-160', () => {
  const pairs = [amsterdam, istanbul]
  const key = new Uint8Array(32).fill(7)

  test('signatures, changed in one byte or not, shorter and longer', async () => {
    const random = createRandom(1)
    let recovered = 0
    for (let i = 0; i < ROUNDS * 2; i++) {
      const hash = randomBytes(random, 32)
      const signature = secp256k1.sign(hash, key, { prehash: false, format: 'recovered', lowS: random.chance(50) })
      const v = random.chance(80) ? 27 + (signature[0] ?? 0) : random.below(40)
      const input = concatBytes([hash, fixed(BigInt(v)), signature.subarray(1), new Uint8Array(40)])
      if (random.chance(40)) input[random.below(128)] = random.below(256)
      const sent = random.chance(70) ? input : input.subarray(0, random.below(input.length + 1))
      const answer = await askAround(random.pick(pairs), '01', sent)
      if (answer.split(' ')[2] !== '') recovered++
    }
    expect(recovered).toBeGreaterThan(ROUNDS / 2)
    expect(recovered).toBeLessThan(ROUNDS * 2)
  })

  test.each([
    ['r of 0', { r: 0n }],
    ['s of 0', { s: 0n }],
    ['r of the order', { r: ORDER }],
    ['s of the order', { s: ORDER }],
    ['s just below the order', { s: ORDER - 1n }],
    ['r that is not on the curve', { r: 5n }],
    ['v of 0', { v: 0n }],
    ['v of 1', { v: 1n }],
    ['v of 29', { v: 29n }],
    ['v with a high byte', { v: (1n << 248n) + 27n }],
  ])('%s', async (_, { r = 1n, s = 1n, v = 27n }: { r?: bigint; s?: bigint; v?: bigint }) => {
    for (const pair of pairs) await askAround(pair, '01', concatBytes([fixed(9n), fixed(v), fixed(r), fixed(s)]))
  })

  test.each([0, 1, 31, 32, 33, 55, 56, 63, 64, 65, 1_000, 65_536])('RIPEMD-160 of %i bytes', async (length) => {
    const random = createRandom(length)
    for (const pair of pairs) expect(await askAround(pair, '03', randomBytes(random, length))).toMatch(/^ok/)
  })
})

describe('MODEXP', () => {
  const lengths = [0, 1, 2, 7, 8, 9, 31, 32, 33, 40, 64, 65, 200]

  function input(random: Random): Uint8Array {
    const parts = [0, 1, 2].map(() => random.pick(lengths))
    const claimed = parts.map((length) => (random.chance(3) ? random.pick([1024, 1025, 2 ** 31]) : length))
    const header = claimed.map((length) => fixed(BigInt(length)))
    if (random.chance(3)) header[random.below(3)] = randomBytes(random, 32)
    const values = parts.map((length) => {
      const bytes = randomBytes(random, length)
      if (random.chance(30)) bytes.fill(0, 0, random.below(length + 1))
      return bytes
    })
    const all = concatBytes([...header, ...values])
    return random.chance(20) ? all.subarray(0, random.below(all.length + 1)) : all
  }

  test.each(['istanbulBlock', 'pragueTime', 'osakaTime', 'amsterdamTime'])('random calls, %s', async (fork) => {
    const pair = await createPair(fork)
    const random = createRandom(198)
    for (let i = 0; i < ROUNDS * 3; i++) await askAround(pair, '05', input(random))
  })

  test('bounds: 1024 bytes of each are taken, one more of any is not', async () => {
    const call = (b: number, e: number, m: number) =>
      concatBytes([fixed(BigInt(b)), fixed(BigInt(e)), fixed(BigInt(m)), new Uint8Array(b + e + m).fill(3)])
    expect(await askAround(amsterdam, '05', call(1024, 2, 1024))).toMatch(/^ok/)
    expect(await ask(amsterdam, '05', call(1, 1024, 8))).toMatch(/^ok/)
    for (const [b, e, m] of [
      [1025, 1, 1],
      [1, 1025, 1],
      [1, 1, 1025],
    ] as const) {
      expect(await ask(amsterdam, '05', call(b, e, m))).toMatch(/^fails/)
    }
  })

  test('little theorem of Fermat (EIP-198)', async () => {
    const prime = 2n ** 256n - 2n ** 32n - 977n
    const header = [1n, 32n, 32n].map((length) => fixed(length))
    const answer = await ask(
      amsterdam,
      '05',
      concatBytes([...header, Uint8Array.of(3), fixed(prime - 1n), fixed(prime)]),
    )
    expect(answer).toBe(`ok 4080 ${bytesToHex(fixed(1n))}`)
  })
})

describe('BLAKE2F', () => {
  const ABC =
    '48c9bdf267e6096a3ba7ca8485ae67bb2bf894fe72f36e3cf1361d5f3af54fa5d182e6ad7f520e511f6c3e2b8c68059b' +
    `6bbd41fbabd9831f79217e1319cde05b616263${'00'.repeat(125)}0300000000000000${'00'.repeat(8)}`

  test.each([
    [
      0,
      '01',
      '08c9bcf367e6096a3ba7ca8485ae67bb2bf894fe72f36e3cf1361d5f3af54fa5d282e6ad7f520e511f6c3e2b8c68059b9442be0454267ce079217e1319cde05b',
    ],
    [
      12,
      '01',
      'ba80a53f981c4d0d6a2797b69f12f6e94c212f14685ac4b74b12bb6fdbffa2d17d87c5392aab792dc252d5de4533cc9518d38aa8dbf1925ab92386edd4009923',
    ],
    [
      12,
      '00',
      '75ab69d3190a562c51aef8d88f1c2775876944407270c42c9844252c26d2875298743e7f6d5ea2f2d3e8d226039cd31b4e426ac4f2d3d666a610c2116fde4735',
    ],
    [
      1,
      '01',
      'b63a380cb2897d521994a85234ee2c181b5f844d2c624c002677e9703449d2fba551b3a8333bcdf5f2f7e08993d53923de3d64fcc68c034e717b9293fed7a421',
    ],
  ])('%i rounds, final %s (EIP-152)', async (rounds, final, expected) => {
    const input = hexToBytes(rounds.toString(16).padStart(8, '0') + ABC + final)
    expect(await askAround(amsterdam, '09', input)).toBe(`ok ${rounds} ${expected}`)
  })

  test('random states, flags and lengths', async () => {
    const random = createRandom(152)
    for (let i = 0; i < ROUNDS * 3; i++) {
      const input = randomBytes(random, random.chance(90) ? 213 : random.below(430))
      input.set(fixed(BigInt(random.below(random.pick([12, 40, 3000]))), 4).subarray(0, input.length))
      if (input.length === 213 && random.chance(90)) input[212] = random.below(2)
      await askAround(amsterdam, '09', input)
    }
  })

  test('more rounds than one call into the module makes, yielding in between', async () => {
    const input = hexToBytes(`${(450_007).toString(16).padStart(8, '0')}${ABC}01`)
    expect(await ask(amsterdam, '09', input)).toMatch(/^ok 450007/)
  })
})

describe('P256VERIFY', () => {
  const { Fn, Fp } = p256.Point
  const order = Fn.ORDER
  const base = p256.Point.BASE

  function signature(e: bigint, d: bigint, k: bigint): [bigint, bigint] {
    const r = Fn.create(base.multiply(k).toAffine().x)
    return [r, Fn.mul(Fn.inv(k), Fn.create(e + r * d))]
  }

  function encode(e: bigint, [r, s]: readonly [bigint, bigint], d: bigint): Uint8Array {
    const { x, y } = base.multiply(d).toAffine()
    return concatBytes([e, r, s, x, y].map((value) => fixed(value)))
  }

  test('signatures that hold, and as many that nearly do', async () => {
    const random = createRandom(7951)
    const scalar = () => Fn.create(BigInt(`0x${bytesToHex(randomBytes(random, 32))}`)) || 5n
    const seen = new Set<string>()
    for (let i = 0; i < ROUNDS; i++) {
      const [d, k] = [scalar(), scalar()]
      const e = random.chance(20) ? 0n : scalar()
      const [r, s] = signature(e, d, k)
      const data = encode(e, [r, random.chance(50) ? s : order - s], d)
      if (random.chance(50)) data[random.below(160)] = random.below(256)
      seen.add(await askAround(amsterdam, '100', random.chance(10) ? data.subarray(0, random.below(160)) : data))
    }
    expect(seen).toEqual(new Set(['ok 6900 ', `ok 6900 ${bytesToHex(fixed(1n))}`]))
  })

  const d = 0xabcdefn
  const k = 0x123456789n
  const r = Fn.create(base.multiply(k).toAffine().x)
  const good = encode(77n, signature(77n, d, k), d)
  const replaced = (word: number, value: bigint) => {
    const data = good.slice()
    data.set(fixed(value), word * 32)
    return data
  }
  const doubling = Fn.create(d * r)

  test.each<[string, Uint8Array, boolean]>([
    ['a good one', good, true],
    ['hash of zero', encode(0n, signature(0n, d, k), d), true],
    ['hash equal to the order', encode(order, signature(0n, d, k), d), true],
    ['hash of all ones', encode(2n ** 256n - 1n, signature(2n ** 256n - 1n, d, k), d), true],
    ['point addition is a doubling', encode(doubling, signature(doubling, d, k), d), true],
    ['point addition gives infinity', encode(order - doubling, [r, 9n], d), false],
    ['r = 0', replaced(1, 0n), false],
    ['r = order', replaced(1, order), false],
    ['r above the order', replaced(1, r + order < 2n ** 256n ? r + order : 2n ** 256n - 1n), false],
    ['s = 0', replaced(2, 0n), false],
    ['s = order', replaced(2, order), false],
    ['s = order - 1', replaced(2, order - 1n), false],
    ['x = 0', replaced(3, 0n), false],
    ['x = field order', replaced(3, Fp.ORDER), false],
    ['y = field order', replaced(4, Fp.ORDER), false],
    ['another y', replaced(4, 1n), false],
    ['infinity as key', concatBytes([good.subarray(0, 96), new Uint8Array(64)]), false],
    ['one byte more', concatBytes([good, Uint8Array.of(0)]), false],
    ['one byte less', good.subarray(0, 159), false],
    ['nothing', new Uint8Array(0), false],
  ])('%s', async (_, data, holds) => {
    expect(await askAround(amsterdam, '100', data)).toBe(`ok 6900 ${holds ? bytesToHex(fixed(1n)) : ''}`)
  })
})

describe('curves: lengths and gas', () => {
  const { x, y } = bls12_381.G1.Point.BASE.toAffine()
  const g1 = concatBytes([fixed(x, 64), fixed(y, 64)])
  const second = bls12_381.G2.Point.BASE.toAffine()
  const g2 = concatBytes([second.x.c0, second.x.c1, second.y.c0, second.y.c1].map((part) => fixed(part, 64)))
  const bn1 = concatBytes([fixed(1n), fixed(2n)])
  const valid: [string, Uint8Array][] = [
    ['06', concatBytes([bn1, bn1])],
    ['07', concatBytes([bn1, fixed(5n)])],
    ['08', new Uint8Array(192)],
    ['0b', concatBytes([g1, g1])],
    ['0c', concatBytes([g1, fixed(5n), g1, fixed(6n)])],
    ['0d', concatBytes([g2, g2])],
    ['0e', concatBytes([g2, fixed(5n)])],
    ['0f', concatBytes([g1, g2])],
    ['10', fixed(5n, 64)],
    ['11', concatBytes([fixed(5n, 64), fixed(6n, 64)])],
  ]

  test.each(valid)('%s', async (number, data) => {
    expect(await askAround(amsterdam, number, data)).toMatch(/^ok/)
    for (const changed of [
      new Uint8Array(0),
      data.subarray(1),
      data.subarray(0, 32),
      concatBytes([data, Uint8Array.of(0)]),
      concatBytes([data, new Uint8Array(32)]),
      concatBytes([data, data]),
      new Uint8Array(data.length),
      data.map((byte) => byte ^ 0xff),
    ]) {
      await askAround(amsterdam, number, changed)
    }
  })
})

test('identity answers with a copy: the caller may write over its memory and still read what it was given', async () => {
  const fixture = await createFixture('amsterdamTime', {})
  // mstore(0, 7); staticcall(identity, 0..32); mstore(0, 9); returndatacopy(0..32); return it
  const code = hexToBytes('60075f525f5f60205f60045afa5060095f5260205f5f3e60205ff3')
  const stateOverrides = new Map([[key(address(1)), { code }]])
  const outcome = await runCallRequest({ to: address(1) }, { ...fixture.context, stateOverrides }, fixture)
  expect(outcome).toMatchObject({ status: 'success', output: fixed(7n) })
})

test('what a fork does not have stays absent', async () => {
  const { ours } = await createPair('istanbulBlock')
  const numbers = [...ours.precompiles.keys()].map((text) => Number.parseInt(text, 16))
  expect(numbers.sort((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9])
})
