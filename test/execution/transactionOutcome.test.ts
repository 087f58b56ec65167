import { getContractAddress } from 'viem'
import { describe, expect, test } from 'vitest'
import { bytesToHex } from '../../stateless/bytes.ts'
import { op } from './programs.ts'
import {
  BASE_FEE,
  BLOB,
  CAP,
  COINBASE,
  CONTRACT,
  contract,
  EMPTY_ACCOUNT,
  ENGINES,
  FUNDS,
  NOBODY,
  openRuleBlock,
  type RuleBlockOptions,
  SENDER,
} from './ruleBlock.ts'

// What a transaction comes to: gas, fees, refunds, and what it leaves behind. EELS fork.py process_transaction, unless an
// EIP is named. PUSH1 throughout, so that programs run in every fork.

const ones = (bytes: number) => '01'.repeat(bytes)
const created = getContractAddress({ from: `0x${SENDER}`, nonce: 0n })
  .slice(2)
  .toLowerCase()
/** sets slots 0, 1, ... to zero: 3 + 3 gas and an SSTORE each */
const clears = (slots: number) =>
  Array.from({ length: slots }, (_, i) => `600060${i.toString(16).padStart(2, '0')}55`).join('')
const filled = (slots: number) =>
  Object.fromEntries(Array.from({ length: slots }, (_, i) => [`0x${i.toString(16).padStart(64, '0')}`, '0x01']))

describe.each(ENGINES)('on the %s engine', (paths) => {
  const open = (fork: string, options: RuleBlockOptions = {}) => openRuleBlock(fork, { ...options, paths })

  describe('who pays what (EIP-1559)', () => {
    test.each([
      ['the whole price goes to the miner', 'berlinBlock', { gasPrice: 30n }, 30n, 30n],
      ['of a legacy price what is above the base fee', 'londonBlock', { type: 0 as const, gasPrice: 30n }, 30n, 20n],
      ['the tip, where the cap leaves room for it', 'londonBlock', { feeCap: 30n, tip: 5n }, 15n, 5n],
      ['what the cap leaves of the tip', 'londonBlock', { feeCap: 30n, tip: 25n }, 30n, 20n],
      ['nothing at the base fee', 'londonBlock', { feeCap: 10n, tip: 10n }, 10n, undefined],
    ])('%s', async (_, fork, fields, price, tip) => {
      const block = await open(fork)
      const { receipt } = await block.add({ ...fields, gas: 90_000n })
      expect(receipt.effectiveGasPrice).toBe(price)
      expect(block.balance(SENDER)).toBe(FUNDS - 21_000n * price)
      expect(block.balance(COINBASE)).toBe(tip === undefined ? undefined : 21_000n * tip)
    })

    test('blobs are paid at the fee of the block, to nobody (EIP-4844)', async () => {
      const block = await open('cancunTime', { excessBlobGas: 10_000_000n })
      const fields = { blobHashes: [BLOB, BLOB], blobFeeCap: 1000n, feeCap: 11n, tip: 1n }
      const { receipt } = await block.add({ type: 3, ...fields })
      expect([receipt.blobGasUsed, receipt.blobGasPrice]).toEqual([2n * 131_072n, 19n])
      expect(block.balance(SENDER)).toBe(FUNDS - 21_000n * 11n - 2n * 131_072n * 19n)
      expect(block.balance(COINBASE)).toBe(21_000n)
    })

    test('code sees the price and the hashes', async () => {
      const code = `3a600055${'600049600155'}${'600149600255'}00`
      const block = await open('cancunTime', { alloc: contract(code) })
      await block.add({ type: 3, to: CONTRACT, feeCap: 30n, tip: 4n })
      expect([0, 1, 2].map((slot) => block.slot(CONTRACT, slot))).toEqual([14n, BigInt(`0x${BLOB}`), 0n])
    })
  })

  describe('refunds', () => {
    test.each([
      ['up to half', 'istanbulBlock', 1, 26_006n, 13_003n],
      ['up to a fifth (EIP-3529), which is not reached', 'londonBlock', 1, 26_006n, 4_800n],
      ['up to a fifth, rounded down', 'londonBlock', 2, 31_012n, 6_202n],
      // cold 2,100 and the write 10,000; 11,616 back
      ['of another size (EIP-8038)', 'amsterdamTime', 1, 27_106n, 5_421n],
    ])('%s, %s', async (_, fork, slots, gross, refund) => {
      const block = await open(fork, { alloc: contract(`${clears(slots)}00`, filled(slots)) })
      const { receipt, regularGas } = await block.add({ to: CONTRACT })
      expect(receipt.gasUsed).toBe(gross - refund)
      expect(block.balance(SENDER)).toBe(FUNDS - (gross - refund) * BASE_FEE)
      // EIP-7778: the block counts what was used before
      expect(regularGas).toBe(fork === 'amsterdamTime' ? gross : gross - refund)
    })

    test('none when it fails', async () => {
      const block = await open('londonBlock', { alloc: contract(`${clears(1)}60006000fd`, filled(1)) })
      const { receipt } = await block.add({ to: CONTRACT })
      expect([receipt.status, receipt.gasUsed, block.slot(CONTRACT, 0)]).toEqual([0, 26_012n, 1n])
    })

    test('not below the floor, and the floor is not on top (EIP-7623)', async () => {
      const block = await open('pragueTime', { alloc: contract(`${clears(1)}00`, filled(1)) })
      const paid = async (bytes: number) => (await block.add({ to: CONTRACT, data: ones(bytes) })).receipt.gasUsed
      // 22,600 + 5,006 - 4,800 is less than 21,000 + 4,000
      expect(await paid(100)).toBe(25_000n)
      // the slot is zero by now: 2,200 and no refund; at 90 bytes the floor is higher, at 80 it is not
      expect(await paid(95)).toBe(24_800n)
      expect(await paid(80)).toBe(21_000n + 1_280n + 2_206n)
    })

    test('the block counts the floor too, where it counts before refunds (EIP-7778)', async () => {
      const block = await open('amsterdamTime', { alloc: contract(`${clears(1)}00`, filled(1)) })
      // 15,000 + 16 n + 12,106 before, a fifth less after; 15,000 + 64 n at least
      const few = await block.add({ to: CONTRACT, data: ones(200) })
      expect([few.receipt.gasUsed, few.regularGas]).toEqual([27_800n, 30_306n])
      const many = await block.add({ to: CONTRACT, data: ones(400) })
      expect([many.receipt.gasUsed, many.regularGas]).toEqual([40_600n, 40_600n])
    })
  })

  describe('what accounts have beside ether stays', () => {
    test('code of a sender that is delegated (EIP-7702)', async () => {
      const delegated = `ef0100${CONTRACT}`
      const block = await open('pragueTime', { alloc: { [SENDER]: { code: `0x${delegated}` } } })
      await block.add({ value: 1n })
      expect([block.code(SENDER), block.nonce(SENDER)]).toEqual([delegated, 1n])
    })

    test('code and nonce of a fee recipient', async () => {
      const block = await open('pragueTime', { alloc: contract('fe'), coinbase: CONTRACT })
      await block.add({ feeCap: 11n, tip: 1n })
      expect([block.code(CONTRACT), block.nonce(CONTRACT), block.balance(CONTRACT)]).toEqual(['fe', 1n, 21_000n])
    })
  })

  test.each([
    ['istanbulBlock', 21_000n, 800n + 5_000n],
    ['cancunTime', 21_000n, 2_100n + 2_900n],
    ['amsterdamTime', 15_000n, 2_100n + 100n + 10_000n],
  ])('a slot costs by what it was before this transaction (EIP-2200), %s', async (fork, base, price) => {
    // slot 0 = slot 0 + 1
    const block = await open(fork, { alloc: contract('60005460010160005500', filled(1)) })
    for (const value of [2n, 3n]) {
      expect((await block.add({ to: CONTRACT })).receipt.gasUsed).toBe(base + 12n + price)
      expect(block.slot(CONTRACT, 0)).toBe(value)
    }
  })

  test('one that is refused inside a call leaves nothing open behind', async () => {
    // the called account overflows: no such transaction may be in a block (checked arithmetic in EELS)
    const alloc = {
      [NOBODY]: { balance: `0x${'ff'.repeat(32)}` as const },
      [CONTRACT]: { nonce: '0x1', balance: '0x64', code: `0x${op.call(NOBODY, 1)}00` } as const,
    }
    const block = await open('amsterdamTime', { alloc })
    expect(await block.verdict({ to: CONTRACT })).toBe('INVALID')
    expect([block.nonce(SENDER), block.balance(CONTRACT)]).toEqual([0n, 100n])
    expect(await block.verdict({ to: EMPTY_ACCOUNT })).toBe('accepted')
  })

  describe('the fee recipient', () => {
    const empty = { [COINBASE]: { balance: '0x0' } } as const
    test.each([
      ['is made by a fee of nothing in Frontier', 'none', {}, 0n],
      ['is not, since EIP-161', 'eip158Block', {}, undefined],
      ['an empty one stays in Frontier', 'none', empty, 0n],
      ['and goes since EIP-161', 'eip158Block', empty, undefined],
      ['and goes after the merge', 'osakaTime', empty, undefined],
    ])('%s', async (_, fork, alloc, balance) => {
      const free = fork === 'osakaTime' ? {} : { gasPrice: 0n }
      const block = await open(fork, { alloc })
      await block.add(free)
      expect(block.balance(COINBASE)).toBe(balance)
    })

    test('is paid for a transaction that fails', async () => {
      const block = await open('londonBlock', { alloc: contract('fe') })
      await block.add({ to: CONTRACT, gas: 50_000n, feeCap: 12n, tip: 2n })
      expect([block.balance(COINBASE), block.nonce(SENDER)]).toEqual([100_000n, 1n])
    })
  })

  describe('creations', () => {
    /** deploys one zero byte */
    const init = '60016000f3'

    test.each([
      ['none', undefined],
      ['eip158Block', 1n],
    ])('the nonce of a new contract (EIP-161), %s', async (fork, nonce) => {
      const block = await open(fork)
      const { receipt } = await block.add({ to: null, data: init, value: 3n })
      expect(bytesToHex(receipt.contractAddress ?? new Uint8Array())).toBe(created)
      expect([block.code(created), block.balance(created), block.nonce(created)]).toEqual(['00', 3n, nonce ?? 0n])
    })

    test.each([
      ['a nonce', { nonce: '0x1' as const }, 'berlinBlock'],
      ['code', { code: '0x00' as const }, 'berlinBlock'],
      ['a nonce', { nonce: '0x1' as const }, 'amsterdamTime'],
    ])('an address with %s is taken (EIP-684): all gas is gone, %s', async (_, account, fork) => {
      const block = await open(fork, { alloc: { [created]: account } })
      const { receipt } = await block.add({ to: null, data: init, value: 3n, gas: 90_000n })
      expect([receipt.status, receipt.gasUsed, block.balance(created)]).toEqual([0, 90_000n, 0n])
      expect(block.nonce(SENDER)).toBe(1n)
    })

    test('an address with ether alone is not', async () => {
      const block = await open('berlinBlock', { alloc: { [created]: { balance: '0x5' } } })
      const { receipt } = await block.add({ to: null, data: init, value: 3n })
      expect([receipt.status, block.balance(created), block.code(created)]).toEqual([1, 8n, '00'])
    })
  })

  describe('what selfdestructs', () => {
    const pays = (to: string) => `73${to}ff`
    const there = {
      [CONTRACT]: { nonce: '0x1' as const, balance: '0x64' as const, code: `0x${pays(NOBODY)}` as const },
    }

    test.each([
      ['goes', 'londonBlock', undefined],
      ['stays when it was there before (EIP-6780)', 'cancunTime', 0n],
      ['stays', 'amsterdamTime', 0n],
    ])('%s, %s', async (_, fork, balance) => {
      const block = await open(fork, { alloc: there })
      await block.add({ to: CONTRACT })
      expect([block.balance(CONTRACT), block.balance(NOBODY)]).toEqual([balance, 100n])
    })

    test('goes when this transaction made it (EIP-6780)', async () => {
      const block = await open('cancunTime')
      await block.add({ to: null, data: pays(NOBODY), value: 7n })
      expect([block.balance(created), block.nonce(created), block.balance(NOBODY)]).toEqual([undefined, undefined, 7n])
    })

    test('to itself its ether is burnt', async () => {
      const block = await open('cancunTime')
      await block.add({ to: null, data: '30ff', value: 7n })
      expect(block.balance(created)).toBeUndefined()
    })

    test('to itself its ether stays, and no log tells of a burn (EIP-8246)', async () => {
      const block = await open('amsterdamTime')
      const data = `${op.sstore(0, 1)}30ff`
      const { receipt } = await block.add({ to: null, data, value: 7n })
      expect([receipt.status, receipt.logs.length]).toEqual([1, 1])
      expect([block.balance(created), block.nonce(created), block.slot(created, 0)]).toEqual([7n, 0n, 0n])
    })

    test.each([
      ['is burnt', 'cancunTime', undefined],
      ['stays, with an account that is nobody else (EIP-8246)', 'amsterdamTime', 5n],
    ])('what it gets after its end %s, %s', async (_, fork, balance) => {
      // creates what selfdestructs at once, then sends 5 wei there
      const code = `75${pays(NOBODY)}6000526016600a6000f060006000600060006005855af100`
      const block = await open(fork, { alloc: { [CONTRACT]: { nonce: '0x1', balance: '0x64', code: `0x${code}` } } })
      const { receipt } = await block.add({ to: CONTRACT })
      const child = getContractAddress({ from: `0x${CONTRACT}`, nonce: 1n })
        .slice(2)
        .toLowerCase()
      expect([receipt.status, block.balance(CONTRACT)]).toEqual([1, 95n])
      expect([block.balance(child), block.nonce(child)]).toEqual([balance, balance === undefined ? undefined : 0n])
      // the one transfer, where transfers are told
      expect(receipt.logs).toHaveLength(fork === 'amsterdamTime' ? 1 : 0)
    })
  })

  describe('state gas (EIP-8037)', () => {
    test.each([0n, 97_920n, 1_000_000n])('of a slot, with %s above the cap of regular gas', async (reservoir) => {
      const block = await open('amsterdamTime', { alloc: contract(`${op.sstore(0, 1)}00`) })
      const { receipt, regularGas, stateGas } = await block.add({ to: CONTRACT, gas: CAP + reservoir })
      // 3 + 2 gas of pushes, cold 2,100 and the write 10,000
      expect([regularGas, stateGas]).toEqual([15_000n + 5n + 12_100n, 64n * 1_530n])
      expect(receipt.gasUsed).toBe(regularGas + stateGas)
    })

    test('regular gas ends at the cap, and what is above it comes back', async () => {
      const block = await open('amsterdamTime', { alloc: contract('5b600056') })
      const { receipt, regularGas, stateGas } = await block.add({ to: CONTRACT, gas: CAP + 500_000n })
      expect([receipt.status, receipt.gasUsed, regularGas, stateGas]).toEqual([0, CAP, CAP, 0n])
      expect(block.balance(SENDER)).toBe(FUNDS - CAP * BASE_FEE)
    })
  })
})
