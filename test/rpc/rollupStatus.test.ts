import { createPublicClient, createWalletClient, http } from 'viem'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Settlement } from '../../rpc/rollup/settlements.ts'
import { type Access, accessTo } from '../e2e/chainAccess.ts'
import { startTestDevnet, type TestDevnet } from '../e2e/devnet.ts'
import { account } from '../node/support/devChain.ts'

/** The rollup_ methods about heads and settlement, on a live devnet with a few settled blocks. */
let devnet: TestDevnet
let l1: Access
let l2: Access
beforeAll(async () => {
  devnet = await startTestDevnet()
  l1 = accessTo(devnet.l1Url)
  l2 = accessTo(devnet.l2Url)
  const wallet = createWalletClient({ account: account(0), transport: http(devnet.l2Url) })
  const reader = createPublicClient({ transport: http(devnet.l2Url), pollingInterval: 20 })
  for (let index = 0; index < 3; index++) {
    const hash = await wallet.sendTransaction({ chain: null, to: account(1).address, value: 1n })
    await reader.waitForTransactionReceipt({ hash })
  }
  await devnet.rollup.node.settleNow()
})
afterAll(() => devnet.close())

describe('rollup_getSettlement', () => {
  test('is the same by number, tag and hash, on both nodes', async () => {
    const byTag = await l2.call<Settlement>('rollup_getSettlement', ['safe'])
    expect(byTag).toMatchObject({ status: 'finalized', attempts: [{ outcome: 'settled', l1TxHash: byTag.l1TxHash }] })
    expect(await l2.call('rollup_getSettlement', [byTag.l2Block])).toEqual(byTag)
    expect(await l1.call('rollup_getSettlement', [{ blockHash: byTag.l2Hash }])).toEqual(byTag)
  })

  test('refuses what is no block of the chain', async () => {
    await expect(l2.call('rollup_getSettlement', ['0xffff'])).rejects.toThrow('-32001')
    await expect(l2.call('rollup_getSettlement', [`0x${'11'.repeat(32)}`])).rejects.toThrow('-32001')
    await expect(l2.call('rollup_getSettlement', [])).rejects.toThrow('-32602')
    await expect(l2.call('rollup_getSettlement', ['newest'])).rejects.toThrow('-32602')
  })
})

describe('rollup_getSettlements', () => {
  const list = async (range?: object) =>
    (await l2.call<Settlement[]>('rollup_getSettlements', range === undefined ? [] : [range])).map(({ l2Block }) =>
      Number(l2Block),
    )

  test('gives a range, ascending, or the newest', async () => {
    const head = Number(await l2.call('eth_blockNumber'))
    expect(await list()).toEqual(Array.from({ length: head + 1 }, (_, number) => number))
    expect(await list({ from: '0x1', to: '0x2' })).toEqual([1, 2])
    expect(await list({ from: '0x1', limit: '0x1' })).toEqual([1])
    expect(await list({ limit: '0x1' })).toEqual([head])
    expect(await list({ to: '0x2', limit: '0x1' })).toEqual([2])
    expect(await list({ from: '0xffff' })).toEqual([])
    expect(await list({ to: '0xffffffff', limit: '0x1' })).toEqual([head])
  })

  test.each([
    [{ limit: '0x0' }, 'argument 0 (range).limit'],
    [{ limit: '0x65' }, 'argument 0 (range).limit'],
    [{ limit: 5 }, 'argument 0 (range).limit'],
    [{ from: '0x2', to: '0x1' }, 'argument 0 (range).to'],
    [{ from: '0x01' }, 'argument 0 (range).from'],
    [{ first: '0x1' }, 'argument 0 (range): no such property'],
    ['0x1', 'argument 0 (range)'],
  ])('refuses %j', async (range, words) => {
    await expect(l2.call('rollup_getSettlements', [range])).rejects.toThrow(`-32602 invalid ${words}`)
  })
})

test('rollup_getBlockByL1Tx', async () => {
  const { l1TxHash, batch } = await l2.call<Settlement>('rollup_getSettlement', ['0x1'])
  const numbers = await l1.call<string[]>('rollup_getBlockByL1Tx', [l1TxHash?.toUpperCase().replace('0X', '0x')])
  expect([numbers[0], numbers.at(-1)]).toEqual([batch?.from, batch?.to])
  const unknown = l1.call('rollup_getBlockByL1Tx', [`0x${'11'.repeat(32)}`])
  await expect(unknown).rejects.toThrow('-32001')
  await expect(l1.call('rollup_getBlockByL1Tx', ['0x11'])).rejects.toThrow('-32602')
})
