import { describe, expect, test } from 'vitest'
import { minimumGas, transactionGas } from '../../execution/transactionGas.ts'
import { hexToBytes } from '../../stateless/bytes.ts'
import type { TransactionFields } from '../../stateless/transactionFields.ts'
import { createFixture } from './callSupport.ts'

const SENDER = hexToBytes('5e'.repeat(20))
const OTHER = hexToBytes('01'.repeat(20))
const slots = (count: number) => Array.from({ length: count }, () => new Uint8Array(32))
const authorization = { chainId: 0n, address: OTHER, nonce: 0n, yParity: 0, r: 1n, s: 1n }

type Fields = Partial<Pick<TransactionFields, 'value' | 'accessList' | 'authorizationList'>> & {
  to?: Uint8Array | 'created'
  data?: string
}

const fieldsOf = ({ to = OTHER, data = '', value = 0n, ...rest }: Fields) => ({
  type: 2 as const,
  sender: SENDER,
  ...(to === 'created' ? {} : { to }),
  value,
  data: hexToBytes(data),
  ...rest,
})

const commons = new Map<string, Awaited<ReturnType<typeof commonOf>>>()
async function commonOf(fork: string) {
  const { spec, context } = await createFixture(fork, {})
  return spec.sharedCommonAt(context.header)
}
async function common(fork: string) {
  const known = commons.get(fork) ?? (await commonOf(fork))
  commons.set(fork, known)
  return known
}

const list = [
  { address: OTHER, storageKeys: slots(3) },
  { address: OTHER, storageKeys: [] },
]
/** 3 zero bytes and 32 others: two words as init code */
const data = `${'00'.repeat(3)}${'01'.repeat(32)}`

/** What it is, from which fork on, the fields, intrinsic gas, floor. EELS transactions.py calculate_intrinsic_cost. */
const CASES: [what: string, fork: string, fields: Fields, intrinsic: bigint, floor: bigint][] = [
  ['a transfer', 'none', { value: 1n }, 21_000n, 0n],
  ['a creation costs no more in Frontier', 'none', { to: 'created' }, 21_000n, 0n],
  ['a creation (EIP-2)', 'homesteadBlock', { to: 'created' }, 53_000n, 0n],
  ['data', 'constantinopleBlock', { data }, 21_000n + 3n * 4n + 32n * 68n, 0n],
  ['data (EIP-2028)', 'istanbulBlock', { data }, 21_000n + 3n * 4n + 32n * 16n, 0n],
  ['an access list (EIP-2930)', 'berlinBlock', { accessList: list }, 21_000n + 2n * 2_400n + 3n * 1_900n, 0n],
  ['init code without a price by the word', 'londonBlock', { to: 'created', data }, 53_000n + 524n, 0n],
  ['init code (EIP-3860)', 'shanghaiTime', { to: 'created', data }, 53_000n + 524n + 2n * 2n, 0n],
  ['init code of one word', 'shanghaiTime', { to: 'created', data: '00'.repeat(32) }, 53_000n + 128n + 2n, 0n],
  ['data is no init code', 'shanghaiTime', { data }, 21_000n + 524n, 0n],
  ['a transfer with a floor (EIP-7623)', 'pragueTime', { value: 1n }, 21_000n, 21_000n],
  ['data with a floor', 'pragueTime', { data }, 21_000n + 524n, 21_000n + 10n * (3n + 4n * 32n)],
  ['init code with a floor', 'pragueTime', { to: 'created', data }, 53_528n, 21_000n + 10n * 131n],
  ['an access list is no data', 'pragueTime', { accessList: list }, 21_000n + 10_500n, 21_000n],
  [
    'authorizations (EIP-7702)',
    'pragueTime',
    { authorizationList: [authorization, authorization] },
    21_000n + 2n * 25_000n,
    21_000n,
  ],
  ['a call (EIP-2780)', 'amsterdamTime', {}, 12_000n + 3_000n, 15_000n],
  ['a transfer (EIP-2780)', 'amsterdamTime', { value: 1n }, 12_000n + 3_000n + 6_000n, 21_000n],
  ['a transfer to oneself (EIP-2780)', 'amsterdamTime', { to: SENDER, value: 1n }, 12_000n, 12_000n],
  ['a creation (EIP-8038)', 'amsterdamTime', { to: 'created' }, 12_000n + 12_000n, 24_000n],
  ['a creation with an endowment costs no more', 'amsterdamTime', { to: 'created', value: 1n }, 24_000n, 24_000n],
  ['data, zero or not, in the floor (EIP-7976)', 'amsterdamTime', { data }, 15_524n, 15_000n + 64n * 35n],
  [
    'init code, as data in the floor',
    'amsterdamTime',
    { to: 'created', data },
    24_000n + 524n + 4n,
    24_000n + 64n * 35n,
  ],
  [
    'an access list is data too (EIP-7981, EIP-8038)',
    'amsterdamTime',
    { accessList: list },
    15_000n + 2n * 2_900n + 3n * 2_000n + 64n * (2n * 20n + 3n * 32n),
    15_000n + 64n * (2n * 20n + 3n * 32n),
  ],
  [
    'authorizations, without what depends on the state (EIP-8037)',
    'amsterdamTime',
    { authorizationList: [authorization, authorization] },
    15_000n + 2n * 7_816n,
    15_000n,
  ],
]

describe('intrinsic gas and floor', () => {
  test.each(CASES)('%s, %s', async (_, fork, fields, intrinsic, floor) => {
    expect(transactionGas(fieldsOf(fields), await common(fork))).toEqual({ intrinsic, floor })
  })

  test('the least limit is the higher one of both', async () => {
    const prague = await common('pragueTime')
    expect(minimumGas(fieldsOf({ data }), prague)).toBe(22_310n)
    expect(minimumGas(fieldsOf({ to: 'created', data }), prague)).toBe(53_528n)
  })

  test('what was counted under one fork is not taken for another', async () => {
    const tx = fieldsOf({ data })
    const counts = []
    for (const fork of ['constantinopleBlock', 'pragueTime', 'constantinopleBlock', 'amsterdamTime']) {
      counts.push(transactionGas(tx, await common(fork)).intrinsic)
    }
    expect(counts).toEqual([23_188n, 21_524n, 23_188n, 15_524n])
  })

  test('nor when the same Common moves on to a later fork', async () => {
    const { spec, context } = await createFixture('amsterdamTime', {})
    const moving = spec.commonAt(context.header)
    const amsterdam = transactionGas(fieldsOf({ data }), moving).intrinsic
    moving.setHardfork('prague')
    expect([amsterdam, transactionGas(fieldsOf({ data }), moving).intrinsic]).toEqual([15_524n, 21_524n])
  })
})
