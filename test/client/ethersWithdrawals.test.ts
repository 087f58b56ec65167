import { Contract, JsonRpcProvider, parseEther, Wallet } from 'ethers'
import { l2MessengerAbi } from 'reenact/abi'
import {
  createEthersSdk,
  type EthersSdk,
  WithdrawalAlreadyClaimedError,
  WithdrawalNotFoundError,
  WithdrawalNotSettledError,
} from 'reenact/ethers'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { DEV_PRIVATE_KEYS } from '../../genesis/accounts.ts'
import { startTestDevnet, type TestDevnet } from '../e2e/devnet.ts'

const TO = '0x00000000000000000000000000000000000abcde'
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

test('a withdrawal that is not settled is not claimed; one that is claimed is not claimed again', async () => {
  await l2.send('rollup_pauseSettlement', [])
  const sent = await sdk.withdrawals.create({ to: TO, value: parseEther('0.5') })
  expect(await sdk.withdrawals.status(sent)).toBe('waiting-to-settle')
  await expect(sdk.withdrawals.claim(sent)).rejects.toThrow(WithdrawalNotSettledError)
  await expect(sdk.withdrawals.waitToClaim(sent, { timeout: 50 })).rejects.toThrow(
    expect.objectContaining({ code: 'WAIT_TIMEOUT' }),
  )
  await l2.send('rollup_resumeSettlement', [])
  const { withdrawal } = await sdk.withdrawals.waitToClaim(sent)
  expect(await sdk.withdrawals.list(sent)).toEqual([withdrawal])
  expect(await sdk.withdrawals.status(withdrawal)).toBe('ready-to-claim')
  expect((await sdk.withdrawals.time(sent)).seconds).toBe(0n)
  const claim = await sdk.withdrawals.claim(sent.hash)
  expect((await claim.wait())?.status).toBe(1)
  expect(await l1.getBalance(TO)).toBe(parseEther('0.5'))
  await expect(sdk.withdrawals.claim(sent)).rejects.toThrow(WithdrawalAlreadyClaimedError)
  await expect(sdk.withdrawals.waitToClaim(sent)).rejects.toThrow(WithdrawalAlreadyClaimedError)
})

test('anybody claims for the fee, and may give it away', async () => {
  const recipient = '0x000000000000000000000000000000000000fee5'
  const sent = await sdk.withdrawals.create({ to: TO, value: 1n, fee: 7n, data: '0x01', l1GasLimit: 500_000n })
  const { withdrawal } = await sdk.withdrawals.waitToClaim(sent)
  expect(withdrawal).toMatchObject({ value: 1n, fee: 7n, data: '0x01', gasLimit: 500_000n })
  const signer = new Wallet(OTHER_KEY, l1)
  const claim = await sdk.withdrawals.claim(withdrawal, { signer, feeRecipient: recipient })
  expect(claim.from).toBe(signer.address)
  await claim.wait()
  expect(await l1.getBalance(recipient)).toBe(7n)
})

test('a withdrawal whose block was replaced is claimed where it is now', async () => {
  await l2.send('rollup_pauseSettlement', [])
  const sent = await sdk.withdrawals.create({ to: TO, value: 5n })
  const before = await sent.wait()
  await l2.send('rollup_injectFault', [{ kind: 'equivocate' }])
  await l2.send('rollup_resumeSettlement', [])
  const { withdrawal } = await sdk.withdrawals.waitToClaim(sent)
  expect(withdrawal.l2BlockHash).not.toBe(before?.blockHash)
  expect((await (await sdk.withdrawals.claim(sent)).wait())?.status).toBe(1)
})

describe('what is asked for', () => {
  test('must have withdrawn something', async () => {
    const other = await new Wallet(KEY, l2).sendTransaction({ to: TO, value: 1n })
    await expect(sdk.withdrawals.status(other)).rejects.toThrow(WithdrawalNotFoundError)
    expect(await sdk.withdrawals.list(other)).toEqual([])
  })

  test('is one contract of ethers away', async () => {
    const messenger = new Contract(sdk.addresses.l2Messenger, l2MessengerAbi, l2)
    expect(await messenger.getFunction('outboxCount')()).toBeGreaterThanOrEqual(3n)
  })
})

test('with providers only, everything can be read and nothing is sent', async () => {
  const reading = await createEthersSdk({ l1, l2 })
  const { hash } = await reading.withdrawals.create({ value: 1n, signer: new Wallet(KEY, l2) })
  await reading.withdrawals.waitToClaim(hash)
  await expect(reading.withdrawals.claim(hash)).rejects.toThrow(expect.objectContaining({ code: 'ACCOUNT_REQUIRED' }))
})
