import { describe, expect, test } from 'vitest'
import { createChainSpec } from '../../execution/chainSpec.ts'
import { genesisBlock } from '../../execution/genesisBlock.ts'
import { bytesToHex } from '../../stateless/bytes.ts'
import { cryptoOnce } from './support.ts'

const crypto = await cryptoOnce
const HOLDER = 'cc'.repeat(20)

/** What people put into genesis files, whether or not our types allow it. */
function blockOf(json: Record<string, unknown>) {
  const config = (json.config ?? { chainId: 1 }) as { chainId: number }
  const genesis = { timestamp: '0x0', gasLimit: '0x1388', alloc: {}, ...json, config } as never
  return genesisBlock(genesis, createChainSpec(config, { crypto }))
}
const hashOf = (json: Record<string, unknown>) => bytesToHex(blockOf(json).block.hash)

describe('the forms in which geth reads a genesis file', () => {
  test("mainnet's header without its accounts", () => {
    const { header } = blockOf({
      nonce: '0x0000000000000042',
      extraData: '0x11bbe8db4e347b4e8c937c1c8370e4b5ed33adb3db69cbdb7a38e1e50b1b82fa',
      gasLimit: '0x0000000000000000000000000000000000000000000000000000000000001388',
      difficulty: '0x400000000',
    }).block
    expect(header).toMatchObject({ gasLimit: 5000n, difficulty: 17_179_869_184n })
    expect(bytesToHex(header.nonce)).toBe('0000000000000042')
  })

  test.each<[string, Record<string, unknown>, Record<string, unknown>]>([
    [
      'numbers as hex, decimal text or JSON numbers',
      { gasLimit: '5000', difficulty: 131_072 },
      { difficulty: '0x20000' },
    ],
    ['leading zeros and capital digits', { gasLimit: '0X0001388', difficulty: '0x000A' }, { difficulty: '10' }],
    ['empty text and bare 0x as zero', { nonce: '', difficulty: '0x', extraData: '' }, {}],
    ['null as absent', { nonce: null, mixHash: null, coinbase: null, baseFeePerGas: null, number: null }, {}],
    [
      'addresses without 0x, in any case',
      { alloc: { [HOLDER.toUpperCase()]: { balance: '10' } } },
      { alloc: { [`0x${HOLDER}`]: { balance: '0xa', nonce: '0x0', code: '0x', storage: {} } } },
    ],
    [
      'storage as hex without 0x, short or long',
      { alloc: { [HOLDER]: { balance: '0', storage: { '10': '20', '0x1': '0x0' } } } },
      {
        alloc: {
          [HOLDER]: { balance: '0', storage: { [`0x${'10'.padStart(64, '0')}`]: `0x${'20'.padStart(64, '0')}` } },
        },
      },
    ],
    [
      'keys that other clients add',
      { alloc: { [HOLDER]: { balance: '1', comment: 'ours', secretKey: '0x1' } }, seal: {}, name: 'test' },
      { alloc: { [HOLDER]: { balance: '1' } } },
    ],
  ])('%s', (_, form, plain) => {
    expect(hashOf(form)).toBe(hashOf(plain))
  })

  test('fields of forks that the file does not name have their defaults', () => {
    const blocks = [
      'homestead',
      'eip150',
      'eip155',
      'eip158',
      'byzantium',
      'constantinople',
      'istanbul',
      'berlin',
      'london',
    ]
    const config = {
      chainId: '0x1',
      ...Object.fromEntries(blocks.map((fork) => [`${fork}Block`, '0'])),
      terminalTotalDifficulty: '0x0',
      terminalTotalDifficultyPassed: true,
      shanghaiTime: '0x0',
      cancunTime: 0,
      pragueTime: null,
      blobSchedule: { cancun: { target: 3, max: 6, baseFeeUpdateFraction: 3_338_477 } },
      ethash: {},
    }
    const { header } = blockOf({ config }).block
    expect(header).toMatchObject({ baseFeePerGas: 1_000_000_000n, blobGasUsed: 0n, excessBlobGas: 0n })
    expect(header.requestsHash).toBeUndefined()
  })
})

describe('what no node could read is named', () => {
  test.each<[string, Record<string, unknown>, string, RegExp]>([
    ['no balance', { alloc: { [HOLDER]: {} } }, 'BAD_QUANTITY', /^genesis: no alloc\.c+\.balance$/],
    [
      'a bad balance',
      { alloc: { [HOLDER]: { balance: '1e18' } } },
      'BAD_QUANTITY',
      /balance is not a quantity: "1e18"$/,
    ],
    [
      'a short address',
      { alloc: { '0x01': { balance: '1' } } },
      'BAD_ADDRESS',
      /^genesis: alloc\.0x01 is not a 20-byte/,
    ],
    [
      'code that is no hex',
      { alloc: { [HOLDER]: { balance: '1', code: '6000' } } },
      'BAD_BYTES',
      /code is not hex bytes/,
    ],
    [
      'an account that is text',
      { alloc: { [HOLDER]: 'rich' } },
      'BAD_OBJECT',
      /^genesis: alloc\.c+ is not an object: "rich"$/,
    ],
    [
      'long storage',
      { alloc: { [HOLDER]: { balance: '1', storage: { '0x0': `0x${'1'.repeat(65)}` } } } },
      'BAD_BYTES',
      /word/,
    ],
    ['a fraction', { gasLimit: 1.5 }, 'BAD_QUANTITY', /^genesis: gasLimit is not a quantity: 1\.5$/],
    ['a negative number', { difficulty: -1 }, 'BAD_QUANTITY', /^genesis: difficulty is not a quantity: -1$/],
    [
      'endless digits',
      { difficulty: '9'.repeat(5_000_000) },
      'BAD_QUANTITY',
      /^genesis: difficulty is not a quantity: .{80}$/,
    ],
    ['a short coinbase', { coinbase: '0x01' }, 'BAD_BYTES', /^genesis: coinbase is not 20 hex bytes/],
    ['a long nonce', { nonce: `0x1${'0'.repeat(16)}` }, 'BAD_QUANTITY', /^genesis: nonce does not fit 8 bytes$/],
  ])('%s', (_, json, code, message) => {
    let thrown: unknown
    try {
      blockOf(json)
    } catch (error) {
      thrown = error
    }
    expect(thrown).toMatchObject({ code, message: expect.stringMatching(message) })
  })
})
