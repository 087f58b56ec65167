import { parseEther, toHex } from 'viem'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { DEV_ADDRESSES } from '../../genesis/accounts.ts'
import { DEV_DOCS } from '../../rpc/openrpc/devDocs.ts'
import { type Access, accessTo, type Hex } from './chainAccess.ts'
import { startTestDevnet, type TestDevnet } from './devnet.ts'

const STRANGER = '0x00000000000000000000000000000000000abcde'

describe('development methods on L2', () => {
  let devnet: TestDevnet
  let l1: Access
  let l2: Access
  beforeAll(async () => {
    devnet = await startTestDevnet({ options: { settle: false } })
    l1 = accessTo(devnet.l1Url)
    l2 = accessTo(devnet.l2Url)
  })
  afterAll(() => devnet?.close())

  const numberOf = async (chain: Access) => Number(await chain.call<Hex>('eth_blockNumber'))
  const timeOf = async (chain: Access) =>
    Number((await chain.call<{ timestamp: Hex }>('eth_getBlockByNumber', ['latest', false])).timestamp)

  const refused: [method: string, params: unknown[], instead: RegExp][] = [
    ['hardhat_setBalance', [STRANGER, '0x1'], /unprovable: L1 re-executes every L2 block.*deposit through L1Messenger/],
    ['anvil_setCode', [STRANGER, '0x'], /unprovable.*deploy the code with a transaction/],
    ['hardhat_setNonce', [STRANGER, '0x1'], /unprovable.*send transactions/],
    ['anvil_setStorageAt', [STRANGER, '0x0', '0x0'], /unprovable.*call the contract/],
    ['anvil_impersonateAccount', [STRANGER], /must be signed.*impersonate it on L1/],
    ['anvil_autoImpersonateAccount', [true], /must be signed/],
    ['eth_sendUnsignedTransaction', [{ from: STRANGER }], /must be signed/],
    ['evm_snapshot', [], /follows L1.*use it on L1/],
    ['evm_revert', ['0x0'], /follows L1.*use it on L1/],
    ['hardhat_reset', [], /follows L1.*use it on L1/],
    ['anvil_loadState', ['0x'], /unprovable.*load the state on L1/],
    ['evm_setNextBlockTimestamp', [1], /evm_increaseTime, which moves the clock of both chains/],
    ['hardhat_setNextBlockBaseFeePerGas', ['0x1'], /unprovable.*EIP-1559/],
    ['evm_setBlockGasLimit', ['0x1'], /rollup contract/],
    ['hardhat_setPrevRandao', ['0x'], /hash of an L1 block/],
  ]
  it.each(refused)('%s is refused: why, and what to do instead', async (method, params, instead) => {
    const response = await fetch(devnet.l2Url, {
      method: 'POST',
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
    })
    const { error } = (await response.json()) as { error: { code: number; message: string } }
    expect(error.code).toBe(-32004)
    expect(error.message).toMatch(new RegExp(`^${method}: `))
    expect(error.message).toMatch(instead)
  })

  it('every development method is there, on both chains', async () => {
    for (const chain of [l1, l2]) {
      const { methods } = await chain.call<{ methods: { name: string }[] }>('rpc.discover')
      const names = new Set(methods.map(({ name }) => name))
      expect(Object.keys(DEV_DOCS).filter((name) => !names.has(name))).toEqual([])
    }
  })

  it('mining modes: transactions wait, blocks come on request', async () => {
    await l2.call('evm_setAutomine', [false])
    const transaction = { from: DEV_ADDRESSES[0], to: STRANGER, value: '0x1', gas: '0x7a120' }
    const hash = await l2.call<Hex>('eth_sendTransaction', [transaction])
    const dropped = await l2.call<Hex>('eth_sendTransaction', [{ ...transaction, from: DEV_ADDRESSES[1] }])
    expect(await l2.call('hardhat_dropTransaction', [dropped])).toBe(true)
    expect(await l2.call('txpool_status')).toEqual({ pending: '0x1', queued: '0x0' })
    const before = await numberOf(l2)
    expect(await l2.call('evm_mine')).toBe('0x0')
    expect(await numberOf(l2)).toBe(before + 1)
    expect(await l2.call('eth_getTransactionReceipt', [hash])).toMatchObject({ status: '0x1' })
    await l2.call('evm_setAutomine', [true])
    expect(await l2.call('hardhat_getAutomine')).toBe(true)
  })

  it('setCoinbase: tips go there, as long as the rollup contract names nobody', async () => {
    const coinbase = '0x00000000000000000000000000000000000c01b5'
    expect(await l2.call('hardhat_setCoinbase', [coinbase])).toBe(true)
    const transaction = { from: DEV_ADDRESSES[0], to: STRANGER, value: '0x0', gas: '0x7a120' }
    const hash = await l2.call<Hex>('eth_sendTransaction', [transaction])
    expect(await l2.call('eth_getTransactionReceipt', [hash])).toMatchObject({ status: '0x1' })
    expect(await l2.call('eth_getBlockByNumber', ['latest', false])).toMatchObject({ miner: coinbase })
    expect(BigInt(await l2.call<Hex>('eth_getBalance', [coinbase, 'latest']))).toBeGreaterThan(0n)
  })

  it('many blocks in a row do not run ahead of the clock', async () => {
    const before = { number: await numberOf(l2), time: await timeOf(l2) }
    await l2.call('hardhat_mine', [toHex(40)])
    expect(await numberOf(l2)).toBe(before.number + 40)
    await l1.call('evm_mine')
    expect((await timeOf(l1)) - (await timeOf(l2))).toBeGreaterThanOrEqual(0)
  })

  it('more blocks than one call makes: says why, and what to do instead', async () => {
    const before = await numberOf(l2)
    await expect(l2.call('hardhat_mine', [toHex(1_000)])).rejects.toThrow(
      /-32602 .*at most 256 blocks .* got 1000; each L2 block is proved .* call again .* evm_increaseTime/,
    )
    expect(await numberOf(l2)).toBe(before)
  })

  it('evm_increaseTime on either chain moves both', async () => {
    const before = { l1: await timeOf(l1), l2: await timeOf(l2) }
    await l2.call('evm_increaseTime', [500])
    await l1.call('evm_mine')
    await l1.call('evm_increaseTime', [500])
    await l2.call('evm_mine')
    expect(await timeOf(l1)).toBeGreaterThanOrEqual(before.l1 + 500)
    expect(await timeOf(l2)).toBeGreaterThanOrEqual(before.l2 + 1_000)
  })

  it("dumpState on L2 can be loaded on L1; the rollup's own contracts there stay as they are", async () => {
    const { messenger } = devnet.deployment.l1
    const escrow = await l1.call('eth_getBalance', [messenger, 'latest'])
    const state = await l2.call<Hex>('anvil_dumpState')
    expect(await l1.call('anvil_loadState', [state])).toBe(true)
    expect(await l1.call('eth_getBalance', [STRANGER, 'latest'])).toBe('0x1')
    const own = await l1.call<Hex>('anvil_dumpState')
    await l1.call('anvil_setBalance', [messenger, toHex(parseEther('1'))])
    await l1.call('anvil_loadState', [own])
    expect(await l1.call('eth_getBalance', [messenger, 'latest'])).toBe(toHex(parseEther('1')))
    await l1.call('anvil_setBalance', [messenger, escrow])
  })
})
