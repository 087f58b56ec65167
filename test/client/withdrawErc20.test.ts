import { l1TokenBridgeAbi } from 'reenact/abi'
import { InsufficientTokensError } from 'reenact/viem'
import { type Address, erc20Abi, type Hash, parseEther } from 'viem'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestDevnet, type TestDevnet } from '../e2e/devnet.ts'
import { clientsOf, devAccount, type Scene } from './clients.ts'

/** WETH, on either chain: a token of L1 there, a token of L2 here. */
const TOKEN = '0x4200000000000000000000000000000000000006'
const to = devAccount(5).address

let devnet: TestDevnet
let scene: Scene
beforeAll(async () => {
  devnet = await startTestDevnet()
  scene = await clientsOf(devnet)
  const wrap = { to: TOKEN, data: '0xd0e30db0', value: parseEther('1') } as const
  await scene.l1.waitForTransactionReceipt({ hash: await scene.l1.sendTransaction(wrap) })
  await scene.l2.waitForTransactionReceipt({ hash: await scene.l2.sendTransaction(wrap) })
})
afterAll(() => devnet?.close())

/** Claims what a transaction on L2 withdraws. */
async function claimed(hash: Hash): Promise<void> {
  const { l1, l2, chains } = scene
  const receipt = await l2.waitForTransactionReceipt({ hash })
  const claim = await l2.buildClaimWithdrawal(await l1.waitToClaim({ receipt, targetChain: chains.l2 }))
  await l1.waitForTransactionReceipt({ hash: await l1.claimWithdrawal(claim) })
}

const balanceOnL1 = (token: Address) =>
  scene.l1.readContract({ address: token, abi: erc20Abi, functionName: 'balanceOf', args: [to] })

test('a token of L1 comes back without an approval', async () => {
  const { l1, l2, chains } = scene
  const hash = await l1.depositErc20({ token: TOKEN, amount: 100n, targetChain: chains.l2 })
  await l2.waitForMessage({ l1Receipt: await l1.waitForTransactionReceipt({ hash }) })
  const token = await l2.getL2TokenAddress({ l1Token: TOKEN })
  const nonce = await l2.getTransactionCount({ address: l2.account.address })
  await claimed(await l2.withdrawErc20({ token, amount: 40n, to }))
  expect(await l2.getTransactionCount({ address: l2.account.address })).toBe(nonce + 1)
  expect(await balanceOnL1(TOKEN)).toBe(40n)
  await expect(l2.withdrawErc20({ token, amount: 61n })).rejects.toThrow(InsufficientTokensError)
})

test('a token of L2 is approved first, and has an address on L1', async () => {
  const { l1, l2, chains } = scene
  const nonce = await l2.getTransactionCount({ address: l2.account.address })
  await claimed(await l2.withdrawErc20({ token: TOKEN, amount: 7n, to, nonce }))
  expect(await l2.getTransactionCount({ address: l2.account.address })).toBe(nonce + 2)
  const bridge = chains.l2.contracts.l1TokenBridge[chains.l1.id]
  if (bridge === undefined) throw new Error('it has one')
  const call = { address: bridge.address, abi: l1TokenBridgeAbi, functionName: 'localToken', args: [TOKEN] } as const
  expect(await balanceOnL1(await l1.readContract(call))).toBe(7n)
})
