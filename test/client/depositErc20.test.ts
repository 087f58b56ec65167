import { InsufficientTokensError } from 'reenact/viem'
import { erc20Abi, type Hash, parseAbi, parseEther } from 'viem'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { compile } from '../compile.ts'
import { startTestDevnet, type TestDevnet } from '../e2e/devnet.ts'
import { clientsOf, devAccount, type Scene } from './clients.ts'

/** On L1 it is a token like any other. */
const TOKEN = '0x4200000000000000000000000000000000000006'
const account = devAccount().address

let devnet: TestDevnet
let scene: Scene
beforeAll(async () => {
  devnet = await startTestDevnet()
  scene = await clientsOf(devnet)
  const hash = await scene.l1.sendTransaction({ to: TOKEN, data: '0xd0e30db0', value: parseEther('10') })
  await receiptOf(hash)
})
afterAll(() => devnet?.close())

const receiptOf = (hash: Hash) => scene.l1.waitForTransactionReceipt({ hash })
const allowance = () => {
  const args = [account, scene.chains.l2.contracts.l1TokenBridge[scene.chains.l1.id]?.address ?? TOKEN] as const
  return scene.l1.readContract({ address: TOKEN, abi: erc20Abi, functionName: 'allowance', args })
}

test('tokens are approved when that is needed, and arrive', async () => {
  const { l1, l2, chains } = scene
  const targetChain = chains.l2
  const nonce = await l1.getTransactionCount({ address: account })
  const first = await receiptOf(await l1.depositErc20({ token: TOKEN, amount: 5n, targetChain }))
  expect(await l1.getTransactionCount({ address: account })).toBe(nonce + 2)
  const { message } = await l2.waitForMessage({ l1Receipt: first })
  expect(message.to).toBe(targetChain.contracts.l2TokenBridge.address)
  const address = await l2.getL2TokenAddress({ l1Token: TOKEN })
  const balanceOf = (owner = account) =>
    l2.readContract({ address, abi: erc20Abi, functionName: 'balanceOf', args: [owner] })
  expect(await balanceOf()).toBe(5n)

  const bridge = targetChain.contracts.l1TokenBridge[chains.l1.id]?.address ?? TOKEN
  const abi = parseAbi(['function approve(address, uint256)'])
  await receiptOf(await l1.writeContract({ address: TOKEN, abi, functionName: 'approve', args: [bridge, 100n] }))
  const to = devAccount(4).address
  const second = await receiptOf(await l1.depositErc20({ token: TOKEN, amount: 60n, to, targetChain }))
  expect(await allowance()).toBe(40n)
  await l2.waitForMessage({ l1Receipt: second })
  expect(await balanceOf(to)).toBe(60n)

  const at = await l1.getTransactionCount({ address: account })
  await receiptOf(await l1.depositErc20({ token: TOKEN, amount: 70n, nonce: at, targetChain }))
  expect(await l1.getTransactionCount({ address: account })).toBe(at + 2)
  expect(await allowance()).toBe(0n)
})

test('a token that lets nobody change an approval', async () => {
  const { l1, chains } = scene
  const targetChain = chains.l2
  const { StrictToken } = compile({ StrictToken: 'test/client/StrictToken.sol' })
  const bytecode = StrictToken.creationCode
  const { contractAddress } = await receiptOf(await l1.deployContract({ abi: StrictToken.abi, bytecode }))
  const token = contractAddress ?? TOKEN
  const bridge = targetChain.contracts.l1TokenBridge[chains.l1.id]?.address ?? TOKEN
  await receiptOf(
    await l1.writeContract({ address: token, abi: erc20Abi, functionName: 'approve', args: [bridge, 1n] }),
  )
  const nonce = await l1.getTransactionCount({ address: account })
  const { status } = await receiptOf(await l1.depositErc20({ token, amount: 7n, nonce, targetChain }))
  expect(status).toBe('success')
  // to nothing, to what is needed, and the deposit
  expect(await l1.getTransactionCount({ address: account })).toBe(nonce + 3)
})

test('wrong use', async () => {
  const { l1, chains } = scene
  const targetChain = chains.l2
  const tooMuch = l1.depositErc20({ token: TOKEN, amount: parseEther('11'), targetChain })
  await expect(tooMuch).rejects.toThrow(InsufficientTokensError)
  await expect(tooMuch).rejects.toMatchObject({ needed: parseEther('11') })
  await expect(l1.depositErc20({ token: TOKEN, amount: 0n, targetChain })).rejects.toThrow('TokenBridge_ZeroAmount')
  await expect(l1.depositErc20({ token: account, amount: 1n, targetChain })).rejects.toThrow('returned no data')
})
