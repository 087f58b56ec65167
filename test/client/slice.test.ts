import { getDevnetChains, publicActionsL1, WrongChainError, walletActionsL1 } from 'reenact/viem'
import { createPublicClient, createWalletClient, http, publicActions } from 'viem'
import { mnemonicToAccount } from 'viem/accounts'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestDevnet, type TestDevnet } from '../e2e/devnet.ts'

let devnet: TestDevnet
beforeAll(async () => {
  devnet = await startTestDevnet()
})
afterAll(() => devnet?.close())

test('a message from a wallet client with L1 actions; the head of L2 on L1', async () => {
  const { l1, l2 } = await getDevnetChains(devnet.l1Url)
  const account = mnemonicToAccount('test test test test test test test test test test test junk')
  const wallet = createWalletClient({ account, chain: l1, transport: http() })
    .extend(publicActions)
    .extend(walletActionsL1())
  const reader = createPublicClient({ chain: l1, transport: http() }).extend(publicActionsL1())
  const hash = await wallet.sendMessage({ targetChain: l2, to: account.address, value: 1n, l2GasLimit: 100_000n })
  expect((await wallet.waitForTransactionReceipt({ hash, pollingInterval: 20 })).status).toBe('success')
  const { stateRoot } = await reader.getL2Head({ targetChain: l2 })
  expect(stateRoot).toMatch(/^0x[0-9a-f]{64}$/)
  const other = createWalletClient({ account, chain: l2, transport: http() }).extend(walletActionsL1())
  const wrong = other.sendMessage({ targetChain: l2, to: account.address, l2GasLimit: 1n })
  await expect(wrong).rejects.toThrow(WrongChainError)
})
