import { Common, Hardfork, Mainnet } from '@ethereumjs/common'
import { RLP } from '@ethereumjs/rlp'
import { createTx, type EOACode7702Tx, type TypedTransaction } from '@ethereumjs/tx'
import { bytesToHex as to0x } from '@ethereumjs/util'
import fc from 'fast-check'
import { privateKeyToAccount } from 'viem/accounts'
import { describe, expect, test } from 'vitest'
import { bytesToBigint, hexToBytes } from '../../stateless/bytes.ts'
import { readEnvelope } from '../../stateless/envelope.ts'
import { InvalidBlock } from '../../stateless/errors.ts'
import { lowerBoundGas } from '../../stateless/lowerBoundGas.ts'
import type { Authorization, TransactionFields } from '../../stateless/transactionFields.ts'
import { SEED } from './arbitraries.ts'

const KEY = new Uint8Array(32).fill(0x42)
const SENDER = privateKeyToAccount(to0x(KEY)).address
// EthereumJS asks for a KZG library even where no commitment is computed.
const customCrypto = { kzg: {} } as NonNullable<ConstructorParameters<typeof Common>[0]['customCrypto']>
const common = new Common({ chain: Mainnet, hardfork: Hardfork.Amsterdam, customCrypto })

const hex = (min: number, max: number) => fc.uint8Array({ minLength: min, maxLength: max }).map(to0x)
const data = fc.oneof(
  hex(0, 200),
  fc.nat({ max: 300 }).map((n) => to0x(new Uint8Array(n))),
)
const accessList = fc.array(fc.record({ address: hex(20, 20), storageKeys: fc.array(hex(32, 32), { maxLength: 3 }) }), {
  maxLength: 3,
})
const authorization = fc.record({
  chainId: fc.constant('0x1' as const),
  address: hex(20, 20),
  nonce: fc.constantFrom('0x' as const, '0x1' as const),
  yParity: fc.constant('0x1' as const),
  r: fc.constant('0x1234' as const),
  s: fc.constant('0x4321' as const),
})
const recipient = fc.oneof(hex(20, 20), fc.constant(SENDER))
const shared = { value: fc.constantFrom(0n, 1n), data, gasLimit: fc.integer({ min: 21_000, max: 30_000_000 }) }

const txData = fc.oneof(
  fc.record({ ...shared, type: fc.constant(0), gasPrice: fc.constant(10n) }),
  fc.record({ ...shared, type: fc.constant(0), gasPrice: fc.constant(10n), to: recipient }),
  fc.record({ ...shared, type: fc.constant(1), gasPrice: fc.constant(10n), to: recipient, accessList }),
  fc.record({ ...shared, type: fc.constant(2), maxFeePerGas: fc.constant(10n), accessList }),
  fc.record({ ...shared, type: fc.constant(2), maxFeePerGas: fc.constant(10n), to: recipient, accessList }),
  fc.record({
    ...shared,
    type: fc.constant(3),
    maxFeePerGas: fc.constant(10n),
    maxFeePerBlobGas: fc.constant(3n),
    to: recipient,
    accessList,
    blobVersionedHashes: fc.array(
      hex(31, 31).map((tail): `0x${string}` => `0x01${tail.slice(2)}`),
      { minLength: 1, maxLength: 3 },
    ),
  }),
  fc.record({
    ...shared,
    type: fc.constant(4),
    maxFeePerGas: fc.constant(10n),
    to: recipient,
    accessList,
    authorizationList: fc.array(authorization, { minLength: 1, maxLength: 3 }),
  }),
)

function sign(fields: unknown): TypedTransaction {
  return createTx({ chainId: 1, ...(fields as object) } as Parameters<typeof createTx>[0], { common }).sign(KEY)
}

function authorizationOf(item: EOACode7702Tx['authorizationList'][number]): Authorization {
  const [chainId, address, nonce, yParity, r, s] = item
  return {
    chainId: bytesToBigint(chainId),
    address,
    nonce: bytesToBigint(nonce),
    yParity: Number(bytesToBigint(yParity)),
    r: bytesToBigint(r),
    s: bytesToBigint(s),
  }
}

test('fields equal those that EthereumJS reads, all five types', () => {
  fc.assert(
    fc.property(txData, (fields) => {
      const tx = sign(fields)
      const envelope = readEnvelope(tx.serialize())
      const expected: TransactionFields = {
        type: tx.type as TransactionFields['type'],
        chainId: 1n,
        nonce: tx.nonce,
        gasLimit: tx.gasLimit,
        ...(tx.to === undefined ? {} : { to: tx.to.bytes }),
        value: tx.value,
        data: tx.data,
        ...('gasPrice' in tx ? { gasPrice: tx.gasPrice } : {}),
        ...('maxFeePerGas' in tx
          ? { maxFeePerGas: tx.maxFeePerGas, maxPriorityFeePerGas: tx.maxPriorityFeePerGas }
          : {}),
        ...('accessList' in tx
          ? { accessList: tx.accessList.map(([address, storageKeys]) => ({ address, storageKeys })) }
          : {}),
        ...('blobVersionedHashes' in tx
          ? {
              maxFeePerBlobGas: tx.maxFeePerBlobGas,
              blobVersionedHashes: tx.blobVersionedHashes.map((hash) => hexToBytes(hash)),
            }
          : {}),
        ...('authorizationList' in tx ? { authorizationList: tx.authorizationList.map(authorizationOf) } : {}),
        v: tx.v ?? 0n,
        r: tx.r ?? 0n,
        s: tx.s ?? 0n,
      }
      expect(envelope.fields).toEqual(expected)
    }),
    { seed: SEED, numRuns: 150 },
  )
})

test('the lower bound is 0, 3,000, 6,000 or 9,000 below the true minimum or hidden by the floor, never above', () => {
  fc.assert(
    fc.property(txData, (fields) => {
      const tx = sign(fields)
      const minimum = tx.getIntrinsicGas()
      const bound = lowerBoundGas(readEnvelope(tx.serialize()).fields)
      const errors = tx.getValidationErrors().find((error) => error.includes('minimum gas limit of'))
      const required = errors === undefined ? undefined : BigInt(/minimum gas limit of (\d+)/.exec(errors)?.[1] ?? 0)
      expect(bound).toBeGreaterThanOrEqual(12_000n)
      expect(minimum - bound).toBeLessThanOrEqual(9_000n)
      if (required !== undefined) {
        expect(required).toBeGreaterThanOrEqual(bound)
        expect(required - bound).toBeLessThanOrEqual(9_000n)
      }
    }),
    { seed: SEED, numRuns: 150 },
  )
})

test('a legacy transaction without EIP-155 has no chain id', () => {
  const fields = [1, 2, 21_000, new Uint8Array(20), 3, new Uint8Array(0), 28, 5, 6]
  expect(readEnvelope(RLP.encode(fields)).fields.chainId).toBeUndefined()
})

describe('refused by structure', () => {
  const A = new Uint8Array(20).fill(1)
  const NONE = new Uint8Array(0)
  const typed = (type: number, fields: Parameters<typeof RLP.encode>[0]) =>
    Uint8Array.from([type, ...RLP.encode(fields)])
  const feeMarket = [1, 0, 1, 2, 21_000, A, 0, NONE, [], 0, 5, 6]
  const at = (index: number, value: unknown) =>
    feeMarket.map((old, i) => (i === index ? value : old)) as typeof feeMarket
  const setCode = (to: Uint8Array, list: unknown) =>
    typed(4, [1, 0, 1, 2, 21_000, to, 0, NONE, [], list, 0, 5, 6] as Parameters<typeof RLP.encode>[0])

  test.each<[string, Uint8Array, string]>([
    ['nothing', NONE, 'EMPTY_TRANSACTION'],
    ['type 0 as a typed envelope', typed(0, feeMarket), 'BAD_TRANSACTION'],
    ['type 5', typed(5, feeMarket), 'BAD_TRANSACTION'],
    ['type 0x7e', typed(0x7e, feeMarket), 'BAD_TRANSACTION'],
    ['first byte 0x80', Uint8Array.of(0x80), 'BAD_TRANSACTION'],
    ['first byte 0xbf', Uint8Array.of(0xbf, 1), 'BAD_TRANSACTION'],
    ['type byte alone', Uint8Array.of(2), 'BAD_TRANSACTION'],
    ['legacy of eight fields', RLP.encode([1, 2, 3, A, 5, NONE, 27, 1]), 'BAD_TRANSACTION'],
    ['legacy with v 29', RLP.encode([1, 2, 3, A, 5, NONE, 29, 1, 1]), 'BAD_TRANSACTION'],
    ['legacy with v 0', RLP.encode([1, 2, 3, A, 5, NONE, 0, 1, 1]), 'BAD_TRANSACTION'],
    ['eleven fields for type 2', typed(2, feeMarket.slice(1)), 'BAD_TRANSACTION'],
    ['nonce with a leading zero', typed(2, at(1, Uint8Array.of(0, 1))), 'BAD_TRANSACTION'],
    ['nonce of 9 bytes', typed(2, at(1, new Uint8Array(9).fill(1))), 'BAD_TRANSACTION'],
    ['parity of two bytes', typed(2, at(9, Uint8Array.of(1, 0))), 'BAD_TRANSACTION'],
    ['gas limit of 33 bytes', typed(2, at(4, new Uint8Array(33).fill(1))), 'BAD_TRANSACTION'],
    ['recipient of 19 bytes', typed(2, at(5, A.slice(1))), 'BAD_TRANSACTION'],
    ['data is a list', typed(2, at(7, [])), 'BAD_TRANSACTION'],
    ['access list is bytes', typed(2, at(8, A)), 'BAD_TRANSACTION'],
    ['access list entry without keys', typed(2, at(8, [[A]])), 'BAD_TRANSACTION'],
    ['storage key of 31 bytes', typed(2, at(8, [[A, [new Uint8Array(31)]]])), 'BAD_TRANSACTION'],
    ['trailing byte', Uint8Array.from([...typed(2, feeMarket), 0]), 'BAD_TRANSACTION'],
    [
      'blob transaction that creates',
      typed(3, [1, 0, 1, 2, 21_000, NONE, 0, NONE, [], 1, [], 0, 5, 6]),
      'BAD_TRANSACTION',
    ],
    [
      'versioned hash of 31 bytes',
      typed(3, [1, 0, 1, 2, 21_000, A, 0, NONE, [], 1, [new Uint8Array(31)], 0, 5, 6]),
      'BAD_TRANSACTION',
    ],
    ['set-code transaction that creates', setCode(NONE, []), 'BAD_TRANSACTION'],
    ['authorization of five fields', setCode(A, [[1, A, 0, 0, 1]]), 'BAD_TRANSACTION'],
    ['authorization nonce of 9 bytes', setCode(A, [[1, A, new Uint8Array(9).fill(1), 0, 1, 1]]), 'BAD_TRANSACTION'],
  ])('%s', (_name, raw, code) => {
    try {
      readEnvelope(raw)
      expect.unreachable()
    } catch (error) {
      if (!(error instanceof InvalidBlock)) throw error
      expect(error.code).toBe(code)
    }
  })

  test('mutated envelopes never escape the typed error', () => {
    fc.assert(
      fc.property(txData, fc.nat(), fc.integer({ min: 1, max: 255 }), (fields, at, mask) => {
        const raw = sign(fields).serialize()
        raw[at % raw.length] = (raw[at % raw.length] ?? 0) ^ mask
        try {
          readEnvelope(raw)
        } catch (error) {
          if (!(error instanceof InvalidBlock)) throw error
        }
      }),
      { seed: SEED, numRuns: 150 },
    )
  })
})
