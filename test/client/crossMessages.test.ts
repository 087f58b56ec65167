import {
  CrossMessageAlreadyClaimedError,
  type CrossMessageClaim,
  CrossMessageFailingError,
  CrossMessageNotReadyError,
  getCrossMessages,
  getDevnetChains,
  ProofMismatchError,
} from 'reenact/viem'
import { type Hash, numberToHex, zeroHash } from 'viem'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestDevnet, type TestDevnet } from '../e2e/devnet.ts'
import { l2ClientOf } from './clients.ts'
import { receiverAsking } from './receiver.ts'

type L2 = ReturnType<typeof l2ClientOf>

let devnet: TestDevnet
let source: L2
let other: L2
beforeAll(async () => {
  devnet = await startTestDevnet({ options: { rollups: 2 } })
  const { rollups } = await getDevnetChains(devnet.l1Url)
  const [first, second] = rollups
  if (first === undefined || second === undefined) throw new Error('two were started')
  source = l2ClientOf(first)
  other = l2ClientOf(second)
})
afterAll(() => devnet?.close())

const mined = async (client: L2, hash: Promise<Hash>) => client.waitForTransactionReceipt({ hash: await hash })

/** Blocks on the destination until it knows an L1 block in which the message is settled. */
async function claimOf(hash: Hash): Promise<CrossMessageClaim> {
  const [message] = getCrossMessages(await source.waitForTransactionReceipt({ hash }))
  if (message === undefined) throw new Error('it was sent')
  for (;;) {
    try {
      return await source.buildClaimCrossMessage({ message, destination: other })
    } catch (error) {
      if (!(error instanceof CrossMessageNotReadyError)) throw error
      await mined(other, other.sendTransaction({ to: other.account.address }))
    }
  }
}

test('a call to another rollup is sent, proven and claimed there in one hop, once', async () => {
  const { contractAddress: to } = await mined(other, other.sendTransaction({ data: receiverAsking('crossSender()') }))
  if (!to) throw new Error('nothing was created')
  const destination = other.chain.id
  const hash = await source.sendCrossMessage({ destination, to, data: '0x1234' })
  const [message] = getCrossMessages(await source.waitForTransactionReceipt({ hash }))
  expect(message).toMatchObject({ destination, sender: source.account.address, value: 0n, fee: 0n, data: '0x1234' })

  const claim = await claimOf(hash)
  await mined(other, other.sendTransaction({ to, data: numberToHex(1, { size: 32 }) }))
  await expect(other.claimCrossMessage(claim)).rejects.toThrow(CrossMessageFailingError)
  await mined(other, other.sendTransaction({ to, data: zeroHash }))
  const changed = { ...claim, message: { ...claim.message, data: '0x12' as const } }
  await expect(other.claimCrossMessage(changed)).rejects.toThrow(ProofMismatchError)
  expect((await mined(other, other.claimCrossMessage(claim))).status).toBe('success')
  expect(await other.getStorageAt({ address: to, slot: '0x0' })).toBe(numberToHex(source.chain.id, { size: 32 }))
  await expect(other.claimCrossMessage(claim)).rejects.toThrow(CrossMessageAlreadyClaimedError)
})

test('a message that no node knows, and a witness of the block that sent one', async () => {
  const hash = await source.sendCrossMessage({ destination: other.chain.id, to: other.account.address })
  const { blockNumber, logs } = await source.waitForTransactionReceipt({ hash })
  const [message] = getCrossMessages({ logs })
  if (message === undefined) throw new Error('it was sent')
  const unknown = source.buildClaimCrossMessage({ message: { ...message, index: 99n }, destination: other })
  await expect(unknown).rejects.toThrow(CrossMessageNotReadyError)
  const { state, headers } = await source.getExecutionWitness({ blockNumber })
  expect(state.length).toBeGreaterThan(0)
  expect(headers.length).toBeGreaterThan(0)
})
