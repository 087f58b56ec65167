import { getWithdrawals, WithdrawalNotFinalError } from 'reenact/viem'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestDevnet, type TestDevnet } from '../e2e/devnet.ts'
import { clientsOf, type Scene } from './clients.ts'

const DELAY = 3_600
const receiver = '0x00000000000000000000000000000000000f4e54'

let devnet: TestDevnet
let scene: Scene
beforeAll(async () => {
  devnet = await startTestDevnet({ options: { 'finality-delay': DELAY } })
  scene = await clientsOf(devnet)
})
afterAll(() => devnet?.close())

test('a withdrawal waits for finality, is told how long, and is claimed in the newest final block', async () => {
  const { l1, l2, chains } = scene
  const targetChain = chains.l2
  const receipt = await l2.waitForTransactionReceipt({ hash: await l2.initiateWithdrawal({ to: receiver, value: 1n }) })
  const settlement = await l1.waitForSettlement({ l2BlockNumber: receipt.blockNumber, targetChain })
  expect(await l1.getWithdrawalStatus({ receipt, targetChain })).toBe('waiting-for-finality')
  const { timestamp: settledAt } = await l1.getBlock({ blockNumber: settlement.l1BlockNumber })
  const { seconds, timestamp } = await l1.getTimeToClaim({ receipt, targetChain })
  expect(timestamp).toBe(settledAt + BigInt(DELAY))
  expect(seconds).toBeGreaterThan(DELAY - 120)
  expect(seconds).toBeLessThanOrEqual(DELAY)
  const late = l1.waitToClaim({ receipt, targetChain, timeout: 60 })
  await expect(late).rejects.toThrow(/it is settled, and final in \d+ s/)
  const [withdrawal] = getWithdrawals(receipt)
  if (withdrawal === undefined) throw new Error('it was sent')
  const early = await l2.buildClaimWithdrawal({ withdrawal, settlement })
  await expect(l1.claimWithdrawal(early)).rejects.toThrow(WithdrawalNotFinalError)

  await l1.request({ method: 'evm_increaseTime', params: [DELAY] } as never)
  await l1.request({ method: 'evm_mine', params: [] } as never)
  // settled now, and so not final: the claim is proven in a block before it
  const later = await l2.waitForTransactionReceipt({ hash: await l2.initiateWithdrawal({ to: receiver, value: 1n }) })
  await l1.waitForSettlement({ l2BlockNumber: later.blockNumber, targetChain })
  const ready = await l1.waitToClaim({ receipt, targetChain })
  expect(ready.settlement.l2BlockNumber).toBeGreaterThanOrEqual(receipt.blockNumber)
  expect(ready.settlement.l2BlockNumber).toBeLessThan(later.blockNumber)
  const claim = await l2.buildClaimWithdrawal(ready)
  const claimed = await l1.waitForTransactionReceipt({ hash: await l1.claimWithdrawal(claim) })
  expect(claimed.status).toBe('success')
  expect(await l1.getWithdrawalStatus({ receipt: later, targetChain })).toBe('waiting-for-finality')
})
