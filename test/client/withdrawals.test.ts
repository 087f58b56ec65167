import { withdrawalVerifierAbi } from 'reenact/abi'
import {
  buildClaimWithdrawal,
  claimWithdrawal,
  getWithdrawalHash,
  getWithdrawals,
  WithdrawalAlreadyClaimedError,
  waitToClaim,
} from 'reenact/viem'
import {
  createPublicClient,
  createWalletClient,
  getAddress,
  type Hash,
  parseEther,
  type TransactionReceipt,
} from 'viem'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestDevnet, type TestDevnet } from '../e2e/devnet.ts'
import { allowedTransport, READING, SENDING } from './allowedTransport.ts'
import { clientsOf, devAccount, type Scene } from './clients.ts'

const receiver = getAddress('0x00000000000000000000000000000000000f4e54')

describe('a withdrawal', () => {
  let devnet: TestDevnet
  let scene: Scene
  beforeAll(async () => {
    devnet = await startTestDevnet()
    scene = await clientsOf(devnet)
  })
  afterAll(() => devnet?.close())

  async function withdraw(value: bigint): Promise<TransactionReceipt> {
    return scene.l2.waitForTransactionReceipt({ hash: await scene.l2.initiateWithdrawal({ to: receiver, value }) })
  }

  it('is initiated on L2, waited for, proven and claimed on L1, once', async () => {
    const { l1, l2, chains } = scene
    const targetChain = chains.l2
    const before = await l1.getBalance({ address: receiver })
    const receipt = await withdraw(parseEther('0.5'))
    const { withdrawal, settlement } = await l1.waitToClaim({ receipt, targetChain })
    expect(getWithdrawals(receipt)).toEqual([withdrawal])
    const { transactionHash, blockNumber: l2BlockNumber, blockHash: l2BlockHash } = receipt
    const value = parseEther('0.5')
    expect(withdrawal).toMatchObject({ to: receiver, value, transactionHash, l2BlockNumber, l2BlockHash })
    expect(settlement.l2BlockNumber).toBeGreaterThanOrEqual(l2BlockNumber)
    expect(await l1.getWithdrawalStatus({ withdrawal, targetChain })).toBe('ready-to-claim')
    expect(await l1.getTimeToClaim({ withdrawal, targetChain })).toEqual({ seconds: 0n, timestamp: undefined })
    const claim = await l2.buildClaimWithdrawal({ withdrawal, settlement })
    const gas = await l1.estimateClaimWithdrawalGas(claim)
    const claimed = await l1.waitForTransactionReceipt({ hash: await l1.claimWithdrawal(claim) })
    expect(claimed.status).toBe('success')
    expect(claimed.gasUsed).toBeLessThanOrEqual(gas)
    expect(await l1.getBalance({ address: receiver })).toBe(before + value)
    expect(await l1.getWithdrawalStatus({ receipt, targetChain })).toBe('claimed')
    await expect(l1.claimWithdrawal(claim)).rejects.toThrow(WithdrawalAlreadyClaimedError)
    await expect(l1.waitToClaim({ receipt, targetChain })).rejects.toThrow(WithdrawalAlreadyClaimedError)
  })

  it('is proven among thirty others, first and last, and its hash is what the contracts say', async () => {
    const { l1, l2, chains } = scene
    const hashes: Hash[] = []
    for (let sent = 0; sent < 30; sent++) hashes.push(await l2.initiateWithdrawal({ to: receiver, value: 1n }))
    const receipts = await Promise.all(hashes.map((hash) => l2.waitForTransactionReceipt({ hash })))
    for (const receipt of [receipts[0], receipts[12], receipts[29]]) {
      if (receipt === undefined) throw new Error('thirty were sent')
      const { withdrawal, settlement } = await l1.waitToClaim({ receipt, targetChain: chains.l2 })
      const claim = await l2.buildClaimWithdrawal({ withdrawal, settlement })
      expect(await l1.verifyWithdrawalProof(claim)).toBe(true)
      const changed = { ...claim, withdrawal: { ...withdrawal, value: withdrawal.value + 1n } }
      expect(await l1.verifyWithdrawalProof(changed)).toBe(false)
      const [l1ChainId, l2ChainId] = [chains.l1.id, chains.l2.id]
      const inContract = await l1.readContract({
        address: devnet.deployment.l1.withdrawalVerifier,
        abi: withdrawalVerifierAbi,
        functionName: 'messageHash',
        args: [withdrawal, BigInt(l2ChainId), BigInt(l1ChainId)],
      })
      expect(getWithdrawalHash(withdrawal, { l1ChainId, l2ChainId })).toBe(inContract)
      const { status } = await l1.waitForTransactionReceipt({ hash: await l1.claimWithdrawal(claim) })
      expect(status).toBe('success')
    }
  })

  it('is claimed with any node: no method of ours, and logs of three blocks at once', async () => {
    const { chains } = scene
    const reading = allowedTransport(devnet.l2Url, { allowed: READING, logRange: 3n })
    const sending = allowedTransport(devnet.l1Url, { allowed: SENDING, logRange: 3n })
    const l2 = createPublicClient({ chain: chains.l2, transport: reading.transport, pollingInterval: 20 })
    const l1 = createWalletClient({
      account: devAccount(1),
      chain: chains.l1,
      transport: sending.transport,
      pollingInterval: 20,
    })
    const receipt = await withdraw(1n)
    const { withdrawal, settlement } = await waitToClaim(l1, { receipt, targetChain: chains.l2 })
    expect(sending.asked.every((method) => (READING as readonly string[]).includes(method))).toBe(true)
    const claim = await buildClaimWithdrawal(l2, { withdrawal, settlement })
    const hash = await claimWithdrawal(l1, claim)
    expect((await scene.l1.waitForTransactionReceipt({ hash })).status).toBe('success')
    expect(reading.asked.filter((method) => method === 'eth_getLogs').length).toBeGreaterThan(3)
  })

  it('pays its fee to whoever claims it, or whom that one names', async () => {
    const { l1, l2, chains } = scene
    const fee = parseEther('0.01')
    const named = getAddress('0x0000000000000000000000000000000000fee000')
    const hash = await l2.initiateWithdrawal({ to: receiver, fee })
    const receipt = await l2.waitForTransactionReceipt({ hash })
    const { withdrawal, settlement } = await l1.waitToClaim({ receipt, targetChain: chains.l2 })
    const claim = await l2.buildClaimWithdrawal({ withdrawal, settlement, feeRecipient: named })
    await l1.waitForTransactionReceipt({ hash: await l1.claimWithdrawal(claim) })
    expect(await l1.getBalance({ address: named })).toBe(fee)
  })

  it('is claimed in the block that L2 calls finalized when no settlement is named', async () => {
    const { l1, l2, chains } = scene
    const receipt = await withdraw(1n)
    const { withdrawal } = await l1.waitToClaim({ receipt, targetChain: chains.l2 })
    await expect
      .poll(async () => (await l2.getBlock({ blockTag: 'finalized' })).number, { timeout: 20_000 })
      .toBeGreaterThanOrEqual(receipt.blockNumber)
    const claim = await l2.buildClaimWithdrawal({ withdrawal })
    expect(await l1.verifyWithdrawalProof(claim)).toBe(true)
  })
})
