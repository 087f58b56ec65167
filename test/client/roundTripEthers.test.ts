import { JsonRpcProvider, parseEther, Wallet } from 'ethers'
import { createEthersSdk } from 'reenact/ethers'
import { expect, test } from 'vitest'
import { DEV_PRIVATE_KEYS } from '../../genesis/accounts.ts'
import { startTestDevnet } from '../e2e/devnet.ts'

const [key = ''] = DEV_PRIVATE_KEYS

test('to L2 and back with ethers, in nine statements', async () => {
  const { l1Url, l2Url, close } = await startTestDevnet()
  try {
    const l1 = new Wallet(key, new JsonRpcProvider(l1Url, undefined, { pollingInterval: 20 }))
    const l2 = new Wallet(key, new JsonRpcProvider(l2Url, undefined, { pollingInterval: 20 }))
    const sdk = await createEthersSdk({ l1, l2 })
    const deposit = await sdk.deposits.create({ value: parseEther('1') })
    await sdk.deposits.wait(deposit)
    const withdrawal = await sdk.withdrawals.create({ value: parseEther('0.5') })
    await sdk.withdrawals.waitToClaim(withdrawal)
    const claim = await sdk.withdrawals.claim(withdrawal)
    const receipt = await claim.wait()

    expect(receipt?.status).toBe(1)
    expect(await sdk.deposits.status(deposit)).toBe('claimed')
    expect(await sdk.withdrawals.status(withdrawal)).toBe('claimed')
    l1.provider?.destroy()
    l2.provider?.destroy()
  } finally {
    await close()
  }
})
