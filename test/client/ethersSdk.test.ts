import { isError, JsonRpcProvider, Wallet } from 'ethers'
import {
  createEthersSdk,
  type EthersSdk,
  InsufficientFeeError,
  MessageNotFoundError,
  WrongChainError,
} from 'reenact/ethers'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { DEV_PRIVATE_KEYS } from '../../genesis/accounts.ts'
import { startTestDevnet, type TestDevnet } from '../e2e/devnet.ts'

const TO = '0x00000000000000000000000000000000000abcde'
const [KEY = ''] = DEV_PRIVATE_KEYS
let devnet: TestDevnet
let providers: { l1: JsonRpcProvider; l2: JsonRpcProvider }
let wallets: { l1: Wallet; l2: Wallet }
let sdk: EthersSdk
beforeAll(async () => {
  devnet = await startTestDevnet()
  const providerOf = (url: string) => new JsonRpcProvider(url, undefined, { pollingInterval: 20, cacheTimeout: -1 })
  providers = { l1: providerOf(devnet.l1Url), l2: providerOf(devnet.l2Url) }
  wallets = { l1: new Wallet(KEY, providers.l1), l2: new Wallet(KEY, providers.l2) }
  sdk = await createEthersSdk(wallets)
})
afterAll(async () => {
  providers?.l1.destroy()
  providers?.l2.destroy()
  await devnet?.close()
})

describe('both chains', () => {
  test('are asked for the contracts', () => {
    expect(sdk.addresses.rollup.toLowerCase()).toBe(devnet.deployment.l1.rollup.toLowerCase())
    expect(sdk.chain.rpcUrls.default.http).toEqual([devnet.l2Url])
  })

  test.each([
    ['L1 twice', () => ({ l1: wallets.l1, l2: wallets.l1 })],
    ['the wrong way round', () => ({ l1: wallets.l2, l2: wallets.l1 })],
    ['L2 twice', () => ({ l1: wallets.l2, l2: wallets.l2 })],
  ])('%s are refused', async (_, options) => {
    await expect(createEthersSdk(options())).rejects.toThrow(WrongChainError)
  })
})

describe('deposits', () => {
  test('of ETH arrive', async () => {
    const sent = await sdk.deposits.create({ to: TO, value: 3n })
    const { status, message, l2TransactionHash } = await sdk.deposits.wait(sent)
    expect([status, message.value, await providers.l2.getBalance(TO)]).toEqual(['claimed', 3n, 3n])
    expect((await providers.l2.getTransactionReceipt(l2TransactionHash))?.status).toBe(1)
    expect(await sdk.deposits.status(sent.hash)).toBe('claimed')
  })

  test('go to the sender by default, and to whatever ethers knows an address of', async () => {
    const own = await sdk.deposits.wait(await sdk.deposits.create({ value: 1n }))
    expect(own.message.to).toBe(wallets.l1.address)
    const call = await sdk.deposits.wait(await sdk.deposits.create({ to: wallets.l2, data: new Uint8Array([1, 2]) }))
    expect([call.message.to, call.message.data]).toEqual([wallets.l1.address, '0x0102'])
  })

  test('that pay too little are refused before they are sent', async () => {
    await expect(sdk.deposits.create({ to: TO, data: '0x01', fee: 1n })).rejects.toThrow(InsufficientFeeError)
  })

  test('are looked for only in transactions that sent one', async () => {
    const other = await wallets.l1.sendTransaction({ to: TO, value: 1n })
    await expect(sdk.deposits.wait(other)).rejects.toThrow(MessageNotFoundError)
    await expect(sdk.deposits.status('0x12')).rejects.toThrow('this is not the hash of a transaction')
  })

  test('that are in no block can be waited for with an end', async () => {
    const unknown = `0x${'12'.repeat(32)}`
    const late = sdk.deposits.wait(unknown, { timeout: 30, pollingInterval: 10 })
    await expect(late).rejects.toThrow(expect.objectContaining({ code: 'WAIT_TIMEOUT' }))
    const ended = sdk.deposits.wait(unknown, { signal: AbortSignal.timeout(30) })
    await expect(ended).rejects.toThrow(expect.objectContaining({ name: 'TimeoutError' }))
  })
})

describe('the node', () => {
  test('tells about the rollup, in numbers', async () => {
    expect((await sdk.rollup.getRollupConfig()).l2ChainId).toBe(BigInt(sdk.chain.id))
    const { balance } = await sdk.devnet.faucet({ chain: 'l1', address: TO, value: 7n })
    expect(balance).toBe(await providers.l1.getBalance(TO))
  })

  test('refuses as ethers tells it', async () => {
    const failure: unknown = await sdk.rollup.getRollupMessage({ id: 10n ** 6n }).catch((error: unknown) => error)
    expect(isError(failure, 'UNKNOWN_ERROR') && failure.error).toMatchObject({ code: -32001 })
  })
})
