import {
  getMessages,
  MessageAlreadyClaimedError,
  type MessageClaim,
  MessageFailingError,
  MessageProofStaleError,
  publicActionsL2,
} from 'reenact/viem'
import {
  createPublicClient,
  custom,
  encodeFunctionData,
  http,
  parseAbi,
  parseEther,
  type TransactionReceipt,
} from 'viem'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestDevnet, type TestDevnet } from '../e2e/devnet.ts'
import { clientsOf, devAccount, l1ClientOf, type Scene } from './clients.ts'

const WETH = '0x4200000000000000000000000000000000000006'
const weth = parseAbi(['function deposit() payable', 'function withdraw(uint256)'])
const data = encodeFunctionData({ abi: weth, functionName: 'deposit' })

let devnet: TestDevnet
let scene: Scene
beforeAll(async () => {
  devnet = await startTestDevnet()
  scene = await clientsOf(devnet)
})
afterAll(() => devnet?.close())

/** A message that the sequencer leaves alone. */
async function unpaid(value = 0n) {
  const { l1, chains } = scene
  const hash = await l1.sendMessage({ to: WETH, data, value, fee: 0n, targetChain: chains.l2 })
  return l1.waitForTransactionReceipt({ hash })
}

/** L2 blocks until one has seen what L1 has: the node reads L1 at its own pace. */
async function seen(l1Receipt: TransactionReceipt) {
  const { l2 } = scene
  while ((await l2.getMessageStatus({ l1Receipt })) === 'queued') {
    const hash = await l2.sendTransaction({ to: devAccount(1).address, value: 1n })
    await l2.waitForTransactionReceipt({ hash })
  }
}

describe('delivering a message oneself', () => {
  test('by its receipt, once an L2 block has seen it', async () => {
    const { l1, l2 } = scene
    const l1Receipt = await unpaid(7n)
    await seen(l1Receipt)
    const claim = await l2.buildClaimMessage({ l1Receipt })
    const receipt = await l2.waitForTransactionReceipt({ hash: await l2.claimMessage(claim) })
    expect(receipt.status).toBe('success')
    expect(await l2.waitForMessage({ l1Receipt })).toMatchObject({
      message: { value: 7n },
      l2TransactionHash: receipt.transactionHash,
    })
    expect(await l1.getMessageStatus({ hash: l1Receipt.transactionHash, targetChain: scene.chains.l2 })).toBe('claimed')
    await expect(l2.claimMessage(claim)).rejects.toThrow(MessageAlreadyClaimedError)
    await expect(l2.buildClaimMessage({ l1Receipt })).rejects.toThrow(MessageAlreadyClaimedError)
  })

  test('not before; the error says when', async () => {
    const { l2 } = scene
    const refused = l2.buildClaimMessage({ l1Receipt: await unpaid() })
    await expect(refused).rejects.toMatchObject({ code: 'MESSAGE_NOT_READY' })
  })

  test('a proof under a root that L2 has, and one that it never had', async () => {
    const { l1, l2, chains } = scene
    const l1Receipt = await unpaid()
    // a deposit makes the sequencer prove the inbox
    const deposit = await l1.waitForTransactionReceipt({
      hash: await l1.deposit({ value: 1n, targetChain: chains.l2 }),
    })
    await l2.waitForMessage({ l1Receipt: deposit })
    const claim = await l2.buildClaimMessage({ l1Receipt, feeRecipient: devAccount(3).address })
    const { path, rootId = 0n } = claim.proof
    expect(rootId).toBeGreaterThan(0n)
    const wrong: MessageClaim = { ...claim, proof: { path, rootId: rootId + 1n } }
    await expect(l2.claimMessage(wrong)).rejects.toThrow(MessageProofStaleError)
    const other: MessageClaim = { ...claim, message: { ...claim.message, value: 1n } }
    await expect(l2.claimMessage(other)).rejects.toThrow(MessageProofStaleError)
    const receipt = await l2.waitForTransactionReceipt({ hash: await l2.claimMessage(claim) })
    expect(receipt.status).toBe('success')
  })

  test('a receiver that refuses', async () => {
    const { l1, l2, chains } = scene
    const failing = encodeFunctionData({ abi: weth, functionName: 'withdraw', args: [2n ** 200n] })
    const message = { to: WETH, data: failing, fee: 0n, l2GasLimit: 100_000n, targetChain: chains.l2 } as const
    const l1Receipt = await l1.waitForTransactionReceipt({ hash: await l1.sendMessage(message) })
    await expect(l2.buildClaimMessage({ l1Receipt })).rejects.toThrow(MessageFailingError)
    const [sent] = getMessages(l1Receipt, { targetChain: chains.l2 })
    expect(await l2.getMessageStatus({ index: sent?.index ?? 0n })).toBe('failing')
  })
})

describe('fees', () => {
  test('what a deposit costs, and that it costs that', async () => {
    const { l1, l2, chains } = scene
    const plain = await l2.quoteDeposit({ value: parseEther('1') })
    expect(plain).toMatchObject({ fee: 0n, isRelayed: true })
    expect(plain.total).toBe(parseEther('1') + plain.l1Fee)
    const called = await l2.quoteDeposit({ to: WETH, data, value: 9n })
    expect(called).toMatchObject({ fee: called.relayFee, isRelayed: true, eta: 1n })
    expect(await l2.quoteDeposit({ to: WETH, data, value: 0n, fee: 0n })).toMatchObject({
      isRelayed: false,
      eta: undefined,
    })
    const built = await l2.buildDeposit({ to: WETH, data, value: 9n })
    expect(built.l2GasLimit).toBe(called.l2GasLimit)
    const hash = await l1.deposit(built)
    await l2.waitForMessage({ l1Receipt: await l1.waitForTransactionReceipt({ hash }) })
    expect(await l1.estimateDepositGas({ value: 1n, targetChain: chains.l2 })).toBeGreaterThan(60_000n)
  })
})

describe('a node without rollup_ methods', () => {
  /** What the node of L2 is asked, as any other node would answer. */
  const plainClient = () => {
    const asked = new Set<string>()
    const inner = http(scene.chains.l2.rpcUrls.default.http[0])({})
    const request = async ({ method, params }: { method: string; params?: unknown }) => {
      asked.add(method)
      if (method.startsWith('rollup_')) throw Object.assign(new Error('no such method'), { code: -32601 })
      return inner.request({ method, params } as never)
    }
    const client = createPublicClient({ chain: scene.chains.l2, transport: custom({ request }), pollingInterval: 20 })
    return { asked, client: client.extend(publicActionsL2()) }
  }

  test('a message is followed by the contracts alone', async () => {
    const { l1, chains } = scene
    const { client, asked } = plainClient()
    const waiting = await unpaid()
    expect(await client.getMessageStatus({ l1Receipt: waiting })).toBe('queued')
    const deposit = await l1.waitForTransactionReceipt({
      hash: await l1.deposit({ value: 3n, targetChain: chains.l2 }),
    })
    const { l2TransactionHash, message } = await client.waitForMessage({ l1Receipt: deposit })
    expect(message.value).toBe(3n)
    expect((await client.getTransactionReceipt({ hash: l2TransactionHash })).status).toBe('success')
    expect(await client.getMessageStatus({ l1Receipt: waiting })).toBe('claimable')
    expect(asked).toContain('eth_getLogs')
    await expect(client.getMessageStatus({ index: 0n })).rejects.toThrow('rollup_getMessage')
  })
})

test('an account of one chain on the other is refused', async () => {
  const { l2, chains } = scene
  const lost = l1ClientOf(chains.l2)
  await expect(lost.getForcedTransaction({ id: 0n, targetChain: chains.l2 })).rejects.toMatchObject({
    code: 'WRONG_CHAIN',
  })
  await expect(l2.quoteDeposit({ value: 1n, chain: { ...chains.l2, id: 5 } })).rejects.toMatchObject({
    code: 'WRONG_CHAIN',
  })
})
