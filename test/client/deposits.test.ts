import {
  type DevnetChains,
  estimateDepositGas,
  getDevnetChains,
  getMessages,
  InsufficientFeeError,
  InsufficientFundsError,
  MessageFailingError,
  MessageNotFoundError,
  publicActionsL2,
  WaitTimeoutError,
  WrongChainError,
  walletActionsL1,
} from 'reenact/viem'
import {
  createPublicClient,
  createWalletClient,
  encodeFunctionData,
  type Hash,
  http,
  parseAbi,
  parseEther,
  publicActions,
} from 'viem'
import { mnemonicToAccount } from 'viem/accounts'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestDevnet, type TestDevnet } from '../e2e/devnet.ts'

const WETH = '0x4200000000000000000000000000000000000006'
const weth = parseAbi([
  'function deposit() payable',
  'function withdraw(uint256)',
  'function balanceOf(address) view returns (uint256)',
])
const account = mnemonicToAccount('test test test test test test test test test test test junk')
const stranger = mnemonicToAccount('test test test test test test test test test test test junk', { addressIndex: 77 })
const fast = { pollingInterval: 20 }

let devnet: TestDevnet
let chains: DevnetChains
beforeAll(async () => {
  devnet = await startTestDevnet()
  chains = await getDevnetChains(devnet.l1Url)
})
afterAll(() => devnet?.close())

const clients = () => ({
  l1: createWalletClient({ account, chain: chains.l1, transport: http(), ...fast })
    .extend(publicActions)
    .extend(walletActionsL1()),
  l2: createPublicClient({ chain: chains.l2, transport: http(), ...fast }).extend(publicActionsL2()),
  targetChain: chains.l2,
})
const receiptOf = (hash: Hash) => clients().l1.waitForTransactionReceipt({ hash })

describe('deposits', () => {
  test('plain ETH arrives at the same address, without a fee', async () => {
    const { l1, l2, targetChain } = clients()
    const before = await l2.getBalance({ address: account.address })
    const l1Receipt = await receiptOf(await l1.deposit({ value: parseEther('1'), targetChain }))
    const { message, l2TransactionHash, l2BlockNumber } = await l2.waitForMessage({ l1Receipt })
    expect(message).toMatchObject({
      sender: account.address,
      value: parseEther('1'),
      fee: 0n,
      data: '0x',
    })
    expect((await l2.getTransactionReceipt({ hash: l2TransactionHash })).blockNumber).toBe(l2BlockNumber)
    expect(await l2.getBalance({ address: account.address })).toBe(before + parseEther('1'))
    expect(await l2.getMessageStatus({ l1Receipt })).toBe('claimed')
    expect(await l2.waitForMessage({ index: message.index })).toMatchObject({ l2TransactionHash })
  })

  test('a call with data pays what the sequencer asks, and is delivered for it', async () => {
    const { l1, l2, targetChain } = clients()
    const data = encodeFunctionData({ abi: weth, functionName: 'deposit' })
    const l1Receipt = await receiptOf(await l1.sendMessage({ to: WETH, value: 5n, data, targetChain }))
    const [sent] = getMessages(l1Receipt, { targetChain })
    expect(sent?.fee).toBeGreaterThan(0n)
    expect(sent?.value).toBe(5n)
    await l2.waitForMessage({ l1Receipt })
    // who calls is the messenger: it is the depositor
    const messenger = targetChain.contracts.l2Messenger.address
    expect(await l2.readContract({ address: WETH, abi: weth, functionName: 'balanceOf', args: [messenger] })).toBe(5n)
  })

  test('a fee that buys nothing, and a call that would fail, are refused before anything is paid', async () => {
    const { l1, targetChain } = clients()
    const data = encodeFunctionData({ abi: weth, functionName: 'deposit' })
    const cheap = await l1.sendMessage({ to: WETH, data, fee: 1n, targetChain }).catch((error: unknown) => error)
    expect(cheap).toBeInstanceOf(InsufficientFeeError)
    expect(cheap).toMatchObject({ fee: 1n, code: 'INSUFFICIENT_FEE' })
    const failing = encodeFunctionData({ abi: weth, functionName: 'withdraw', args: [2n ** 200n] })
    const refused = l1.sendMessage({ to: WETH, data: failing, targetChain })
    await expect(refused).rejects.toThrow(MessageFailingError)
    await expect(refused).rejects.toThrow('WETH9_InsufficientBalance()')
    await expect(
      l1.sendMessage({ to: chains.l2.contracts.l2Messenger.address, l2GasLimit: 1n, targetChain }),
    ).rejects.toThrow('Messages_ForbiddenTarget')
  })

  test('a message that nobody delivers, and one that fails, end the wait', async () => {
    const { l1, l2, targetChain } = clients()
    const data = encodeFunctionData({ abi: weth, functionName: 'deposit' })
    const unpaid = await receiptOf(await l1.sendMessage({ to: WETH, data, fee: 0n, targetChain }))
    const [message] = getMessages(unpaid, { targetChain })
    await expect(l2.waitForMessage({ l1Receipt: unpaid, patience: 0 })).rejects.toMatchObject({
      code: 'INSUFFICIENT_FEE',
      index: message?.index,
      fee: 0n,
    })
    const waits = l2.waitForMessage({ l1Receipt: unpaid, patience: 60_000, timeout: 50 })
    await expect(waits).rejects.toThrow(WaitTimeoutError)
    const failing = encodeFunctionData({ abi: weth, functionName: 'withdraw', args: [2n ** 200n] })
    const hash = await l1.sendMessage({ to: WETH, data: failing, fee: 0n, l2GasLimit: 100_000n, targetChain })
    const failed = l2.waitForMessage({ l1Receipt: await receiptOf(hash), patience: 40 })
    await expect(failed).rejects.toMatchObject({ code: 'MESSAGE_FAILING', reason: 'WETH9_InsufficientBalance()' })
  })

  test('wrong use', async () => {
    const { l1, l2, targetChain } = clients()
    await expect(l1.deposit({ value: parseEther('1000000'), targetChain })).rejects.toThrow(InsufficientFundsError)
    await expect(l1.deposit({ account: stranger, value: 0n, targetChain })).rejects.toMatchObject({
      code: 'INSUFFICIENT_FUNDS',
      balance: 0n,
    })
    const other = createWalletClient({ account, chain: chains.l2, transport: http() }).extend(walletActionsL1())
    await expect(other.deposit({ value: 1n, targetChain })).rejects.toThrow(WrongChainError)
    const plain = await receiptOf(await l1.sendTransaction({ to: account.address, value: 1n }))
    await expect(l2.waitForMessage({ l1Receipt: plain })).rejects.toThrow(MessageNotFoundError)
    await expect(l2.getMessageStatus({ index: 10_000n })).rejects.toThrow(MessageNotFoundError)
  })

  test('without a node of L2 plain ETH is sent all the same, and other messages say what to pass', async () => {
    const { l1, targetChain } = clients()
    const dead = { ...targetChain, rpcUrls: { default: { http: ['http://127.0.0.1:1'] } } }
    expect(await estimateDepositGas(l1, { value: 1n, targetChain: dead })).toBeGreaterThan(60_000n)
    const sent = l1.sendMessage({ to: WETH, data: '0xd0e30db0', targetChain: dead })
    await expect(sent).rejects.toMatchObject({ code: 'ESTIMATE_UNAVAILABLE' })
    const hash = await l1.sendMessage({ to: WETH, data: '0xd0e30db0', fee: 7n, l2GasLimit: 90_000n, targetChain: dead })
    expect(getMessages(await receiptOf(hash), { targetChain })).toMatchObject([{ fee: 7n, gasLimit: 90_000n }])
  })
})

describe('what is given by mistake', () => {
  test('a hash for a receipt, or nothing', async () => {
    const { l2, targetChain } = clients()
    const hash = '0x12' as never
    expect(() => getMessages(hash, { targetChain })).toThrow(MessageNotFoundError)
    await expect(l2.waitForMessage({ l1Receipt: hash })).rejects.toThrow('This is no receipt: pass the receipt of')
    const nothing = l2.waitForMessage({} as never)
    await expect(nothing).rejects.toThrow('Neither a receipt nor an index was given: pass the receipt of')
  })

  test('a chain that is no rollup, or none', async () => {
    const { l1 } = clients()
    const asked = (targetChain: unknown) => l1.deposit({ value: 1n, targetChain: targetChain as typeof chains.l2 })
    await expect(asked(undefined)).rejects.toThrow('Which rollup is not said: pass a chain made with')
    await expect(asked(chains.l1)).rejects.toThrow(
      'Chain 18079 (Reenact L1) is no native rollup: pass a chain made with',
    )
  })

  test('an address without a contract gets nothing', async () => {
    const { l1, targetChain } = clients()
    const { address } = stranger
    const l1Messenger = { [targetChain.sourceId]: { address } }
    const wrong = { ...targetChain, contracts: { ...targetChain.contracts, l1Messenger } }
    const sent = l1.deposit({ value: 1n, targetChain: wrong })
    await expect(sent).rejects.toMatchObject({
      code: 'NOT_A_ROLLUP',
      message: expect.stringContaining(`Chain 18079 has no contract at ${address}`),
    })
  })
})
