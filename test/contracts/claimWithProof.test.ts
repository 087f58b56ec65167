import { type Hex, toHex } from 'viem'
import { beforeEach, describe, expect, it } from 'vitest'
import type { Message } from '../../rollup/types.ts'
import { refused } from './attacks/support.ts'
import { type Bridge, createBridge, l2Abi } from './bridge.ts'
import { L2_MESSENGER, setAnchor } from './setup.ts'
import { ALICE, BOB } from './vm.ts'

/** A message of L1 with everything that delivers it in one call, under the anchor of the L2 block at `timestamp`. */
async function proven(bridge: Bridge, message: Message, timestamp = bridge.l2.block.timestamp) {
  const { header, hash, accountProof, storageProof } = await bridge.l1Header()
  await setAnchor(bridge.l2, timestamp, hash)
  const path = bridge.inbox.tree.path(Number(message.index), bridge.inbox.tree.count)
  return { anchorTimestamp: timestamp, l1Header: header, accountProof, storageProof, path }
}
type Proof = Awaited<ReturnType<typeof proven>>

describe('a claim that brings its own proof', () => {
  let bridge: Bridge
  let message: Message
  let proof: Proof
  beforeEach(async () => {
    bridge = await createBridge()
    await bridge.deposit({ value: 1n })
    message = await bridge.deposit({ to: BOB, value: 20n, fee: 3n })
    proof = await proven(bridge, message)
  })

  const claim = (changes: { message?: Partial<Message>; proof?: Partial<Proof> } = {}) =>
    bridge.l2.send(
      L2_MESSENGER,
      l2Abi,
      'claimWithProof',
      [{ ...message, ...changes.message }, { ...proof, ...changes.proof }, ALICE],
      { from: BOB },
    )
  const latestRootId = () => bridge.l2.read<bigint>(L2_MESSENGER, l2Abi, 'latestRootId')

  it('delivers without a stored root, once', async () => {
    const before = await bridge.l2.balance(ALICE)
    const outcome = await claim()
    expect(outcome.events.map(({ name }) => name)).toEqual(['MessageDelivered'])
    expect(await bridge.l2.balance(ALICE)).toBe(before + 3n)
    expect(await latestRootId()).toBe(0n)
    await refused(bridge.l2, 'Messages_AlreadyDelivered', () => claim(), [1n])
    const anchored = await bridge.anchor()
    await refused(bridge.l2, 'Messages_AlreadyDelivered', () => bridge.claimOnL2(message, anchored), [1n])
  })

  it('is not stopped by a newer header, nor by 64 newer roots', async () => {
    for (let i = 0; i < 65; i++) {
      await bridge.deposit({ value: 1n })
      bridge.l2.block.timestamp += 1n
      await bridge.anchor()
    }
    expect(await latestRootId()).toBe(65n)
    // the header that it brings is older than the newest proven one, and its root has left the ring
    const args = [proof.anchorTimestamp, proof.l1Header, proof.accountProof, proof.storageProof]
    const prove = () => bridge.l2.send(L2_MESSENGER, l2Abi, 'proveInbox', args)
    await refused(bridge.l2, 'L2Messenger_StaleHeader', prove)
    expect((await claim()).error).toBeUndefined()
    expect(await latestRootId()).toBe(65n)
  })

  it('fits into a forced transaction with the longest data', async () => {
    message = await bridge.deposit({ to: BOB, data: toHex(new Uint8Array(16_384).fill(7)) })
    proof = await proven(bridge, message)
    const outcome = await claim()
    expect(outcome.error).toBeUndefined()
    const nodes = [...proof.accountProof, ...proof.storageProof].reduce((sum, node) => sum + node.length / 2, 0)
    // with a trie as deep as any: 8 full branches for the account and for the slot
    expect(16_384 + nodes + 16 * 532 + 2_000).toBeLessThan(40_960)
  })

  it.each<[string, () => { message?: Partial<Message>; proof?: Partial<Proof> }, string]>([
    ['another value', () => ({ message: { value: 21n } }), 'L2Messenger_NotInInbox'],
    ['another receiver', () => ({ message: { to: ALICE } }), 'L2Messenger_NotInInbox'],
    ['another index', () => ({ message: { index: 0n } }), 'L2Messenger_NotInInbox'],
    ['an index beyond the tree', () => ({ message: { index: 2n ** 32n + 1n } }), 'L2Messenger_NotInInbox'],
    ['another path', () => ({ proof: { path: [toHex(1, { size: 32 })] } }), 'L2Messenger_NotInInbox'],
    [
      'another header',
      () => ({ proof: { l1Header: `${proof.l1Header.slice(0, -2)}08` as Hex } }),
      'L1Anchor_WrongHeader',
    ],
    ['a timestamp without an anchor', () => ({ proof: { anchorTimestamp: 1n } }), 'L1Anchor_Unknown'],
    ['no account proof', () => ({ proof: { accountProof: [] } }), 'Mpt_InvalidProof'],
    ['no storage proof', () => ({ proof: { storageProof: [] } }), 'Mpt_InvalidProof'],
  ])('is refused with %s', async (_, changes, error) => {
    await refused(bridge.l2, error, () => claim(changes()))
    expect((await claim()).error).toBeUndefined()
  })

  it('is refused while nothing was ever sent', async () => {
    bridge = await createBridge()
    const { header, hash, accountProof, storageProof } = await bridge.l1Header()
    await setAnchor(bridge.l2, proof.anchorTimestamp, hash)
    const empty = { l1Header: header, accountProof, storageProof, path: [] }
    await refused(bridge.l2, 'L2Messenger_EmptyInbox', () => claim({ proof: empty }))
  })
})
