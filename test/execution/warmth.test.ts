import { describe, expect, test } from 'vitest'
import {
  COINBASE,
  CONTRACT,
  contract,
  EMPTY_ACCOUNT,
  ENGINES,
  NOBODY,
  openRuleBlock,
  type RuleBlockOptions,
  SENDER,
} from './ruleBlock.ts'

// What is warm when a transaction starts: EIP-2929, EIP-2930, EIP-3651.

/** BALANCE of an account, dropped: 3 + 2 gas and the access */
const look = (address: string) => `73${address}3150`
const load = (slot: number) => `60${slot.toString(16).padStart(2, '0')}5450`

describe.each(ENGINES)('on the %s engine', (paths) => {
  const open = (fork: string, options: RuleBlockOptions = {}) => openRuleBlock(fork, { ...options, paths })

  const gasOf = async (fork: string, code: string, fields = {}) => {
    const { receipt } = await (await open(fork, { alloc: contract(`${code}00`) })).add({ to: CONTRACT, ...fields })
    return receipt.gasUsed - 21_000n
  }
  test.each([
    ['the sender', SENDER, 100n],
    ['the recipient', CONTRACT, 100n],
    ['a precompile', '4'.padStart(40, '0'), 100n],
    ['somebody else', NOBODY, 2_600n],
    ['the fee recipient, not yet', COINBASE, 2_600n],
  ])('%s, London', async (_, address, access) => {
    expect(await gasOf('londonBlock', look(address))).toBe(5n + access)
  })

  test('the fee recipient, Shanghai', async () => {
    expect(await gasOf('shanghaiTime', look(COINBASE))).toBe(105n)
  })

  test('what is in the list, and nothing else', async () => {
    const code = look(NOBODY) + load(1) + load(2)
    const price = 5n + 2n * 5n
    expect(await gasOf('berlinBlock', code)).toBe(price + 2_600n + 2n * 2_100n)
    const accessList = [[NOBODY], [CONTRACT, 2], [EMPTY_ACCOUNT, 1]] as const
    const list = 3n * 2_400n + 2n * 1_900n
    expect(await gasOf('berlinBlock', code, { type: 1, accessList })).toBe(list + price + 100n + 2_100n + 100n)
  })

  test('nothing of it in the next transaction', async () => {
    const block = await open('londonBlock', { alloc: contract(`${look(NOBODY)}00`) })
    await block.add({ to: CONTRACT, accessList: [[NOBODY]] })
    expect((await block.add({ to: CONTRACT })).receipt.gasUsed).toBe(21_000n + 2_605n)
  })

  test('before Berlin everything costs the same', async () => {
    expect(await gasOf('istanbulBlock', look(SENDER) + look(NOBODY))).toBe(2n * 705n)
  })
})
