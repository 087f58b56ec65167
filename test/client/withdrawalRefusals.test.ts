import {
  buildClaimWithdrawal,
  claimWithdrawal,
  getWithdrawals,
  initiateWithdrawal,
  ProofMismatchError,
  type RollupClientError,
  WaitTimeoutError,
  type Withdrawal,
  WithdrawalFailingError,
  WithdrawalMovedError,
  WithdrawalNotFoundError,
  WithdrawalNotSettledError,
  WrongChainError,
  waitToClaim,
} from 'reenact/viem'
import { type Hash, numberToHex, pad, parseEther, type TransactionReceipt, zeroHash } from 'viem'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestDevnet, type TestDevnet } from '../e2e/devnet.ts'
import { clientsOf, type Scene } from './clients.ts'
import { receiverAsking } from './receiver.ts'

const receiver = '0x00000000000000000000000000000000000f4e54'

let devnet: TestDevnet
let scene: Scene
beforeAll(async () => {
  devnet = await startTestDevnet()
  scene = await clientsOf(devnet)
})
afterAll(() => devnet?.close())

const control = (method: string, ...params: unknown[]) =>
  scene.l2.request({ method, params } as never) as Promise<unknown>

async function sent(hash: Promise<Hash>): Promise<TransactionReceipt> {
  return scene.l2.waitForTransactionReceipt({ hash: await hash })
}

function withdrawalIn(receipt: TransactionReceipt): Withdrawal {
  const [withdrawal] = getWithdrawals(receipt)
  if (withdrawal === undefined) throw new Error('it was sent')
  return withdrawal
}

/** What is thrown, as the class that it must be. */
async function refusal<Refusal extends RollupClientError>(
  kind: new (...args: never[]) => Refusal,
  refused: Promise<unknown>,
): Promise<Refusal> {
  const error = await refused.then(
    () => undefined,
    (caught: unknown) => caught,
  )
  expect(error).toBeInstanceOf(kind)
  return error as Refusal
}

test('what is not settled can neither be waited for without end, nor proven, nor claimed', async () => {
  const { l1, l2, chains } = scene
  const targetChain = chains.l2
  const settled = await sent(l2.initiateWithdrawal({ to: receiver, value: 1n }))
  const { settlement } = await l1.waitToClaim({ receipt: settled, targetChain })
  const claim = await l2.buildClaimWithdrawal({ withdrawal: withdrawalIn(settled), settlement })
  await control('rollup_pauseSettlement')
  const receipt = await sent(l2.initiateWithdrawal({ to: receiver, value: 2n }))
  const withdrawal = withdrawalIn(receipt)
  const { blockNumber: l2BlockNumber } = receipt

  expect(await l1.getWithdrawalStatus({ receipt, targetChain })).toBe('waiting-to-settle')
  expect(await l1.getTimeToClaim({ receipt, targetChain })).toEqual({ seconds: undefined, timestamp: undefined })
  expect(await l1.getSettlement({ l2BlockNumber, targetChain })).toBeNull()
  const late = await refusal(WaitTimeoutError, l1.waitToClaim({ receipt, targetChain, timeout: 60 }))
  expect(late.message).toContain(`the newest block that L1 has settled is ${l2BlockNumber - 1n}`)
  expect(late.message).toContain(`Is settlement going on (rollup_status of the L2 node), and is the client a node of`)
  await refusal(WaitTimeoutError, l1.waitForSettlement({ l2BlockNumber, targetChain, timeout: 60 }))

  const early = await refusal(WithdrawalNotSettledError, l2.buildClaimWithdrawal({ withdrawal, settlement }))
  expect(early.message).toContain('wait for it with waitToClaim')
  const unsettled = l1.claimWithdrawal({ ...claim, withdrawal, l2BlockNumber })
  expect(await refusal(WithdrawalNotSettledError, unsettled)).toMatchObject({ l2BlockNumber })
  // the block that is settled does not hold it
  await refusal(ProofMismatchError, l1.claimWithdrawal({ ...claim, withdrawal }))

  await control('rollup_resumeSettlement')
  const known = await l1.waitForSettlement({ l2BlockNumber, targetChain })
  expect(known).toMatchObject({ l2BlockNumber, l2BlockHash: receipt.blockHash })
  expect(await l1.getSettlement({ l2BlockNumber, targetChain })).toEqual(known)
  const advanced = await l1.getTransactionReceipt({ hash: known.l1TransactionHash })
  expect(advanced.blockNumber).toBe(known.l1BlockNumber)
})

test('a receipt without a message to L1, of a transaction that failed, of the other chain', async () => {
  const { l1, l2, chains } = scene
  const targetChain = chains.l2
  const plain = await sent(l2.sendTransaction({ to: receiver, value: 1n }))
  const none = await refusal(WithdrawalNotFoundError, l1.waitToClaim({ receipt: plain, targetChain }))
  expect(none.message).toContain('pass the receipt, from L2, of a withdrawal')
  const failed = await sent(l2.sendTransaction({ to: chains.l2.contracts.l2Messenger.address, gas: 100_000n }))
  expect(failed.status).toBe('reverted')
  const reverted = await refusal(WithdrawalNotFoundError, l1.getWithdrawalStatus({ receipt: failed, targetChain }))
  expect(reverted.message).toContain('failed, so it withdrew nothing')
  const hash = await l1.deposit({ value: 1n, targetChain })
  const deposit = await l1.waitForTransactionReceipt({ hash })
  await refusal(WithdrawalNotFoundError, l1.waitToClaim({ receipt: deposit, targetChain }))
})

test('a client of the wrong chain is told which one is right', async () => {
  const { l1, l2, chains } = scene
  const targetChain = chains.l2
  const receipt = await sent(l2.initiateWithdrawal({ to: receiver, value: 1n }))
  const { withdrawal, settlement } = await l1.waitToClaim({ receipt, targetChain })
  const claim = await l2.buildClaimWithdrawal({ withdrawal, settlement })
  const asked = await refusal(WrongChainError, waitToClaim(l2, { receipt, targetChain }))
  expect(asked).toMatchObject({ expected: chains.l1.id, actual: chains.l2.id })
  await refusal(WrongChainError, claimWithdrawal(l2, claim))
  await refusal(WrongChainError, initiateWithdrawal(l1, { value: 1n, chain: targetChain }))
  await refusal(WrongChainError, buildClaimWithdrawal(l1, { withdrawal, settlement, chain: targetChain }))
})

test('a proof that does not fit is refused before anything is sent, by L2 and by L1', async () => {
  const { l1, l2, chains } = scene
  const receipt = await sent(l2.initiateWithdrawal({ to: receiver, value: 1n }))
  const { withdrawal, settlement } = await l1.waitToClaim({ receipt, targetChain: chains.l2 })
  const other = { ...settlement, l2BlockHash: zeroHash }
  const replaced = await refusal(ProofMismatchError, l2.buildClaimWithdrawal({ withdrawal, settlement: other }))
  expect(replaced.message).toContain('The L2 node has another block')
  const future = { ...settlement, l2BlockNumber: 1_000_000n }
  const missing = await refusal(ProofMismatchError, l2.buildClaimWithdrawal({ withdrawal, settlement: future }))
  expect(missing.message).toContain('The L2 node has no block')
  const claim = await l2.buildClaimWithdrawal({ withdrawal, settlement })
  const nonce = await l1.getTransactionCount({ address: l1.account.address })
  for (const broken of [
    { ...claim, path: [...claim.path.slice(1), zeroHash] },
    { ...claim, accountProof: claim.accountProof.slice(0, -1) },
    { ...claim, storageProof: [] },
    { ...claim, withdrawal: { ...withdrawal, value: 2n } },
  ]) {
    await refusal(ProofMismatchError, l1.claimWithdrawal(broken))
  }
  expect(await l1.getTransactionCount({ address: l1.account.address })).toBe(nonce)
})

test('a block that was replaced: its index may be of another message, so nothing is said about it', async () => {
  const { l1, l2, chains } = scene
  const targetChain = chains.l2
  const receipt = await sent(l2.initiateWithdrawal({ to: receiver, value: 1n }))
  const { withdrawal, settlement } = await l1.waitToClaim({ receipt, targetChain })
  // as L2 had it before it was built again: in another block, at another place
  const before: Withdrawal = { ...withdrawal, l2BlockHash: zeroHash, index: withdrawal.index - 1n }
  const moved = await refusal(WithdrawalMovedError, l1.getWithdrawalStatus({ withdrawal: before, targetChain }))
  expect(moved.message).toContain('ask L2 for the receipt of')
  await refusal(WithdrawalMovedError, l1.waitToClaim({ withdrawal: before, targetChain }))
  const found = await l1.waitToClaim({ withdrawal: before, targetChain, l2Client: l2 })
  expect(found.withdrawal).toEqual(withdrawal)
  expect((await l2.buildClaimWithdrawal({ withdrawal: before, settlement })).withdrawal).toEqual(withdrawal)
  // and when its transaction is gone
  const gone = { ...before, transactionHash: zeroHash }
  await refusal(WithdrawalMovedError, l2.buildClaimWithdrawal({ withdrawal: gone, settlement }))
  const waiting = l1.waitToClaim({ withdrawal: gone, targetChain, l2Client: l2, timeout: 60 })
  expect((await refusal(WaitTimeoutError, waiting)).message).toContain('it is in no other')
})

test('a call on L1 is tried before it is sent, as its receiver will see it, and when it is claimed', async () => {
  const { l1, l2, chains } = scene
  const targetChain = chains.l2
  const mined = async (hash: Promise<Hash>) => l1.waitForTransactionReceipt({ hash: await hash })
  const { contractAddress: to } = await mined(l1.sendTransaction({ data: receiverAsking('l2Sender()') }))
  if (!to) throw new Error('nothing was created')
  const built = await l1.buildInitiateWithdrawal({ to, value: parseEther('0.1'), data: '0x1234', targetChain })
  expect(built.l1GasLimit).toBeGreaterThan(100_000n)
  const receipt = await sent(l2.initiateWithdrawal(built))
  const { withdrawal, settlement } = await l1.waitToClaim({ receipt, targetChain })
  const claim = await l2.buildClaimWithdrawal({ withdrawal, settlement })

  await mined(l1.sendTransaction({ to, data: numberToHex(1, { size: 32 }) }))
  const refused = await refusal(WithdrawalFailingError, l1.buildInitiateWithdrawal({ to, data: '0x1234', targetChain }))
  expect(refused).toMatchObject({ to, index: undefined })
  const failing = await refusal(WithdrawalFailingError, l1.claimWithdrawal(claim))
  expect(failing.message).toContain('it stays claimable for ever')
  await mined(l1.sendTransaction({ to, data: zeroHash }))
  expect((await mined(l1.claimWithdrawal(claim))).status).toBe('success')
  const senderSeen = await l1.getStorageAt({ address: to, slot: '0x0' })
  expect(senderSeen).toBe(pad(l2.account.address).toLowerCase())
})

test('a hash is no receipt', async () => {
  const { l1, chains } = scene
  const { message } = await refusal(
    WithdrawalNotFoundError,
    l1.waitToClaim({ receipt: zeroHash as never, targetChain: chains.l2 }),
  )
  expect(message).toBe('This is no receipt: pass the receipt, from L2, of a withdrawal.')
})
