import { describe, expect, test } from 'vitest'
import type { GenesisAccount } from '../../execution/genesisJson.ts'
import { bytesToHex } from '../../stateless/bytes.ts'
import { addressOf } from './devChain.ts'
import { op } from './programs.ts'
import {
  authorize,
  BASE_FEE,
  CAP,
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

// Authorization lists of type 4 transactions: EIP-7702, EELS vm/eoa_delegation.py set_delegation.

describe.each(ENGINES)('on the %s engine', (paths) => {
  const open = (fork: string, options: RuleBlockOptions = {}) => openRuleBlock(fork, { ...options, paths })

  const authority = bytesToHex(addressOf(1))
  const delegated = `ef0100${CONTRACT}`
  const somebody = { [NOBODY]: { balance: '0x1' } } as const
  type Item = Parameters<typeof authorize>[1]
  const run = async (list: Item[], account: Partial<GenesisAccount> | undefined, fork = 'pragueTime') => {
    const alloc = { ...somebody, ...(account === undefined ? {} : { [authority]: account }) }
    const block = await open(fork, { alloc })
    const authorizations = await Promise.all(list.map((item) => authorize(1, item)))
    const { receipt } = await block.add({ type: 4, authorizations })
    return { gas: receipt.gasUsed, code: block.code(authority), nonce: block.nonce(authority) }
  }
  const rich = { balance: '0x1' } as const

  test('of somebody new: 25,000 gas each', async () => {
    expect(await run([{ to: CONTRACT }], undefined)).toEqual({ gas: 46_000n, code: delegated, nonce: 1n })
  })

  test('of an account that is there: half of it back, up to a fifth of all', async () => {
    expect(await run([{ to: CONTRACT }], rich)).toEqual({ gas: 46_000n - 9_200n, code: delegated, nonce: 1n })
  })

  test('for any chain, and one after another', async () => {
    const list = [
      { to: EMPTY_ACCOUNT, chainId: 0 },
      { to: CONTRACT, nonce: 1 },
    ]
    expect(await run(list, undefined)).toEqual({ gas: 71_000n - 12_500n, code: delegated, nonce: 2n })
  })

  test('to nothing takes the delegation away', async () => {
    const list = [{ to: '00'.repeat(20) }]
    expect(await run(list, { ...rich, code: `0x${delegated}` })).toEqual({ gas: 36_800n, code: '', nonce: 1n })
  })

  test.each<[string, Item, Partial<GenesisAccount>, string]>([
    ['of another chain', { to: CONTRACT, chainId: 1 }, rich, ''],
    ['with an old nonce', { to: CONTRACT }, { ...rich, nonce: '0x1' }, ''],
    ['with a later nonce', { to: CONTRACT, nonce: 1 }, rich, ''],
    ['of a contract', { to: CONTRACT }, { ...rich, code: '0x00' }, '00'],
  ])('one %s is skipped, and paid', async (_, item, account, code) => {
    const nonce = 'nonce' in account ? 1n : 0n
    expect(await run([item], account)).toEqual({ gas: 46_000n, code, nonce })
  })

  test('the sender may delegate: its nonce has been counted', async () => {
    const block = await open('pragueTime', { alloc: somebody })
    await block.add({ type: 4, authorizations: [await authorize(0, { to: CONTRACT, nonce: 1 })] })
    expect([block.code(SENDER), block.nonce(SENDER)]).toEqual([delegated, 2n])
  })

  test('they stay when the call fails', async () => {
    const block = await open('pragueTime', { alloc: contract('fe') })
    const authorizations = [await authorize(1, { to: CONTRACT })]
    const { receipt } = await block.add({ type: 4, to: CONTRACT, gas: 100_000n, authorizations })
    expect([receipt.status, receipt.gasUsed, block.code(authority)]).toEqual([0, 100_000n, delegated])
  })

  test('the recipient may be whom they delegate', async () => {
    const block = await open('pragueTime', { alloc: contract(`${op.sstore(0, 7)}00`) })
    const authorizations = [await authorize(1, { to: CONTRACT })]
    await block.add({ type: 4, to: authority, value: 1n, authorizations })
    expect([block.slot(authority, 0), block.balance(authority)]).toEqual([7n, 1n])
  })

  test('Amsterdam: by what is there, nothing back (EIP-8037)', async () => {
    const base = 15_000n + 7_816n
    const indicator = 23n * 1_530n
    const newcomer = await run([{ to: CONTRACT }], undefined, 'amsterdamTime')
    expect(newcomer).toEqual({ gas: base + 9_000n + 183_600n + indicator, code: delegated, nonce: 1n })
    expect((await run([{ to: CONTRACT }], rich, 'amsterdamTime')).gas).toBe(base + 9_000n + indicator)
    expect((await run([{ to: CONTRACT, nonce: 3 }], rich, 'amsterdamTime')).gas).toBe(base)
  })

  test('Amsterdam: what an undone one took from the reservoir comes back (EIP-8037)', async () => {
    const block = await open('amsterdamTime', { alloc: contract('00') })
    // leaves 9,864 of regular gas: enough for the write of the first authority, not for that of the second
    const accessList = Array.from({ length: 4_004 }, () => [NOBODY] as const)
    const authorizations = [await authorize(1, { to: CONTRACT }), await authorize(2, { to: CONTRACT })]
    const fields = { type: 4 as const, to: CONTRACT, gas: CAP + 300_000n, accessList, authorizations }
    const { receipt, regularGas, stateGas } = await block.add(fields)
    expect([receipt.status, receipt.gasUsed, regularGas, stateGas]).toEqual([0, CAP, CAP, 0n])
    expect([block.balance(SENDER), block.code(authority)]).toEqual([FUNDS - CAP * BASE_FEE, ''])
  })
})
