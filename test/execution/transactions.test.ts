import { bytesToHex, concat, hexToBytes, keccak256, serializeTransaction, toRlp } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { beforeAll, describe, expect, test } from 'vitest'
import { amsterdamSpec, type ChainSpec, createChainSpec } from '../../execution/chainSpec.ts'
import { type Crypto, createCrypto } from '../../execution/crypto.ts'
import { TransactionRejected, type TransactionRejectedCode } from '../../execution/errors.ts'
import type { SharedCommon } from '../../execution/nodeCommon.ts'
import { minimumGas } from '../../execution/transactionGas.ts'
import { decodeTransaction, signedTransaction } from '../../execution/transactions.ts'
import { buildTypedTx } from '../../execution/typedTransactions.ts'
import type { Transaction } from '../../execution/types.ts'
import { readEnvelope } from '../../stateless/envelope.ts'
import { FORKS } from './callSupport.ts'

const silent = { info() {}, warn() {} }
const CHAIN_ID = 18079
const account = privateKeyToAccount('0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80')
const SENDER = 'f39fd6e51aad88f6f4ce6ab8827279cfffb92266'
const TO = '0x00000000000000000000000000000000000000aa'
const KEY = `0x${'01'.repeat(32)}` as const
const at = { number: 1n, timestamp: 1n }

const base = { chainId: CHAIN_ID, nonce: 1, gas: 100_000n, to: TO, value: 5n, data: '0x010200' } as const
const dynamic = { maxFeePerGas: 10n, maxPriorityFeePerGas: 1n } as const
const accessList = [{ address: TO, storageKeys: [KEY] }] as const
const versionedHash = `0x01${'02'.repeat(31)}` as const

let crypto: Crypto
let recoveries = 0
let common: SharedCommon
let samples: Record<string, `0x${string}`>

beforeAll(async () => {
  const real = await createCrypto({ logger: silent })
  crypto = {
    ...real,
    recoverSender(hash, signature) {
      recoveries++
      return real.recoverSender(hash, signature)
    },
  }
  common = amsterdamSpec(BigInt(CHAIN_ID), crypto).sharedCommonAt(at)
  const authorization = await account.signAuthorization({ chainId: CHAIN_ID, nonce: 3, address: TO })
  samples = {
    legacy: await account.signTransaction({ ...base, type: 'legacy', gasPrice: 10n }),
    unprotected: await account.signTransaction({ ...base, chainId: undefined, type: 'legacy', gasPrice: 10n }),
    accessList: await account.signTransaction({ ...base, type: 'eip2930', gasPrice: 10n, accessList }),
    dynamic: await account.signTransaction({ ...base, ...dynamic, type: 'eip1559', accessList }),
    blob: await account.signTransaction({
      ...base,
      ...dynamic,
      type: 'eip4844',
      maxFeePerBlobGas: 3n,
      blobVersionedHashes: [versionedHash],
    }),
    setCode: await account.signTransaction({
      ...base,
      ...dynamic,
      type: 'eip7702',
      authorizationList: [authorization],
    }),
  }
})

const sample = (name: string): Uint8Array => {
  const raw = samples[name]
  if (raw === undefined) throw new Error(`no sample ${name}`)
  return hexToBytes(raw)
}

const decode = (raw: Uint8Array, rules: SharedCommon = common): Transaction => decodeTransaction(raw, rules, crypto)

function rejection(action: () => unknown): { code: TransactionRejectedCode; message: string } {
  try {
    action()
  } catch (error) {
    if (error instanceof TransactionRejected) return { code: error.code, message: error.message }
    throw error
  }
  throw new Error('nothing was rejected')
}

type Nested = `0x${string}` | Nested[]

/** Raw items of a typed transaction, changeable one at a time. */
function envelope(type: number, items: Nested[]): Uint8Array {
  return hexToBytes(concat([`0x0${type}`, toRlp(items)]))
}

const R = `0x${'11'.repeat(32)}` as const
const S = `0x${'12'.repeat(32)}` as const
const dynamicItems = (): Nested[] => [
  '0x469f',
  '0x01',
  '0x01',
  '0x0a',
  '0x0186a0',
  TO,
  '0x05',
  '0x010200',
  [],
  '0x01',
  R,
  S,
]
const withItem = (index: number, value: Nested): Nested[] =>
  dynamicItems().map((item, i) => (i === index ? value : item))

/** The library's object for a decoded transaction. */
const typedOf = (tx: Transaction, rules: SharedCommon) =>
  buildTypedTx(tx, { sender: () => tx.sender, hash: tx.hash, raw: tx.raw }, rules)

describe('decoding every type', () => {
  test.each([
    ['legacy', 0],
    ['unprotected', 0],
    ['accessList', 1],
    ['dynamic', 2],
    ['blob', 3],
    ['setCode', 4],
  ] as const)('%s gives its fields, hash and sender', (name, type) => {
    const raw = sample(name)
    const tx = decode(raw)
    expect(tx.type).toBe(type)
    expect(tx.nonce).toBe(1n)
    expect(tx.gasLimit).toBe(100_000n)
    expect(tx.to && bytesToHex(tx.to)).toBe(TO)
    expect(tx.value).toBe(5n)
    expect(bytesToHex(tx.data)).toBe('0x010200')
    expect(tx.chainId).toBe(name === 'unprotected' ? undefined : BigInt(CHAIN_ID))
    expect(tx.raw).toEqual(raw)
    expect(tx.hash).toEqual(crypto.keccak256(raw))
    expect(bytesToHex(tx.sender)).toBe(`0x${SENDER}`)
  })

  test('prices, lists and authorizations arrive', () => {
    expect(decode(sample('legacy')).gasPrice).toBe(10n)
    const dynamicTx = decode(sample('dynamic'))
    expect([dynamicTx.maxFeePerGas, dynamicTx.maxPriorityFeePerGas]).toEqual([10n, 1n])
    expect(dynamicTx.accessList?.map((entry) => entry.storageKeys.length)).toEqual([1])
    const blob = decode(sample('blob'))
    expect([blob.maxFeePerBlobGas, blob.blobVersionedHashes?.length]).toEqual([3n, 1])
    const [authorization] = decode(sample('setCode')).authorizationList ?? []
    expect(authorization).toMatchObject({ chainId: BigInt(CHAIN_ID), nonce: 3n })
  })

  test('contract creation has no recipient', async () => {
    const raw = await account.signTransaction({ ...base, ...dynamic, type: 'eip1559', to: null })
    expect(decode(hexToBytes(raw)).to).toBeUndefined()
  })

  test('the sender is recovered at first use and once', () => {
    const raw = sample('dynamic')
    const before = recoveries
    const tx = decode(raw)
    expect(recoveries).toBe(before)
    expect(tx.sender).toBe(tx.sender)
    minimumGas(tx, common)
    const typed = typedOf(tx, common)
    typed.getSenderAddress()
    typed.isValid()
    expect(recoveries).toBe(before + 1)
  })
})

describe('what was signed', () => {
  // Lists of 55, 56, 255 and 256 bytes have prefixes of other lengths, with the signature and without.
  test.each([0, 1, 7, 8, 14, 15, 16, 54, 55, 56, 200, 210, 220, 255, 256, 65_535, 65_536])(
    'is hashed from slices, %i bytes of data',
    async (length) => {
      const body = { ...base, chainId: 1, nonce: 0, gas: 1n, value: 0n, data: `0x${'ab'.repeat(length)}` } as const
      const forms = [
        { ...body, type: 'legacy', gasPrice: 0n },
        { ...body, type: 'legacy', gasPrice: 0n, chainId: undefined },
        { ...body, type: 'eip2930', gasPrice: 0n },
        { ...body, type: 'eip1559', maxFeePerGas: 0n, maxPriorityFeePerGas: 0n, to: null },
      ] as const
      const rules = amsterdamSpec(1n, crypto).sharedCommonAt(at)
      for (const form of forms) {
        const tx = decode(hexToBytes(await account.signTransaction(form)), rules)
        expect(bytesToHex(tx.signingHash ?? new Uint8Array())).toBe(keccak256(serializeTransaction(form)))
        expect(bytesToHex(tx.sender)).toBe(`0x${SENDER}`)
      }
    },
  )
})

test('an envelope that has been read gives the transaction that its bytes give', () => {
  for (const name of Object.keys(samples)) {
    const raw = sample(name)
    const known = signedTransaction(readEnvelope(raw), common, crypto)
    const read = decode(raw)
    expect(known).toEqual(read)
    expect(known.sender).toEqual(read.sender)
    expect(known.signingHash).toEqual(read.signingHash)
  }
})

describe('large chain ids', () => {
  test.each([3503995874084926n, 2n ** 53n - 1n])(
    '%s: EIP-155 and typed transactions decode and run',
    async (chainId) => {
      const rules = amsterdamSpec(chainId, crypto).sharedCommonAt(at)
      const id = Number(chainId)
      const legacy = await account.signTransaction({ ...base, chainId: id, type: 'legacy', gasPrice: 1n })
      // viem computes v with bigints only for ids it can hold; the decoded id tells whether it did.
      const tx = decode(hexToBytes(legacy), rules)
      expect(tx.chainId).toBe(chainId)
      expect(bytesToHex(tx.sender)).toBe(`0x${SENDER}`)
      expect(typedOf(tx, rules).getSenderAddress().toString()).toBe(`0x${SENDER}`)
      expect(typedOf(tx, rules).v).toBe(tx.v)
      const typed = await account.signTransaction({ ...base, ...dynamic, chainId: id, type: 'eip1559' })
      expect(decode(hexToBytes(typed), rules).chainId).toBe(chainId)
    },
  )
})

describe('strictness', () => {
  test.each([
    ['empty input', new Uint8Array(0), 'UNDECODABLE'],
    ['a byte string', hexToBytes('0x83010203'), 'UNDECODABLE'],
    ['type 0 envelope', hexToBytes('0x00c0'), 'TYPE_NOT_SUPPORTED'],
    ['unknown type', hexToBytes('0x05c0'), 'TYPE_NOT_SUPPORTED'],
    ['an empty list', hexToBytes('0xc0'), 'UNDECODABLE'],
    ['a typed envelope of an empty list', hexToBytes('0x02c0'), 'UNDECODABLE'],
    ['a type byte alone', hexToBytes('0x02'), 'UNDECODABLE'],
  ] as const)('%s', (_, raw, code) => {
    expect(rejection(() => decode(raw)).code).toBe(code)
  })

  test('trailing and missing bytes', () => {
    for (const name of Object.keys(samples)) {
      const raw = sample(name)
      expect(rejection(() => decode(new Uint8Array([...raw, 0]))).code).toBe('UNDECODABLE')
      expect(rejection(() => decode(raw.slice(0, -1))).code).toBe('UNDECODABLE')
    }
  })

  const cases: [string, () => Nested[], TransactionRejectedCode][] = [
    ['chain id of another chain', () => withItem(0, '0x01'), 'WRONG_CHAIN_ID'],
    ['leading zero in the chain id', () => withItem(0, '0x00469f'), 'UNDECODABLE'],
    ['leading zero in the nonce', () => withItem(1, '0x0001'), 'UNDECODABLE'],
    ['zero byte as nonce', () => withItem(1, '0x00'), 'UNDECODABLE'],
    ['nonce of 9 bytes', () => withItem(1, `0x01${'00'.repeat(8)}`), 'UNDECODABLE'],
    ['nonce 2^64 - 1', () => withItem(1, `0x${'ff'.repeat(8)}`), 'NONCE_MAX'],
    ['tip above fee cap', () => withItem(2, '0x0b'), 'TIP_ABOVE_FEE_CAP'],
    ['fee cap of 33 bytes', () => withItem(3, `0x${'01'.repeat(33)}`), 'UNDECODABLE'],
    ['gas times fee cap above 2^256', () => withItem(3, `0x${'ff'.repeat(32)}`), 'INSUFFICIENT_FUNDS'],
    ['gas limit of 9 bytes', () => withItem(4, `0x01${'00'.repeat(8)}`), 'UNDECODABLE'],
    ['recipient of 19 bytes', () => withItem(5, `0x${'aa'.repeat(19)}`), 'UNDECODABLE'],
    ['recipient of 21 bytes', () => withItem(5, `0x${'aa'.repeat(21)}`), 'UNDECODABLE'],
    ['recipient as a list', () => withItem(5, []), 'UNDECODABLE'],
    ['data as a list', () => withItem(7, ['0x01']), 'UNDECODABLE'],
    ['access list as bytes', () => withItem(8, '0x01'), 'UNDECODABLE'],
    ['access list entry of three', () => withItem(8, [[TO, [], []]]), 'UNDECODABLE'],
    ['access list address of 19 bytes', () => withItem(8, [[`0x${'aa'.repeat(19)}`, []]]), 'UNDECODABLE'],
    ['storage key of 31 bytes', () => withItem(8, [[TO, [`0x${'aa'.repeat(31)}`]]]), 'UNDECODABLE'],
    ['parity 2', () => withItem(9, '0x02'), 'INVALID_SIGNATURE'],
    ['parity 27', () => withItem(9, '0x1b'), 'INVALID_SIGNATURE'],
    ['parity of two bytes', () => withItem(9, '0x0100'), 'UNDECODABLE'],
    ['r zero', () => withItem(10, '0x'), 'INVALID_SIGNATURE'],
    ['s zero', () => withItem(11, '0x'), 'INVALID_SIGNATURE'],
    [
      'r = n',
      () => withItem(10, '0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141'),
      'INVALID_SIGNATURE',
    ],
    [
      's just above n / 2',
      () => withItem(11, '0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a1'),
      'INVALID_SIGNATURE',
    ],
    ['an item too many', () => [...dynamicItems(), '0x'], 'UNDECODABLE'],
    ['an item too few', () => dynamicItems().slice(1), 'UNDECODABLE'],
    [
      'initcode too large',
      () => withItem(5, '0x').map((item, i) => (i === 7 ? (`0x${'01'.repeat(131_073)}` as const) : item)),
      'INITCODE_TOO_LARGE',
    ],
  ]
  test.each(cases)('%s', (_, items, code) => {
    expect(rejection(() => decode(envelope(2, items()))).code).toBe(code)
  })

  test('the unchanged items are accepted, s = n / 2 too', () => {
    expect(decode(envelope(2, dynamicItems())).nonce).toBe(1n)
    const half = '0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0'
    expect(decode(envelope(2, withItem(11, half))).s).toBe(BigInt(half))
  })

  test('a signature that recovers to nothing is refused when the sender is asked for', () => {
    // x = 5 is not on the curve.
    const tx = decode(envelope(2, withItem(10, '0x05')))
    const { code, message } = rejection(() => tx.sender)
    expect(code).toBe('INVALID_SIGNATURE')
    expect(message).toContain('invalid transaction v, r, s values')
  })

  test.each([
    ['0x', 'INVALID_SIGNATURE'],
    ['0x01', 'INVALID_SIGNATURE'],
    ['0x1a', 'INVALID_SIGNATURE'],
    ['0x1d', 'INVALID_SIGNATURE'],
    ['0x22', 'INVALID_SIGNATURE'],
    ['0x23', 'WRONG_CHAIN_ID'],
    ['0x25', 'WRONG_CHAIN_ID'],
  ] as const)('legacy v %s', (v, code) => {
    const raw = hexToBytes(toRlp(['0x01', '0x0a', '0x0186a0', TO, '0x05', '0x', v, R, S]))
    expect(rejection(() => decode(raw)).code).toBe(code)
  })

  test('set-code transactions need a list and a recipient', () => {
    const items = (list: Nested, to: Nested): Nested[] => {
      const [chainId = '0x', nonce = '0x', tip = '0x', cap = '0x', gas = '0x'] = dynamicItems()
      return [chainId, nonce, tip, cap, gas, to, '0x05', '0x', [], list, '0x01', R, S]
    }
    const tuple: Nested[] = ['0x01', TO, '0x', '0x01', R, S]
    expect(decode(envelope(4, items([tuple], TO))).authorizationList?.length).toBe(1)
    expect(rejection(() => decode(envelope(4, items([], TO)))).code).toBe('EMPTY_AUTHORIZATION_LIST')
    expect(rejection(() => decode(envelope(4, items([tuple], '0x')))).code).toBe('INVALID')
    expect(rejection(() => decode(envelope(4, items([tuple.slice(1)], TO)))).code).toBe('UNDECODABLE')
    const wideParity = tuple.map((item, i) => (i === 3 ? ('0x0100' as const) : item))
    expect(rejection(() => decode(envelope(4, items([wideParity], TO)))).code).toBe('UNDECODABLE')
    const oddParity = tuple.map((item, i) => (i === 3 ? ('0xff' as const) : item))
    expect(decode(envelope(4, items([oddParity], TO))).authorizationList?.[0]?.yParity).toBe(255)
  })

  test('blob transactions need blobs of the right version, not too many, and a recipient', () => {
    const items = (hashes: Nested[], to: Nested = TO): Nested[] => {
      const [chainId = '0x', nonce = '0x', tip = '0x', cap = '0x', gas = '0x'] = dynamicItems()
      return [chainId, nonce, tip, cap, gas, to, '0x', '0x', [], '0x03', hashes, '0x01', R, S]
    }
    expect(decode(envelope(3, items(Array(6).fill(versionedHash)))).blobVersionedHashes?.length).toBe(6)
    for (const broken of [
      items([]),
      items(Array(7).fill(versionedHash)),
      items([`0x02${'02'.repeat(31)}`]),
      items([versionedHash], '0x'),
    ]) {
      expect(rejection(() => decode(envelope(3, broken))).code).toBe('INVALID')
    }
  })
})

const chainAt = (config: Record<string, unknown>): ChainSpec =>
  createChainSpec({ chainId: CHAIN_ID, ...config }, { crypto })
const upTo = (...forks: string[]) => Object.fromEntries(forks.map((fork) => [fork, 0]))
const upToFork = (last: string) => FORKS.slice(0, FORKS.indexOf(last) + 1)
const toIstanbul = upToFork('istanbulBlock')
const toOsaka = upToFork('osakaTime')

describe('rules by fork', () => {
  test.each([
    ['accessList', toIstanbul, [...toIstanbul, 'berlinBlock']],
    ['dynamic', [...toIstanbul, 'berlinBlock'], [...toIstanbul, 'berlinBlock', 'londonBlock']],
    ['blob', toOsaka.slice(0, -3), toOsaka.slice(0, -2)],
    ['setCode', toOsaka.slice(0, -2), toOsaka.slice(0, -1)],
  ] as const)('%s is not supported before its fork', (name, before, since) => {
    const early = chainAt(upTo(...before)).sharedCommonAt(at)
    const late = chainAt(upTo(...since)).sharedCommonAt(at)
    expect(rejection(() => decode(sample(name), early)).code).toBe('TYPE_NOT_SUPPORTED')
    expect(bytesToHex(decode(sample(name), late).sender)).toBe(`0x${SENDER}`)
  })

  test('EIP-155 before Spurious Dragon and high s before Homestead', () => {
    const frontier = chainAt({}).sharedCommonAt(at)
    expect(rejection(() => decode(sample('legacy'), frontier)).code).toBe('INVALID_SIGNATURE')
    expect(bytesToHex(decode(sample('unprotected'), frontier).sender)).toBe(`0x${SENDER}`)
    const highS = '0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a1'
    const raw = hexToBytes(toRlp(['0x01', '0x0a', '0x0186a0', TO, '0x05', '0x', '0x1b', R, highS]))
    expect(decode(raw, frontier).s).toBe(BigInt(highS))
    const homestead = chainAt(upTo('homesteadBlock')).sharedCommonAt(at)
    expect(rejection(() => decode(raw, homestead)).code).toBe('INVALID_SIGNATURE')
  })

  test('EIP-7825 caps the gas limit in Osaka, and Amsterdam lifts it', () => {
    const large = envelope(2, withItem(4, '0x01000001'))
    const osaka = chainAt(upTo(...toOsaka)).sharedCommonAt(at)
    const { code, message } = rejection(() => decode(large, osaka))
    expect([code, message]).toEqual([
      'GAS_LIMIT_TOO_HIGH',
      'transaction gas limit too high (cap: 16777216, tx: 16777217)',
    ])
    expect(decode(large).gasLimit).toBe(16_777_217n)
    expect(decode(envelope(2, withItem(4, '0x01000000')), osaka).gasLimit).toBe(16_777_216n)
  })

  test('EIP-8037 caps all of it at 2^32 - 1 (transactions.py::validate_transaction)', () => {
    expect(decode(envelope(2, withItem(4, '0xffffffff'))).gasLimit).toBe(2n ** 32n - 1n)
    expect(rejection(() => decode(envelope(2, withItem(4, '0x0100000000')))).code).toBe('GAS_LIMIT_TOO_HIGH')
  })
})

describe('network wrapper of blob transactions', () => {
  const commitment = `0x${'c1'.repeat(48)}` as const
  const proof = `0x${'c2'.repeat(48)}` as const
  const blob = `0x${'01'.repeat(131_072)}` as const
  let inner: Nested[]
  let canonical: Uint8Array

  beforeAll(() => {
    const hash = crypto.sha256(hexToBytes(commitment))
    hash[0] = 1
    inner = ['0x469f', '0x01', '0x01', '0x0a', '0x0186a0', TO, '0x', '0x', [], '0x03', [bytesToHex(hash)], '0x01', R, S]
    canonical = envelope(3, inner)
  })

  test('cell proofs: canonical bytes and hash, blobs beside', () => {
    const tx = decodeTransaction(
      envelope(3, [inner, '0x01', [blob], [commitment], Array(128).fill(proof)]),
      common,
      crypto,
    )
    expect(tx.raw).toEqual(canonical)
    expect(tx.hash).toEqual(crypto.keccak256(canonical))
    expect(tx.blobs).toMatchObject({ version: 1 })
    expect(tx.blobs?.proofs.length).toBe(128)
    expect(decodeTransaction(canonical, common, crypto).blobs).toBeUndefined()
  })

  test('one proof for each blob is taken in every fork, cell proofs from Osaka on', () => {
    const prague = chainAt(upTo(...toOsaka.slice(0, -1))).sharedCommonAt(at)
    const old = envelope(3, [inner, [blob], [commitment], [proof]])
    for (const fork of [prague, common]) {
      expect(decodeTransaction(old, fork, crypto).blobs).toMatchObject({ version: 0, proofs: [hexToBytes(proof)] })
    }
    const cells = envelope(3, [inner, '0x01', [blob], [commitment], Array(128).fill(proof)])
    const { code, message } = rejection(() => decode(cells, prague))
    expect([code, message]).toEqual(['INVALID', 'blob sidecar version 1 is not valid in this fork, want 0'])
  })

  test.each<[string, () => Nested[]]>([
    ['version 2', () => [inner, '0x02', [blob], [commitment], Array(128).fill(proof)]],
    ['too few proofs', () => [inner, '0x01', [blob], [commitment], Array(127).fill(proof)]],
    ['no blob', () => [inner, '0x01', [], [commitment], Array(128).fill(proof)]],
    ['another commitment', () => [inner, '0x01', [blob], [proof], Array(128).fill(proof)]],
    ['a short blob', () => [inner, '0x01', ['0x01'], [commitment], Array(128).fill(proof)]],
    [
      'an element equal to the modulus',
      () => {
        const modulus = '73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001'
        return [inner, '0x01', [`0x${modulus}${'00'.repeat(131_040)}`], [commitment], Array(128).fill(proof)]
      },
    ],
    ['three fields', () => [inner, [blob], [commitment]]],
  ])('%s', (_, items) => {
    expect(['INVALID', 'UNDECODABLE']).toContain(rejection(() => decode(envelope(3, items()))).code)
  })
})

describe('minimum gas in Amsterdam', () => {
  const minimum = async (request: object): Promise<bigint> => {
    const raw = await account.signTransaction({ ...base, ...dynamic, type: 'eip1559', ...request } as never)
    return minimumGas(decode(hexToBytes(raw)), common)
  }

  test('depends on value, self-transfer, data and creation', async () => {
    const plain = { data: '0x', gas: 21_000n }
    expect(await minimum(plain)).toBe(21_000n)
    expect(await minimum({ ...plain, value: 0n })).toBe(15_000n)
    expect(await minimum({ ...plain, to: account.address })).toBe(12_000n)
    // Floor: 64 gas per byte on top of the base.
    expect(await minimum({ value: 0n, data: `0x${'01'.repeat(4000)}` })).toBe(15_000n + 256_000n)
    expect(await minimum({ to: null, value: 0n, data: '0x6000' })).toBe(24_000n + 128n)
  })
})

test('the typed object serialises and hashes to the original bytes', () => {
  for (const name of Object.keys(samples)) {
    const tx = decode(sample(name))
    const typed = typedOf(tx, common)
    expect(typed.serialize()).toEqual(tx.raw)
    expect(typed.hash()).toEqual(tx.hash)
    expect(typed.isSigned()).toBe(true)
    expect(typed.getValidationErrors()).toEqual([])
  }
})
