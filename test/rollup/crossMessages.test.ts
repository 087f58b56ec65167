import { decodeFunctionData, encodeFunctionData, type Hex } from 'viem'
import { afterEach, describe, expect, it } from 'vitest'
import { devAccount } from '../../genesis/accounts.ts'
import { crossMessenger } from '../../genesis/generated/CrossMessenger.ts'
import { nativeRollup } from '../../genesis/generated/NativeRollup.ts'
import { STATE_ROOT_HISTORY, stateRootSlot } from '../../rollup/contracts.ts'
import { messageHash, rootFromPath } from '../../rollup/messages/messages.ts'
import type { CrossAnchor } from '../../rollup/types.ts'
import { bytesToBigint, bytesToHex, hexToBytes } from '../../stateless/bytes.ts'
import { keccak256 } from '../../stateless/keccak.ts'
import { verifyAccountProof, verifyStorageProof } from '../../stateless/proof.ts'
import { MESSAGE_GAS, type Pair, seal, settleAll, startPair } from './support.ts'

const DESTINATION = 28_080n

let pair: Pair | undefined
afterEach(async () => {
  await pair?.close()
  pair = undefined
})

async function start(): Promise<Pair> {
  pair = await startPair()
  await pair.l2.start()
  await seal(pair.l1)
  await pair.l2.watcher.step()
  return pair
}

/** Sends one message in an L2 block of its own. */
async function sendOne(of: Pair, data: Hex = '0x'): Promise<Hex> {
  const args = [DESTINATION, devAccount(3).address, MESSAGE_GAS, data] as const
  const hash = await of.sendL2(devAccount(1), {
    to: of.deployment.l2.crossMessenger,
    data: encodeFunctionData({ abi: crossMessenger.abi, functionName: 'sendMessage', args }),
  })
  of.clock.shift(1_000)
  await seal(of.l2)
  return hash
}

/** What a block of another rollup would show that was sealed now. */
function anchorNow(of: Pair): CrossAnchor {
  const { hash, header } = of.l1.chain.head()
  return { timestamp: header.timestamp + 5n, l1BlockHash: `0x${bytesToHex(hash)}` }
}

describe('messages to other rollups', () => {
  it('are proven from the header of the L1 block that the destination names', async () => {
    const of = await start()
    const { reader } = of.l2
    const first = await sendOne(of, '0x01')
    await sendOne(of, '0x02')
    await settleAll(of)
    await sendOne(of, '0x03')
    const anchor = anchorNow(of)
    const [proof] = await reader.getCrossMessageProof({ txHash: first }, anchor)
    expect((await reader.getCrossMessageProof({ index: 0n }, anchor))[0]).toEqual(proof)
    expect(proof).toMatchObject({ l2Block: 2n, destinationChainId: DESTINATION, to: of.deployment.l2.crossMessenger })
    expect(proof?.l1Block).toBe(of.l1.chain.head().header.number)
    expect(proof?.message).toMatchObject({ index: 0n, value: 0n, fee: 0n, data: '0x01', gasLimit: MESSAGE_GAS })

    const { functionName, args } = decodeFunctionData({ abi: crossMessenger.abi, data: proof?.calldata ?? '0x' })
    if (functionName !== 'claim') throw new Error(`calldata of ${functionName}`)
    const [message, steps] = args
    expect(steps).toMatchObject({ sourceChainId: 28_079n, sourceBlock: 2n, anchorTimestamp: anchor.timestamp })
    // every step, as the contract takes it
    expect(`0x${bytesToHex(keccak256(hexToBytes(steps.l1Header)))}`).toBe(anchor.l1BlockHash)
    const read = (root: Uint8Array, address: Hex, slot: Uint8Array, nodes: readonly (readonly Hex[])[]) => {
      const [ofAccount = [], ofSlot = []] = nodes
      const account = verifyAccountProof(root, hexToBytes(address), ofAccount.map(hexToBytes))
      if (account === undefined) throw new Error('no account')
      return verifyStorageProof(account.storageRoot, slot, ofSlot.map(hexToBytes))
    }
    const { stateRoot } = of.l1.chain.head().header
    const ring = [steps.rollupAccountProof, steps.rollupStorageProof]
    const settledRoot = read(stateRoot, of.deployment.l1.rollup, stateRootSlot(2n), ring)
    expect(settledRoot).toEqual(of.l2.chain.getBlockByNumber(2n)?.block.header.stateRoot)
    const outbox = [steps.messengerAccountProof, steps.messengerStorageProof]
    const root = read(settledRoot, of.deployment.l2.crossMessenger, new Uint8Array(32), outbox)
    const leaf = messageHash(message, 28_079n, DESTINATION)
    expect(rootFromPath(leaf, 0, steps.path)).toBe(`0x${bytesToHex(root).padStart(64, '0')}`)
  })

  it('are proven under any later anchor, by what was settled then', async () => {
    const of = await start()
    const { reader } = of.l2
    await sendOne(of, '0x01')
    await settleAll(of)
    const early = anchorNow(of)
    await sendOne(of, '0x02')
    await sendOne(of, '0x03')
    await settleAll(of)
    const at = async (index: bigint, anchor: CrossAnchor) =>
      (await reader.getCrossMessageProof({ index }, anchor))[0]?.l2Block
    expect(await at(0n, early)).toBe(1n)
    expect(await at(0n, anchorNow(of))).toBe(3n)
    expect(await at(2n, anchorNow(of))).toBe(3n)
    await expect(at(1n, early)).rejects.toMatchObject({ code: 'NOT_SETTLED', data: { index: 1n, l2Block: 2n } })
  })

  it('are refused by name', async () => {
    const of = await start()
    const { reader } = of.l2
    const txHash = await sendOne(of)
    const anchor = anchorNow(of)
    const refused = (code: string, ...args: Parameters<typeof reader.getCrossMessageProof>) =>
      expect(reader.getCrossMessageProof(...args)).rejects.toMatchObject({ code })
    await refused('NOT_SETTLED', { txHash }, anchor)
    await refused('NO_SUCH_MESSAGE', { index: 1n }, anchor)
    await refused('NO_SUCH_MESSAGE', { txHash, ordinal: 1 }, anchor)
    await refused('NO_SUCH_MESSAGE', { txHash: `0x${'ab'.repeat(32)}` }, anchor)
    await refused('UNKNOWN_ANCHOR', { txHash }, { ...anchor, l1BlockHash: `0x${'ab'.repeat(32)}` })
    // a message to L1 is no message to another rollup
    await of.withdraw(devAccount(1), devAccount(1).address, 1n)
    await seal(of.l2)
    await refused('NO_SUCH_MESSAGE', { index: 1n }, anchor)
  })

  it('are not proven from what L1 makes up', async () => {
    const of = await start()
    await sendOne(of)
    await settleAll(of)
    const anchor = anchorNow(of)
    const ask = () => of.l2.reader.getCrossMessageProof({ index: 0n }, anchor)
    of.tamper.current = async (method, params, answer) =>
      method === 'eth_getProof' ? answerFor(of, params, '0x1') : answer()
    await expect(ask()).rejects.toMatchObject({ code: 'BAD_L1_DATA' })
    of.tamper.current = undefined
    expect(await ask()).toHaveLength(1)
  })
})

/** The answer for another block than was asked for. */
async function answerFor(of: Pair, params: unknown[], block: Hex): Promise<unknown> {
  const { request } = of.transport({})
  const real = of.tamper.current
  of.tamper.current = undefined
  try {
    return await request({ method: 'eth_getProof', params: [params[0], params[1], block] })
  } finally {
    of.tamper.current = real
  }
}

it('the ring of state roots is where the compiler put it', () => {
  const ring = nativeRollup.storageLayout.storage.find(({ label }) => label === '_stateRoots')
  expect(bytesToBigint(stateRootSlot(0n))).toBe(BigInt(ring?.slot ?? -1))
  expect(bytesToBigint(stateRootSlot(8_193n))).toBe(BigInt(ring?.slot ?? -1) + 1n)
  expect(nativeRollup.storageLayout.types['t_array(t_bytes32)8192_storage'].label).toBe(
    `bytes32[${STATE_ROOT_HISTORY}]`,
  )
})
