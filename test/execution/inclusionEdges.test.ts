import { describe, expect, test } from 'vitest'
import {
  BASE_FEE,
  BLOB,
  CAP,
  CONTRACT,
  type Fields,
  NOBODY,
  openRuleBlock,
  type RuleBlockOptions,
  SENDER,
} from './ruleBlock.ts'

// Each rule at its edge: what is just allowed, and what is just refused. Rules: EELS fork.py check_transaction,
// transactions.py validate_transaction, unless an EIP is named.

const MAX_NONCE = 2n ** 64n - 1n
const ones = (bytes: number) => '01'.repeat(bytes)
const blobs = (count: number) => Array.from({ length: count }, () => BLOB)

type Edge = {
  rule: string
  fork: string
  block?: RuleBlockOptions
  allowed: Fields
  refused: Fields
  code: string
}

const EDGES: Edge[] = [
  {
    rule: 'a nonce below',
    fork: 'pragueTime',
    block: { nonce: 5n },
    allowed: { nonce: 5n },
    refused: { nonce: 4n },
    code: 'NONCE_TOO_LOW',
  },
  {
    rule: 'a nonce above',
    fork: 'none',
    block: { nonce: 5n },
    allowed: { nonce: 5n },
    refused: { nonce: 6n },
    code: 'NONCE_TOO_HIGH',
  },
  {
    rule: 'the highest nonce (EIP-2681)',
    fork: 'osakaTime',
    block: { nonce: MAX_NONCE - 1n },
    allowed: { nonce: MAX_NONCE - 1n },
    refused: { nonce: MAX_NONCE },
    code: 'NONCE_MAX',
  },
  {
    rule: 'funds for gas and value',
    fork: 'none',
    block: { balance: 21_000n * 10n + 7n },
    allowed: { gas: 21_000n, value: 7n },
    refused: { gas: 21_000n, value: 8n },
    code: 'INSUFFICIENT_FUNDS',
  },
  {
    rule: 'funds for the whole fee cap, whatever the price will be (EIP-1559)',
    fork: 'londonBlock',
    block: { balance: 21_000n * 30n },
    allowed: { gas: 21_000n, feeCap: 30n },
    refused: { gas: 21_000n, feeCap: 31n },
    code: 'INSUFFICIENT_FUNDS',
  },
  {
    rule: 'funds for blobs at their fee cap (EIP-4844)',
    fork: 'cancunTime',
    block: { balance: 21_000n * BASE_FEE + 2n * 131_072n * 3n + 1n },
    allowed: { type: 3, gas: 21_000n, value: 1n, blobHashes: blobs(2), blobFeeCap: 3n },
    refused: { type: 3, gas: 21_000n, value: 2n, blobHashes: blobs(2), blobFeeCap: 3n },
    code: 'INSUFFICIENT_FUNDS',
  },
  {
    rule: 'a fee cap below the base fee',
    fork: 'londonBlock',
    allowed: { feeCap: BASE_FEE },
    refused: { feeCap: BASE_FEE - 1n },
    code: 'FEE_CAP_TOO_LOW',
  },
  {
    rule: 'a gas price below the base fee',
    fork: 'amsterdamTime',
    allowed: { type: 0, gasPrice: BASE_FEE },
    refused: { type: 0, gasPrice: BASE_FEE - 1n },
    code: 'FEE_CAP_TOO_LOW',
  },
  {
    rule: 'a tip above the fee cap',
    fork: 'londonBlock',
    allowed: { feeCap: 12n, tip: 12n },
    refused: { feeCap: 12n, tip: 13n },
    code: 'TIP_ABOVE_FEE_CAP',
  },
  {
    rule: 'intrinsic gas',
    fork: 'none',
    allowed: { gas: 21_072n, data: '0001' },
    refused: { gas: 21_071n, data: '0001' },
    code: 'INTRINSIC_GAS_TOO_LOW',
  },
  {
    rule: 'the calldata floor (EIP-7623)',
    fork: 'pragueTime',
    allowed: { gas: 21_000n + 40n * 100n, data: ones(100) },
    refused: { gas: 21_000n + 40n * 100n - 1n, data: ones(100) },
    code: 'FLOOR_DATA_GAS_TOO_LOW',
  },
  {
    rule: 'the calldata floor, where zero bytes weigh as much (EIP-7976)',
    fork: 'amsterdamTime',
    allowed: { gas: 15_000n + 64n * 100n, data: '00'.repeat(100) },
    refused: { gas: 15_000n + 64n * 100n - 1n, data: '00'.repeat(100) },
    code: 'FLOOR_DATA_GAS_TOO_LOW',
  },
  {
    rule: 'the size of init code (EIP-3860)',
    fork: 'shanghaiTime',
    allowed: { to: null, gas: 5_000_000n, data: '00'.repeat(49_152) },
    refused: { to: null, gas: 5_000_000n, data: '00'.repeat(49_153) },
    code: 'INITCODE_TOO_LARGE',
  },
  {
    rule: 'the size of init code (EIP-7954)',
    fork: 'amsterdamTime',
    allowed: { to: null, gas: 12_000_000n, data: '00'.repeat(131_072) },
    refused: { to: null, gas: 12_000_000n, data: '00'.repeat(131_073) },
    code: 'INITCODE_TOO_LARGE',
  },
  {
    rule: 'the gas limit of the block',
    fork: 'pragueTime',
    block: { gasLimit: 100_000n },
    allowed: { gas: 100_000n },
    refused: { gas: 100_001n },
    code: 'GAS_LIMIT_TOO_HIGH',
  },
  {
    rule: 'the gas limit of a transaction (EIP-7825)',
    fork: 'osakaTime',
    allowed: { gas: CAP },
    refused: { gas: CAP + 1n },
    code: 'GAS_LIMIT_TOO_HIGH',
  },
  {
    rule: 'the same before it runs, where the limit itself may be higher (EIP-8037)',
    fork: 'amsterdamTime',
    allowed: { gas: CAP + 1000n, data: '00'.repeat(261_909) },
    refused: { gas: CAP + 1000n, data: '00'.repeat(261_910) },
    code: 'GAS_LIMIT_TOO_HIGH',
  },
  {
    rule: 'the fee of blobs (EIP-4844)',
    fork: 'cancunTime',
    // e^(10,000,000 / 3,338,477) = 19.99
    block: { excessBlobGas: 10_000_000n },
    allowed: { type: 3, blobFeeCap: 19n },
    refused: { type: 3, blobFeeCap: 18n },
    code: 'BLOB_FEE_CAP_TOO_LOW',
  },
  {
    rule: 'blobs of a transaction (EIP-4844)',
    fork: 'cancunTime',
    allowed: { type: 3, blobHashes: blobs(6) },
    refused: { type: 3, blobHashes: blobs(7) },
    code: 'INVALID',
  },
  {
    rule: 'blobs of a transaction (EIP-7691)',
    fork: 'pragueTime',
    allowed: { type: 3, blobHashes: blobs(9) },
    refused: { type: 3, blobHashes: blobs(10) },
    code: 'INVALID',
  },
  {
    rule: 'blobs of a transaction (EIP-7594)',
    fork: 'osakaTime',
    allowed: { type: 3, blobHashes: blobs(6) },
    refused: { type: 3, blobHashes: blobs(7) },
    code: 'INVALID',
  },
  {
    rule: 'the version of a blob hash',
    fork: 'pragueTime',
    allowed: { type: 3, blobHashes: [BLOB, BLOB] },
    refused: { type: 3, blobHashes: [BLOB, `00${BLOB.slice(2)}`] },
    code: 'INVALID',
  },
]

describe.each(EDGES)('$rule, $fork', ({ fork, block, allowed, refused, code }) => {
  test('is just kept', async () => {
    expect(await (await openRuleBlock(fork, block)).verdict(allowed)).toBe('accepted')
  })

  test(`is just broken: ${code}`, async () => {
    const opened = await openRuleBlock(fork, block)
    const nonce = opened.nonce(SENDER)
    expect(await opened.verdict(refused)).toBe(code)
    expect(opened.nonce(SENDER)).toBe(nonce)
  })
})

describe('rules that came with a fork do not hold before it', () => {
  test.each<[string, string, Fields]>([
    ['the size of init code', 'londonBlock', { to: null, gas: 5_000_000n, data: '00'.repeat(49_153) }],
    ['the calldata floor', 'cancunTime', { gas: 21_000n + 16n * 100n, data: ones(100) }],
    ['the gas limit of a transaction', 'pragueTime', { gas: CAP + 1n }],
  ])('%s in %s', async (_, fork, fields) => {
    expect(await (await openRuleBlock(fork)).verdict(fields)).toBe('accepted')
  })

  test('a sender with a delegation (EIP-3607, EIP-7702)', async () => {
    const alloc = { [SENDER]: { code: `0xef0100${CONTRACT}` } }
    expect(await (await openRuleBlock('cancunTime', { alloc })).verdict()).toBe('SENDER_NOT_EOA')
    expect(await (await openRuleBlock('pragueTime', { alloc })).verdict()).toBe('accepted')
  })
})

describe('what earlier transactions left of the block', () => {
  test('gas: the last unit of it, and one more', async () => {
    const block = await openRuleBlock('pragueTime', { gasLimit: 100_000n })
    await block.add({ gas: 90_000n })
    expect(block.run.totals.gasUsed).toBe(21_000n)
    expect(await block.verdict({ gas: 79_001n })).toBe('BLOCK_GAS_EXHAUSTED')
    expect(await block.verdict({ gas: 79_000n })).toBe('accepted')
  })

  test('regular gas counts up to 2^24 of a limit (EIP-8037)', async () => {
    const block = await openRuleBlock('amsterdamTime', { gasLimit: CAP + 15_000n })
    await block.add({ gas: 50_000n })
    expect(await block.verdict({ gas: CAP + 15_000n })).toBe('accepted')
    expect(block.run.totals).toMatchObject({ regularGas: 30_000n, stateGas: 0n })
    expect(await block.verdict({ gas: CAP - 14_999n })).toBe('BLOCK_GAS_EXHAUSTED')
    expect(await block.verdict({ gas: CAP - 15_000n })).toBe('accepted')
  })

  test('state gas counts the whole limit (EIP-8037)', async () => {
    const block = await openRuleBlock('amsterdamTime', { gasLimit: 30_000_000n })
    await block.add({ value: 1n })
    expect(block.run.totals).toMatchObject({ gasUsed: 183_600n, regularGas: 21_000n, stateGas: 183_600n })
    expect(await block.verdict({ gas: 30_000_000n - 183_599n })).toBe('BLOCK_GAS_EXHAUSTED')
    expect(await block.verdict({ gas: 30_000_000n - 183_600n })).toBe('accepted')
  })

  test('blobs: six and three make the nine of a block (EIP-7691)', async () => {
    const block = await openRuleBlock('osakaTime')
    await block.add({ type: 3, blobHashes: blobs(6) })
    expect(await block.verdict({ type: 3, blobHashes: blobs(4) })).toBe('BLOB_GAS_EXHAUSTED')
    expect(await block.verdict({ type: 3, blobHashes: blobs(3) })).toBe('accepted')
    expect(block.run.totals.blobGasUsed).toBe(9n * 131_072n)
  })
})

test('an account that is nobody sends nothing', async () => {
  const block = await openRuleBlock('shanghaiTime', { balance: 0n })
  expect(await block.verdict({ to: NOBODY, gas: 21_000n })).toBe('INSUFFICIENT_FUNDS')
})
