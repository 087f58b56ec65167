import { concatHex, type Hex, keccak256, pad, toHex } from 'viem'
import { beforeEach, describe, expect, it } from 'vitest'
import { nativeRollup } from '../../../genesis/generated/NativeRollup.ts'
import { messageHash } from '../../../rollup/messages/messages.ts'
import type { Message } from '../../../rollup/types.ts'
import { bytesToHex } from '../../../stateless/bytes.ts'
import { decodeHeader, encodeHeader } from '../../../stateless/header.ts'
import { encodeRlp } from '../../../stateless/rlp.ts'
import { type Bridge, createBridge, l2Abi } from '../bridge.ts'
import {
  ANCHOR_BLOCK,
  bytes,
  encodeInput,
  L2_CHAIN_ID,
  L2_MESSENGER,
  SEQUENCER,
  setAnchor,
  validFields,
} from '../setup.ts'
import { ALICE, BOB } from '../vm.ts'
import { accepted, refused } from './support.ts'

const CAROL: Hex = '0xca40100000000000000000000000000000000004'
let bridge: Bridge
beforeEach(async () => {
  bridge = await createBridge()
})
const toL2 = (error: string, attack: Parameters<typeof refused>[2], args?: readonly unknown[]) =>
  refused(bridge.l2, error, attack, args)

describe('proveInbox', () => {
  type Anchor = Awaited<ReturnType<Bridge['l1Header']>>
  const proving = (anchor: Anchor, header = anchor.header, timestamp = bridge.l2.block.timestamp) =>
    bridge.l2.send(L2_MESSENGER, l2Abi, 'proveInbox', [timestamp, header, anchor.accountProof, anchor.storageProof])

  it('45 a timestamp without an anchor', async () => {
    await bridge.deposit({ value: 1n })
    const anchor = await bridge.l1Header()
    const now = bridge.l2.block.timestamp
    await toL2('L1Anchor_Unknown', () => proving(anchor))
    await setAnchor(bridge.l2, now, anchor.hash)
    for (const timestamp of [now - 8191n, now + 8191n, now - 1n, 0n, 2n ** 256n - 1n]) {
      await toL2('L1Anchor_Unknown', () => proving(anchor, anchor.header, timestamp))
    }
    await accepted(proving(anchor))
  })

  it('45 a header preimage with another hash', async () => {
    await bridge.deposit({ value: 1n })
    const anchor = await bridge.l1Header()
    await setAnchor(bridge.l2, bridge.l2.block.timestamp, anchor.hash)
    const fields = decodeHeader(bytes(anchor.header))
    for (const changed of [{ gasUsed: 1n }, { stateRoot: bytes(keccak256('0x01')) }, { number: fields.number + 1n }]) {
      const other = `0x${bytesToHex(encodeHeader({ ...fields, ...changed }))}` as const
      await toL2('L1Anchor_WrongHeader', () => proving(anchor, other))
    }
    await toL2('L1Anchor_WrongHeader', () => proving(anchor, '0x'))
    await toL2('L1Anchor_WrongHeader', () => proving(anchor, `${anchor.header}00`))
  })

  it('45 a header of another form under its own hash', async () => {
    await bridge.deposit({ value: 1n })
    const anchor = await bridge.l1Header()
    const root = bytes(await bridge.l1.chain.stateRoot())
    const rlp = (items: Parameters<typeof encodeRlp>[0]): Hex => `0x${bytesToHex(encodeRlp(items))}`
    const empty = new Uint8Array()
    const forms: [Hex, string][] = [
      ['0x', 'Rlp_Invalid'],
      ['0xc0', 'Rlp_Invalid'],
      ['0x80', 'Rlp_Invalid'],
      [`${anchor.header}00`, 'Rlp_Invalid'],
      // three, four and eight items
      ['0xc3808080', 'Rlp_Invalid'],
      [rlp([empty, empty, empty, root]), 'Rlp_Invalid'],
      [rlp([empty, empty, empty, root, empty, empty, empty, empty]), 'Rlp_Invalid'],
      // a state root of 0, 31 and 33 bytes, and one that is a list
      ['0xc9808080808080808080', 'L1Anchor_WrongHeader'],
      [rlp([empty, empty, empty, root.slice(1), empty, empty, empty, empty, empty]), 'L1Anchor_WrongHeader'],
      [rlp([empty, empty, empty, new Uint8Array(33), empty, empty, empty, empty, empty]), 'L1Anchor_WrongHeader'],
      [rlp([empty, empty, empty, [root.slice(1)], empty, empty, empty, empty, empty]), 'L1Anchor_WrongHeader'],
      // a number of nine bytes, and one that is a list
      [rlp([empty, empty, empty, root, empty, empty, empty, empty, new Uint8Array(9).fill(1)]), 'L1Anchor_WrongHeader'],
      [rlp([empty, empty, empty, root, empty, empty, empty, empty, []]), 'Rlp_Invalid'],
    ]
    for (const [header, error] of forms) {
      await setAnchor(bridge.l2, bridge.l2.block.timestamp, keccak256(header))
      await toL2(error, () => proving(anchor, header))
    }
  })

  it('46 the proof of another account, of another slot, of nothing', async () => {
    const { l1 } = bridge
    const empty = await bridge.l1Header()
    await bridge.deposit({ value: 1n })
    // a contract of the attacker with the same storage as an inbox, with a root of the attacker's own
    await l1.chain.setCode(CAROL, '0x00')
    await l1.chain.setStorage(CAROL, 0n, keccak256('0x0bad'))
    const anchor = await bridge.l1Header()
    const slot1 = await l1.chain.proof(l1.messenger, 1n)
    const slot36 = await l1.chain.proof(l1.messenger, 36n)
    const attacks: [Anchor, string][] = [
      [{ ...empty, storageProof: [] }, 'L2Messenger_EmptyInbox'],
      [{ ...anchor, storageProof: slot1.storageProof }, 'Mpt_InvalidProof'],
      [{ ...anchor, storageProof: slot36.storageProof }, 'Mpt_InvalidProof'],
      [{ ...anchor, ...(await l1.chain.proof(l1.rollup, 0n)) }, 'Mpt_InvalidProof'],
      [{ ...anchor, ...(await l1.chain.proof(CAROL, 0n)) }, 'Mpt_InvalidProof'],
      [{ ...anchor, storageProof: (await l1.chain.proof(CAROL, 0n)).storageProof }, 'Mpt_InvalidProof'],
      [{ ...anchor, accountProof: [] }, 'Mpt_InvalidProof'],
      [{ ...anchor, accountProof: empty.accountProof }, 'Mpt_InvalidProof'],
    ]
    for (const [given, error] of attacks) {
      await setAnchor(bridge.l2, bridge.l2.block.timestamp, given.hash)
      await toL2(error, () => proving(given))
    }
    await accepted(bridge.proveInbox(anchor))
  })

  it('90 L2 time runs faster than the ring of 8,191 anchors: a newer anchor does, and what was proven stays', async () => {
    const first = await bridge.deposit({ value: 1n })
    const early = await bridge.l1Header()
    await accepted(bridge.proveInbox(early))
    const second = await bridge.deposit({ value: 2n })
    const late = await bridge.l1Header()
    const then = bridge.l2.block.timestamp
    await setAnchor(bridge.l2, then, late.hash)
    // 8,191 seconds later the same place holds the anchor of another block
    bridge.l2.block.timestamp += 8_191n
    await setAnchor(bridge.l2, bridge.l2.block.timestamp, keccak256('0x01'))
    await toL2('L1Anchor_Unknown', () => proving(late, late.header, then))
    await accepted(bridge.claimOnL2(first, { rootId: 1n, size: 1 }))
    // the L1 header itself is not too old: any later block may be anchored to it or to a newer one
    bridge.l2.block.timestamp += 1n
    await accepted(bridge.proveInbox(late))
    await accepted(bridge.claimOnL2(second, { rootId: 2n, size: 2 }))
  })

  it('51 older headers do not push roots out of the ring', async () => {
    await bridge.deposit({ value: 1n })
    const old = await bridge.l1Header()
    await bridge.anchor()
    await setAnchor(bridge.l2, bridge.l2.block.timestamp, old.hash)
    await toL2('L2Messenger_StaleHeader', () => proving(old))
  })
})

describe('a claim on L2', () => {
  it('47 messages skipped or in another order: claims are independent', async () => {
    const messages: Message[] = []
    for (let value = 1n; value <= 5n; value++) messages.push(await bridge.deposit({ value }))
    const at = await bridge.anchor()
    for (const index of [3, 0, 4]) await accepted(bridge.claimOnL2(messages[index] as Message, at))
    expect(await bridge.l2.balance(BOB)).toBe(4n + 1n + 5n)
    for (const index of [1, 2]) await accepted(bridge.claimOnL2(messages[index] as Message, at))
    expect(await bridge.l2.balance(BOB)).toBe(15n)
  })

  it('48 the same claim again: at once, by another, under a newer root', async () => {
    const message = await bridge.deposit({ value: 3n })
    const at = await bridge.anchor()
    await accepted(bridge.claimOnL2(message, at))
    await bridge.deposit({ value: 1n })
    const newer = await bridge.anchor()
    await toL2('Messages_AlreadyDelivered', () => bridge.claimOnL2(message, at), [0n])
    await toL2('Messages_AlreadyDelivered', () => bridge.claimOnL2(message, at, { from: BOB, fee: BOB }), [0n])
    await toL2('Messages_AlreadyDelivered', () => bridge.claimOnL2(message, newer), [0n])
  })

  const CHANGES: Partial<Message>[] = [
    { sender: BOB },
    { to: CAROL },
    { value: 11n },
    { fee: 2n },
    { value: 9n, fee: 2n },
    { gasLimit: 99_999n },
    { data: '0x02' },
    { data: '0x0100' },
    { index: 1n },
  ]
  it('49 any field changed', async () => {
    const message = await bridge.deposit({ value: 10n, fee: 1n, data: '0x01' })
    await bridge.deposit({ value: 99n })
    const at = await bridge.anchor()
    const path = bridge.inbox.tree.path(0)
    for (const change of CHANGES) {
      await toL2('L2Messenger_NotInInbox', () => bridge.claimOnL2({ ...message, ...change }, at, { path }))
    }
    await accepted(bridge.claimOnL2(message, at))
  })

  it('50 another position: index + 2^32, path shorter or longer, siblings swapped', async () => {
    const messages: Message[] = []
    for (let value = 1n; value <= 5n; value++) messages.push(await bridge.deposit({ value }))
    const at = await bridge.anchor()
    const message = messages[2] as Message
    const path = [...bridge.inbox.tree.path(2)]
    const [first = '0x', second = '0x', ...rest] = path
    for (const index of [3n, 2n + 8n, 2n ** 31n + 2n, 2n ** 32n + 2n, 2n ** 64n - 1n]) {
      await toL2('L2Messenger_NotInInbox', () => bridge.claimOnL2({ ...message, index }, at, { path }))
    }
    const zero = pad('0x', { size: 32 })
    const paths = [
      [],
      path.slice(1),
      path.slice(0, -1),
      [...path, zero],
      [...path, ...path],
      [second, first, ...rest],
      Array(33).fill(zero),
    ]
    for (const bad of paths) await toL2('L2Messenger_NotInInbox', () => bridge.claimOnL2(message, at, { path: bad }))
    await accepted(bridge.claimOnL2(message, at, { path }))
  })

  it('51 under an older proven root; the ring keeps 64', async () => {
    const first = await bridge.deposit({ value: 1n })
    const second = await bridge.deposit({ value: 2n })
    const old = await bridge.anchor()
    // what 62 further proofs leave behind
    const slot100 = BigInt(await bridge.l2.getStorage(L2_MESSENGER, 100n))
    await bridge.l2.setStorage(L2_MESSENGER, 100n, toHex(slot100 + 62n, { size: 32 }))
    await bridge.deposit({ value: 1n })
    expect((await bridge.anchor()).rootId).toBe(64n)
    await accepted(bridge.claimOnL2(first, old))
    await bridge.deposit({ value: 1n })
    const newest = await bridge.anchor()
    await toL2('L2Messenger_UnknownRoot', () => bridge.claimOnL2(second, old), [1n])
    for (const rootId of [0n, 66n, 2n ** 64n + 65n, 2n ** 256n - 1n]) {
      await toL2('L2Messenger_UnknownRoot', () => bridge.claimOnL2(second, { ...newest, rootId }), [rootId])
    }
    await accepted(bridge.claimOnL2(second, newest))
  })

  it('52 a message of another rollup, of the other direction, and a leaf of chain ids of its own', async () => {
    const other = await createBridge({ chainId: 28080n })
    const foreign = await other.deposit({ value: 10n ** 18n })
    await bridge.deposit({ value: 1n, to: CAROL })
    const back = await bridge.withdraw({ value: 1n })
    const at = await bridge.anchor()
    const paths = [[], bridge.inbox.tree.path(0)]
    for (const path of paths) {
      await toL2('L2Messenger_NotInInbox', () => bridge.claimOnL2(foreign, at, { path }))
      await toL2('L2Messenger_NotInInbox', () => bridge.claimOnL2(back, at, { path }))
    }
    // the inbox of A as B would have to see it: only the chain ids in the leaf differ
    const leaves = [messageHash(foreign, 18079n, L2_CHAIN_ID), messageHash(foreign, 18079n, 28080n)]
    expect(new Set(leaves).size).toBe(2)
  })

  it('53 a flood of messages between build and inclusion: block and claims are what they were', async () => {
    const { l1 } = bridge
    const message = await bridge.deposit({ value: 3n })
    const built = await bridge.l1Header()
    const input = encodeInput(validFields())
    for (let value = 1n; value <= 40n; value++) await bridge.deposit({ value, from: ALICE })
    const args = [concatHex([toHex(input)]), ANCHOR_BLOCK]
    await accepted(l1.chain.send(l1.rollup, nativeRollup.abi, 'advance', args, { from: SEQUENCER }))
    await accepted(bridge.proveInbox(built))
    const path = bridge.inbox.tree.path(0, 1)
    await accepted(bridge.claimOnL2(message, { rootId: 1n, size: 1 }, { path }))
    expect(await bridge.l2.balance(BOB)).toBe(3n)
  })
})
