import { getWithdrawals, reorgL1 } from 'reenact/viem'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestDevnet, type TestDevnet } from '../e2e/devnet.ts'
import { clientsOf, type Scene } from './clients.ts'

const receiver = '0x00000000000000000000000000000000000f4e54'

let devnet: TestDevnet
let scene: Scene
beforeAll(async () => {
  devnet = await startTestDevnet()
  scene = await clientsOf(devnet)
})
afterAll(() => devnet?.close())

test('a withdrawal whose L2 block an L1 reorg replaced is found again by its transaction, and claimed', async () => {
  const { l1, l2, chains } = scene
  const targetChain = chains.l2
  // then L2 has seen that block of L1
  const l1Receipt = await l1.waitForTransactionReceipt({ hash: await l1.deposit({ value: 1n, targetChain }) })
  await l2.waitForMessage({ l1Receipt })
  const receipt = await l2.waitForTransactionReceipt({ hash: await l2.initiateWithdrawal({ to: receiver, value: 5n }) })
  const { withdrawal: before } = await l1.waitToClaim({ receipt, targetChain })
  const settlement = await l1.waitForSettlement({ l2BlockNumber: receipt.blockNumber, targetChain })

  // away with the block of L1 that its L2 block builds on
  const head = await l1.getBlockNumber({ cacheTime: 0 })
  await reorgL1(l1, { depth: head - settlement.anchorBlockNumber + 1n, replaceTxs: [] })
  const ready = await l1.waitToClaim({ receipt, targetChain, l2Client: l2, timeout: 20_000 })
  expect(ready.withdrawal.l2BlockHash).not.toBe(receipt.blockHash)
  expect(ready.withdrawal.transactionHash).toBe(receipt.transactionHash)
  const now = await l2.getTransactionReceipt({ hash: receipt.transactionHash })
  expect(getWithdrawals(now)).toEqual([ready.withdrawal])

  // of what was known before the reorg the claim is the same
  const claim = await l2.buildClaimWithdrawal({ ...ready, withdrawal: before })
  expect(claim.withdrawal).toEqual(ready.withdrawal)
  const { status } = await l1.waitForTransactionReceipt({ hash: await l1.claimWithdrawal(claim) })
  expect(status).toBe('success')
  expect(await l1.getBalance({ address: receiver })).toBe(5n)
  expect(await l1.getWithdrawalStatus({ withdrawal: ready.withdrawal, targetChain })).toBe('claimed')
})
