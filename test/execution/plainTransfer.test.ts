import { describe, expect, test } from 'vitest'
import { bytesToHex } from '../../stateless/bytes.ts'
import { createDevChain, sign } from './devChain.ts'
import { op } from './programs.ts'
import {
  BASE_FEE,
  CAP,
  COINBASE,
  CONTRACT,
  EMPTY_ACCOUNT,
  ENGINES,
  FUNDS,
  NOBODY,
  openRuleBlock,
  type RuleBlockOptions,
  SENDER,
} from './ruleBlock.ts'
import { CALLS } from './traceSupport.ts'

// Transactions that only move ether, which run without a call frame, and those that look like them and do not. What both
// engines must come to is told by the numbers.

const SYSTEM = `${'ff'.repeat(19)}fe`
/** keccak256('Transfer(address,address,uint256)') */
const TRANSFER = 'ddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef'
const word = (hex: string) => hex.padStart(64, '0')
const plain = (digits: string) => digits.padStart(40, '0')

describe.each(ENGINES)('on the %s engine', (paths) => {
  const open = (fork: string, options: RuleBlockOptions = {}) => openRuleBlock(fork, { ...options, paths })
  const empty = { [EMPTY_ACCOUNT]: { balance: '0x0' } } as const

  test.each([
    ['none', 21_004n],
    ['eip158Block', 21_004n],
    // the floor
    ['pragueTime', 21_010n],
  ])('ether moves, %s', async (fork, gas) => {
    const block = await open(fork)
    const { receipt, output } = await block.add({ value: 5n, data: '00' })
    expect([receipt.gasUsed, output.length, receipt.logs.length]).toEqual([gas, 0, 0])
    expect([block.balance(NOBODY), block.nonce(NOBODY)]).toEqual([5n, 0n])
    expect([block.balance(SENDER), block.nonce(SENDER)]).toEqual([FUNDS - gas * BASE_FEE - 5n, 1n])
  })

  test('the nonce of the payee stays', async () => {
    const block = await open('londonBlock', { alloc: { [EMPTY_ACCOUNT]: { balance: '0x1', nonce: '0x7' } } })
    await block.add({ to: EMPTY_ACCOUNT, value: 5n })
    expect([block.balance(EMPTY_ACCOUNT), block.nonce(EMPTY_ACCOUNT)]).toEqual([6n, 7n])
  })

  describe('targets that are not plain', () => {
    test('a precompile runs, and gets the value', async () => {
      const block = await open('cancunTime')
      const { receipt, output } = await block.add({ to: plain('4'), value: 3n, data: '11'.repeat(33) })
      expect(bytesToHex(output)).toBe('11'.repeat(33))
      expect([receipt.gasUsed, block.balance(plain('4'))]).toEqual([21_000n + 33n * 16n + 15n + 2n * 3n, 3n])
    })

    test('a precompile that cannot be paid fails, and does not', async () => {
      const block = await open('cancunTime')
      const gas = 21_000n + 15n - 1n
      const { receipt } = await block.add({ to: plain('4'), value: 3n, gas })
      expect([receipt.status, receipt.gasUsed, block.balance(plain('4'))]).toEqual([0, gas, undefined])
    })

    test.each([
      ['P256VERIFY (EIP-7951)', plain('100'), 'pragueTime', 'osakaTime', 6_900n],
      ['BLAKE2F (EIP-152), which takes all gas', plain('9'), 'constantinopleBlock', 'istanbulBlock', 29_000n],
    ])('%s is an account like any other before its fork', async (_, to, before, since, price) => {
      const gasOf = async (fork: string) => (await (await open(fork)).add({ to, gas: 50_000n })).receipt.gasUsed
      expect([await gasOf(before), await gasOf(since)]).toEqual([21_000n, 21_000n + price])
    })

    test('a delegated account runs the code of another (EIP-7702), one with broken code halts', async () => {
      const alloc = {
        [CONTRACT]: { code: `0x${op.sstore(0, 7)}${op.stop}` },
        [NOBODY]: { code: `0xef0100${CONTRACT}` },
        [EMPTY_ACCOUNT]: { code: '0xfe' },
      }
      const block = await open('pragueTime', { alloc })
      await block.add({ value: 2n })
      expect([block.slot(NOBODY, 0), block.balance(NOBODY), block.slot(CONTRACT, 0)]).toEqual([7n, 2n, 0n])
      const { receipt } = await block.add({ to: EMPTY_ACCOUNT, value: 2n, gas: 30_000n })
      expect([receipt.status, receipt.gasUsed, block.balance(EMPTY_ACCOUNT)]).toEqual([0, 30_000n, 0n])
    })
  })

  describe('payer, payee and fee recipient may be one', () => {
    test.each([
      ['londonBlock', 21_000n],
      ['amsterdamTime', 12_000n],
    ])('to oneself only the fee is gone, %s', async (fork, gas) => {
      const block = await open(fork)
      const { receipt } = await block.add({ to: SENDER, value: FUNDS / 2n })
      expect([receipt.gasUsed, receipt.status, receipt.logs]).toEqual([gas, 1, []])
      expect([block.balance(SENDER), block.nonce(SENDER)]).toEqual([FUNDS - gas * BASE_FEE, 1n])
    })

    test('to oneself, more than what the fee leaves cannot even be sent', async () => {
      const block = await open('londonBlock', { balance: 21_000n * BASE_FEE + 5n })
      expect(await block.verdict({ to: SENDER, gas: 21_000n, value: 6n })).toBe('INSUFFICIENT_FUNDS')
      expect(await block.verdict({ to: SENDER, gas: 21_000n, value: 5n })).toBe('accepted')
      expect(block.balance(SENDER)).toBe(5n)
    })

    test('to the fee recipient', async () => {
      const block = await open('londonBlock')
      await block.add({ to: COINBASE, value: 9n, feeCap: 12n, tip: 1n })
      expect(block.balance(COINBASE)).toBe(9n + 21_000n)
    })

    test('from the fee recipient', async () => {
      const block = await open('londonBlock', { coinbase: SENDER })
      await block.add({ value: 9n, feeCap: 12n, tip: 1n })
      expect(block.balance(SENDER)).toBe(FUNDS - 9n - 21_000n * BASE_FEE)
    })
  })

  describe('value zero and accounts that are empty', () => {
    test.each([
      ['none', 0n],
      ['eip150Block', 0n],
      ['eip158Block', undefined],
      ['osakaTime', undefined],
      ['amsterdamTime', undefined],
    ])('to nobody: %s leaves %s there (EIP-161)', async (fork, balance) => {
      const block = await open(fork)
      await block.add()
      expect(block.balance(NOBODY)).toBe(balance)
    })

    test.each([
      ['none', 0n],
      ['eip150Block', 0n],
      ['eip158Block', undefined],
      ['osakaTime', undefined],
      // interpreter.py process_call: no value, no touch
      ['amsterdamTime', 0n],
    ])('to an empty account: %s leaves %s there (EIP-161)', async (fork, balance) => {
      const block = await open(fork, { alloc: empty })
      await block.add({ to: EMPTY_ACCOUNT })
      expect(block.balance(EMPTY_ACCOUNT)).toBe(balance)
    })
  })

  describe('Amsterdam', () => {
    test('the log of a transfer (EIP-7708), whole and in the bloom', async () => {
      const { receipt } = await (await open('amsterdamTime')).add({ value: 0x1234n })
      const [log] = receipt.logs
      expect(receipt.logs).toHaveLength(1)
      expect(bytesToHex(log?.address ?? new Uint8Array())).toBe(SYSTEM)
      expect(log?.topics.map(bytesToHex)).toEqual([TRANSFER, word(SENDER), word(NOBODY)])
      expect(bytesToHex(log?.data ?? new Uint8Array())).toBe(word('1234'))
      // bits 0x106, 0x1b3, 0x4bd are those of the address
      const bit = (at: number) => ((receipt.logsBloom[255 - (at >> 3)] ?? 0) >> (at & 7)) & 1
      expect([0x106, 0x1b3, 0x4bd].map(bit)).toEqual([1, 1, 1])
    })

    test.each([
      ['without value', 'amsterdamTime', { value: 0n }],
      ['before EIP-7708', 'osakaTime', { value: 1n }],
    ])('no log %s', async (_, fork, fields) => {
      const { receipt } = await (await open(fork)).add(fields)
      expect([receipt.logs, receipt.logsBloom.some((byte) => byte !== 0)]).toEqual([[], false])
    })

    test('a new account is paid from the gas (EIP-8037): just enough, and one short', async () => {
      const block = await open('amsterdamTime')
      const paid = await block.add({ value: 1n, gas: 204_600n })
      expect(paid).toMatchObject({ regularGas: 21_000n, stateGas: 183_600n })
      expect([paid.receipt.status, paid.receipt.gasUsed]).toEqual([1, 204_600n])
      const short = await block.add({ to: EMPTY_ACCOUNT, value: 1n, gas: 204_599n })
      expect(short).toMatchObject({ regularGas: 204_599n, stateGas: 0n })
      expect([short.receipt.status, short.receipt.gasUsed, short.receipt.logs]).toEqual([0, 204_599n, []])
      expect([block.balance(NOBODY), block.balance(EMPTY_ACCOUNT)]).toEqual([1n, undefined])
    })

    test.each([1n, 183_599n, 183_600n, 183_601n])('or from a reservoir of %s and the rest', async (reservoir) => {
      const block = await open('amsterdamTime')
      const { receipt, regularGas, stateGas } = await block.add({ value: 1n, gas: CAP + reservoir })
      expect([receipt.status, receipt.gasUsed, regularGas, stateGas]).toEqual([1, 204_600n, 21_000n, 183_600n])
      expect(block.balance(SENDER)).toBe(FUNDS - 1n - 204_600n * BASE_FEE)
    })

    test('an empty account in the state is new, one with a nonce or ether is not', async () => {
      const gasTo = async (account: { balance: string; nonce?: string }) => {
        const block = await open('amsterdamTime', { alloc: { [EMPTY_ACCOUNT]: account as never } })
        return (await block.add({ to: EMPTY_ACCOUNT, value: 1n })).receipt.gasUsed
      }
      expect(await gasTo({ balance: '0x0' })).toBe(204_600n)
      expect(await gasTo({ balance: '0x1' })).toBe(21_000n)
      expect(await gasTo({ balance: '0x0', nonce: '0x1' })).toBe(21_000n)
    })

    test('data under the floor is paid by it, whatever the transfer used', async () => {
      const { receipt, regularGas } = await (
        await open('amsterdamTime', { alloc: { [NOBODY]: { balance: '0x1' } } })
      ).add({
        value: 1n,
        data: 'ff'.repeat(100),
      })
      expect([receipt.gasUsed, regularGas]).toEqual([21_000n + 6_400n, 21_000n + 6_400n])
    })
  })
})

test('one that is traced runs in a frame, which the tracer sees', async () => {
  const chain = await createDevChain()
  const request = { parent: chain.head.header, state: chain.state(), blockHash: chain.memory.blockHash }
  const outcome = await chain.seal([chain.decode(await sign(0, { nonce: 0, to: `0x${NOBODY}`, value: 5n }))])
  const traces = await chain.engine.traceBlock({ ...request, block: outcome.block, options: CALLS })
  expect(traces).toMatchObject([{ tracer: 'callTracer', call: { type: 'CALL', value: 5n, calls: [] } }])
})
