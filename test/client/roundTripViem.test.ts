import { getDevnetChains, publicActionsL1, publicActionsL2, walletActionsL1, walletActionsL2 } from 'reenact/viem'
import { createWalletClient, http, parseEther, publicActions } from 'viem'
import { mnemonicToAccount } from 'viem/accounts'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestDevnet, type TestDevnet } from '../e2e/devnet.ts'

const MNEMONIC = 'test test test test test test test test test test test junk'

let devnet: TestDevnet
beforeAll(async () => {
  devnet = await startTestDevnet()
})
afterAll(() => devnet?.close())

test('from L1 to L2 and back in ten statements, typed, without a cast', async () => {
  const url = devnet.l1Url
  const { l1: l1Chain, l2: l2Chain } = await getDevnetChains(url)
  const account = mnemonicToAccount(MNEMONIC)
  const l1 = createWalletClient({ account, chain: l1Chain, transport: http() })
    .extend(publicActions)
    .extend(publicActionsL1())
    .extend(walletActionsL1())
  const l2 = createWalletClient({ account, chain: l2Chain, transport: http() })
    .extend(publicActions)
    .extend(publicActionsL2())
    .extend(walletActionsL2())
  const before = await l1.getBalance({ address: account.address })
  // the ten begin with the chains, the account and the two clients
  const deposit = await l1.deposit({ value: parseEther('1'), targetChain: l2Chain })
  await l2.waitForMessage({ l1Receipt: await l1.waitForTransactionReceipt({ hash: deposit }) })
  const hash = await l2.initiateWithdrawal({ value: parseEther('0.5') })
  const { withdrawal, settlement } = await l1.waitToClaim({
    receipt: await l2.waitForTransactionReceipt({ hash }),
    targetChain: l2Chain,
  })
  const claim = await l1.claimWithdrawal(await l2.buildClaimWithdrawal({ withdrawal, settlement }))
  await l1.waitForTransactionReceipt({ hash: claim })

  const spent = before - (await l1.getBalance({ address: account.address }))
  expect(spent).toBeGreaterThan(parseEther('0.5'))
  expect(spent).toBeLessThan(parseEther('0.51'))
  expect(await l1.getWithdrawalStatus({ withdrawal, targetChain: l2Chain })).toBe('claimed')
})
