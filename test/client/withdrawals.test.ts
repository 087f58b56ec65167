import { getWithdrawals, WithdrawalAlreadyClaimedError } from 'reenact/viem'
import { getAddress, type Hash, parseEther } from 'viem'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestDevnet, type TestDevnet } from '../e2e/devnet.ts'
import { clientsOf, type Scene } from './clients.ts'

const receiver = getAddress('0x00000000000000000000000000000000000f4e54')

let devnet: TestDevnet
let scene: Scene
beforeAll(async () => {
  devnet = await startTestDevnet()
  scene = await clientsOf(devnet)
})
afterAll(() => devnet?.close())

test('a withdrawal is initiated on L2, waited for, proven and claimed on L1, once', async () => {
  const { l1, l2, chains } = scene
  const hash = await l2.initiateWithdrawal({ to: receiver, value: parseEther('0.5') })
  const receipt = await l2.waitForTransactionReceipt({ hash })
  const { withdrawal, settlement } = await l1.waitToClaim({ receipt, targetChain: chains.l2 })
  expect(getWithdrawals(receipt)).toEqual([withdrawal])
  expect(withdrawal).toMatchObject({ to: receiver, value: parseEther('0.5'), transactionHash: hash })
  expect(settlement.l2BlockNumber).toBeGreaterThanOrEqual(receipt.blockNumber)
  expect(await l1.getWithdrawalStatus({ withdrawal, targetChain: chains.l2 })).toBe('ready-to-claim')
  const claim = await l2.buildClaimWithdrawal({ withdrawal, settlement })
  const claimed = await l1.waitForTransactionReceipt({ hash: await l1.claimWithdrawal(claim) })
  expect(claimed.status).toBe('success')
  expect(await l1.getBalance({ address: receiver })).toBe(parseEther('0.5'))
  expect(await l1.getWithdrawalStatus({ receipt, targetChain: chains.l2 })).toBe('claimed')
  await expect(l1.claimWithdrawal(claim)).rejects.toThrow(WithdrawalAlreadyClaimedError)
  await expect(l1.waitToClaim({ receipt, targetChain: chains.l2 })).rejects.toThrow(WithdrawalAlreadyClaimedError)
})

test('thirty withdrawals make a tree in which each one is proven', async () => {
  const { l1, l2, chains } = scene
  const hashes: Hash[] = []
  for (let sent = 0; sent < 30; sent++) hashes.push(await l2.initiateWithdrawal({ to: receiver, value: 1n }))
  const receipts = await Promise.all(hashes.map((hash) => l2.waitForTransactionReceipt({ hash })))
  for (const receipt of receipts.filter((_, index) => index % 7 === 0)) {
    const { withdrawal, settlement } = await l1.waitToClaim({ receipt, targetChain: chains.l2 })
    const hash = await l1.claimWithdrawal(await l2.buildClaimWithdrawal({ withdrawal, settlement }))
    expect((await l1.waitForTransactionReceipt({ hash })).status).toBe('success')
  }
})
