import { getForcedTransaction, InvalidForcedTransactionError, NoBondError } from 'reenact/viem'
import { type Hash, type Hex, keccak256, serializeTransaction } from 'viem'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestDevnet, type TestDevnet } from '../e2e/devnet.ts'
import { clientsOf, devAccount, type Scene } from './clients.ts'

let devnet: TestDevnet
let scene: Scene
beforeAll(async () => {
  devnet = await startTestDevnet()
  scene = await clientsOf(devnet)
})
afterAll(() => devnet?.close())

const user = devAccount(5)
const receiptOf = (hash: Hash) => scene.l1.waitForTransactionReceipt({ hash })

/** A transfer of 1 wei on L2, or on another chain. */
async function signed(chainId = scene.chains.l2.id): Promise<Hex> {
  const nonce = await scene.l2.getTransactionCount({ address: user.address })
  const fees = { maxFeePerGas: 10n ** 10n, maxPriorityFeePerGas: 0n }
  return user.signTransaction({ chainId, nonce, to: devAccount(1).address, value: 1n, gas: 50_000n, ...fees })
}

test('a transaction is forced, included, and its bond comes back', async () => {
  const { l1, l2, chains } = scene
  const targetChain = chains.l2
  const serializedTransaction = await signed()
  const l1Receipt = await receiptOf(await l1.forceTransaction({ serializedTransaction, targetChain }))
  const hash = keccak256(serializedTransaction)
  const forced = await l1.getForcedTransaction({ l1Receipt, targetChain })
  expect(forced).toMatchObject({ id: 0n, hash, payer: devAccount().address, bond: 10n ** 16n })
  expect(forced.deadline).toBe(forced.since + 3_600n)
  expect(forced.expiry).toBe(forced.since + 86_400n)

  const { blockNumber: l2BlockNumber } = await l2.waitForTransactionReceipt({ hash })
  await expect
    .poll(() => l1.getForcedTransaction({ hash, targetChain }), { timeout: 20_000 })
    .toMatchObject({
      status: 'included',
      l2BlockNumber,
    })
  const before = await l1.getBalance({ address: devAccount().address })
  const reclaimed = await receiptOf(await l1.reclaimBond({ id: forced.id, targetChain, account: devAccount(2) }))
  expect(reclaimed.status).toBe('success')
  expect(await l1.getBalance({ address: devAccount().address })).toBe(before + forced.bond)
  expect(await l1.getForcedTransaction({ id: forced.id, targetChain })).toMatchObject({
    status: 'reclaimed',
    l2BlockNumber,
  })
  await expect(l1.reclaimBond({ id: forced.id, targetChain })).rejects.toThrow(NoBondError)
})

test('what no block could contain is refused before it costs its bond', async () => {
  const { l1, chains } = scene
  const force = (serializedTransaction: Hex) => l1.forceTransaction({ serializedTransaction, targetChain: chains.l2 })
  const valid = await signed()
  for (const [transaction, words] of [
    [await signed(chains.l1.id), 'it is signed for chain 18079'],
    ['0x', 'it has 0 bytes'],
    [`0x02${'00'.repeat(40_960)}`, 'it has 40961 bytes'],
    [`0x03${valid.slice(4)}`, 'blob'],
    [valid.slice(0, -2) as Hex, 'it does not decode'],
    ['0x7f00', 'it does not decode'],
  ] as const) {
    const refused = force(transaction)
    await expect(refused).rejects.toThrow(InvalidForcedTransactionError)
    await expect(refused).rejects.toThrow(words)
  }
  await expect(force(serializeTransaction({ chainId: chains.l2.id, type: 'eip1559' }))).rejects.toThrow(
    'it is not signed',
  )
})

test('nothing of the kind', async () => {
  const { l1, l2, chains } = scene
  const targetChain = chains.l2
  const missing = { code: 'FORCED_TRANSACTION_NOT_FOUND' }
  await expect(l1.getForcedTransaction({ id: 99n, targetChain })).rejects.toMatchObject(missing)
  await expect(l1.getForcedTransaction({ hash: keccak256('0x'), targetChain })).rejects.toMatchObject(missing)
  const l1Receipt = await receiptOf(await l1.sendTransaction({ to: user.address, value: 1n }))
  await expect(l1.getForcedTransaction({ l1Receipt, targetChain })).rejects.toMatchObject(missing)
  await expect(getForcedTransaction(l2, { id: 0n, targetChain })).rejects.toMatchObject({ code: 'WRONG_CHAIN' })
})
