import { Contract, JsonRpcProvider, Wallet } from 'ethers'
import {
  createEthersSdk,
  type EthersSdk,
  InsufficientFeeError,
  InvalidForcedTransactionError,
  MessageAlreadyClaimedError,
  MessageNotReadyError,
  NoBondError,
} from 'reenact/ethers'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { DEV_PRIVATE_KEYS } from '../../genesis/accounts.ts'
import { WETH9_ADDRESS } from '../../genesis/parameters.ts'
import { startTestDevnet, type TestDevnet } from '../e2e/devnet.ts'

const TO = '0x00000000000000000000000000000000000abcde'
const ERC20 = ['function balanceOf(address) view returns (uint256)', 'function symbol() view returns (string)']
const [KEY = '', OTHER_KEY = ''] = DEV_PRIVATE_KEYS
let devnet: TestDevnet
let l1: JsonRpcProvider
let l2: JsonRpcProvider
let sdk: EthersSdk
beforeAll(async () => {
  devnet = await startTestDevnet()
  const providerOf = (url: string) => new JsonRpcProvider(url, undefined, { pollingInterval: 20, cacheTimeout: -1 })
  l1 = providerOf(devnet.l1Url)
  l2 = providerOf(devnet.l2Url)
  sdk = await createEthersSdk({ l1: new Wallet(KEY, l1), l2: new Wallet(KEY, l2) })
})
afterAll(async () => {
  l1?.destroy()
  l2?.destroy()
  await devnet?.close()
})

describe('a message that the sequencer leaves', () => {
  test('is quoted, sent for nothing, and delivered by oneself, once', async () => {
    const message = { to: TO, data: '0x01', value: 5n }
    const quote = await sdk.deposits.quote(message)
    expect(quote.isRelayed).toBe(true)
    expect(quote.total).toBe(5n + quote.fee + quote.l1Fee)
    const sent = await sdk.deposits.create({ ...message, fee: 0n })
    const unpaid = sdk.deposits.wait(sent, { patience: 0 })
    await expect(unpaid).rejects.toThrow(InsufficientFeeError)
    await expect(sdk.deposits.claim(sent)).rejects.toThrow(MessageNotReadyError)
    let others = 0n
    // this L2 makes blocks for transactions, and reads L1 at its own pace
    while ((await sdk.deposits.status(sent)) === 'queued') {
      await (await new Wallet(KEY, l2).sendTransaction({ to: TO, value: 1n })).wait()
      others += 1n
    }
    const claim = await sdk.deposits.claim(sent, { signer: new Wallet(OTHER_KEY, l2) })
    expect((await claim.wait())?.status).toBe(1)
    expect(await l2.getBalance(TO)).toBe(5n + others)
    await expect(sdk.deposits.claim(sent)).rejects.toThrow(MessageAlreadyClaimedError)
  })

  test('is quoted for whoever would send it', async () => {
    const reading = await createEthersSdk({ l1, l2 })
    expect((await reading.deposits.quote({ from: TO, value: 1n })).fee).toBe(0n)
    await expect(reading.deposits.quote({ value: 1n })).rejects.toThrow('say `from` whom it would come')
  })
})

test('tokens of L1 arrive on L2, approved on the way, and go back', async () => {
  await (await new Wallet(KEY, l1).sendTransaction({ to: WETH9_ADDRESS, value: 100n })).wait()
  const weth = new Contract(WETH9_ADDRESS, ERC20, l1)
  const { message } = await sdk.deposits.wait(await sdk.tokens.deposit({ token: weth, amount: 40n, to: TO }))
  expect(message.to).toBe(sdk.addresses.l2TokenBridge)
  const token = new Contract(await sdk.tokens.onL2(weth), ERC20, l2)
  expect(await token.getFunction('symbol')()).toBe('WETH')
  expect(await token.getFunction('balanceOf')(TO)).toBe(40n)
  await sdk.deposits.wait(await sdk.tokens.deposit({ token: weth, amount: 7n }))
  const back = await sdk.tokens.withdraw({ token, amount: 7n, to: TO })
  await sdk.withdrawals.waitToClaim(back)
  await (await sdk.withdrawals.claim(back)).wait()
  expect(await weth.getFunction('balanceOf')(TO)).toBe(7n)
})

test('a transaction is forced, included, and its bond comes back', async () => {
  const wallet = new Wallet(OTHER_KEY, l2)
  const request = await wallet.populateTransaction({ to: TO, value: 9n })
  const forced = await sdk.forced.create(await wallet.signTransaction(request))
  const { id, status } = await sdk.forced.status(forced)
  expect(['pending', 'included']).toContain(status)
  await expect(
    sdk.forced.create(await new Wallet(OTHER_KEY, l1).signTransaction({ ...request, chainId: 1n })),
  ).rejects.toThrow(InvalidForcedTransactionError)
  while ((await sdk.forced.status(id)).status === 'pending') await new Promise((resolve) => setTimeout(resolve, 20))
  const reclaim = await sdk.forced.reclaimBond(forced)
  expect((await reclaim.wait())?.status).toBe(1)
  expect((await sdk.forced.status(forced)).status).toBe('reclaimed')
  await expect(sdk.forced.reclaimBond(id)).rejects.toThrow(NoBondError)
})
