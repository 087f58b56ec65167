import { encodeFunctionData, type Hex, keccak256, toHex, zeroAddress } from 'viem'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Message } from '../../rollup/types.ts'
import { type Artifact, compileSolidity } from '../../scripts/lib/solidity.mjs'
import { decodeHeader, encodeHeader } from '../../stateless/header.ts'
import { type Bridge, createBridge, l1Abi, l2Abi } from './bridge.ts'
import { bytes, L2_MESSENGER, L2_TOKEN_BRIDGE, setAnchor } from './setup.ts'
import { ALICE, BOB, type Chain, type Outcome } from './vm.ts'

const ETHER = 10n ** 18n
const CAROL: Hex = '0xca40100000000000000000000000000000000004'
const Mode = { Accept: 0, Revert: 1, ReturnBomb: 2, RevertBomb: 3, Reenter: 4, BurnInside: 5 } as const

let receiverArtifact: Artifact
let bridge: Bridge
beforeAll(() => {
  receiverArtifact = compileSolidity({ Receiver: 'test/contracts/Receivers.sol' }).Receiver
})
beforeEach(async () => {
  bridge = await createBridge()
})

async function refused(chain: Chain, error: string | undefined, attempt: () => Promise<Outcome>): Promise<Outcome> {
  const before = await chain.stateRoot()
  const outcome = await attempt()
  expect(outcome.ok).toBe(false)
  if (error !== undefined) expect(outcome.error).toBe(error)
  expect(await chain.stateRoot()).toBe(before)
  return outcome
}

async function receiverOn(chain: Chain) {
  const { address } = await chain.deploy(receiverArtifact)
  const { abi } = receiverArtifact
  return {
    address,
    set: (mode: number, target: Hex = zeroAddress, data: Hex = '0x', value = 0n) =>
      chain.send(address, abi, 'set', [mode, target, data, value]),
    read: <T>(name: string) => chain.read<T>(address, abi, name),
  }
}

describe('deposit', () => {
  it('arrives with value, data, sender and fee', async () => {
    const { l1, l2 } = bridge
    const receiver = await receiverOn(l2)
    const message = await bridge.deposit({
      to: receiver.address,
      value: ETHER,
      fee: 5n,
      gasLimit: 500_000n,
      data: '0x12345678aa',
    })
    expect(await l1.chain.read(l1.messenger, l1Abi, 'inboxCount')).toBe(1n)
    expect(await l1.chain.read(l1.messenger, l1Abi, 'inboxRoot')).toBe(bridge.inbox.tree.root())
    expect(await l1.chain.read(l1.messenger, l1Abi, 'totalIn')).toBe(ETHER + 5n)
    const at = await bridge.anchor()
    const outcome = await bridge.claimOnL2(message, at, { fee: CAROL })
    expect(outcome.error).toBeUndefined()
    const args = { index: 0n, sender: ALICE, to: receiver.address, feeRecipient: CAROL }
    expect(lower(outcome.events)).toEqual(lower([{ name: 'MessageDelivered', args }]))
    expect(await l2.balance(receiver.address)).toBe(ETHER)
    expect(await l2.balance(CAROL)).toBe(5n)
    expect(await receiver.read('valueSeen')).toBe(ETHER)
    expect(await receiver.read('dataHash')).toBe(keccak256('0x12345678aa'))
    expect(lower(await receiver.read('senderSeen'))).toBe(ALICE)
    expect(await l2.read(L2_MESSENGER, l2Abi, 'delivered', [0n])).toBe(true)
    expect(await l2.read(L2_MESSENGER, l2Abi, 'delivered', [1n])).toBe(false)
  })

  it('47, 48 in any order, each once', async () => {
    const messages: Message[] = []
    for (let i = 0; i < 5; i++) messages.push(await bridge.deposit({ value: BigInt(i + 1) }))
    const at = await bridge.anchor()
    for (const index of [3, 0, 4, 1, 2]) {
      const message = messages[index] as Message
      expect((await bridge.claimOnL2(message, at)).error).toBeUndefined()
      const again = await refused(bridge.l2, 'Messages_AlreadyDelivered', () => bridge.claimOnL2(message, at))
      expect(again.errorArgs).toEqual([BigInt(index)])
    }
    expect(await bridge.l2.balance(BOB)).toBe(15n)
  })

  it('49, 50 a claim with any changed field', async () => {
    const message = await bridge.deposit({ value: 10n, fee: 1n, data: '0x01' })
    await bridge.deposit({ value: 99n })
    const at = await bridge.anchor()
    const path = bridge.inbox.tree.path(0)
    const changes: Partial<Message>[] = [
      { sender: BOB },
      { to: CAROL },
      { value: 11n },
      { fee: 2n },
      { gasLimit: 99_999n },
      { data: '0x02' },
      { index: 1n },
      { index: 2n ** 32n },
      { index: 2n ** 64n - 1n },
    ]
    for (const change of changes) {
      await refused(bridge.l2, 'L2Messenger_NotInInbox', () =>
        bridge.claimOnL2({ ...message, ...change }, at, { path }),
      )
    }
    for (const bad of [[], path.slice(1), [...path, ...path], Array(33).fill(path[0])]) {
      await refused(bridge.l2, 'L2Messenger_NotInInbox', () => bridge.claimOnL2(message, at, { path: bad }))
    }
    expect((await bridge.claimOnL2(message, at)).error).toBeUndefined()
  })

  it('51 against an older proven root; the ring keeps 64', async () => {
    const first = await bridge.deposit({ value: 1n })
    const second = await bridge.deposit({ value: 2n })
    const old = await bridge.anchor()
    for (let i = 0; i < 63; i++) {
      await bridge.deposit({ value: 1n })
      await bridge.anchor()
    }
    expect(await bridge.l2.read(L2_MESSENGER, l2Abi, 'latestRootId')).toBe(64n)
    expect((await bridge.claimOnL2(first, old)).error).toBeUndefined()
    await bridge.deposit({ value: 1n })
    const newest = await bridge.anchor()
    await refused(bridge.l2, 'L2Messenger_UnknownRoot', () => bridge.claimOnL2(second, old))
    for (const rootId of [0n, 66n, 2n ** 256n - 1n]) {
      await refused(bridge.l2, 'L2Messenger_UnknownRoot', () => bridge.claimOnL2(second, { ...newest, rootId }))
    }
    expect((await bridge.claimOnL2(second, newest)).error).toBeUndefined()
  })

  it('52 a message of another rollup', async () => {
    const other = await createBridge({ chainId: 28080n })
    const message = await other.deposit({ value: ETHER })
    await bridge.deposit({ value: 1n, to: CAROL })
    const at = await bridge.anchor()
    await refused(bridge.l2, 'L2Messenger_NotInInbox', () => bridge.claimOnL2(message, at))
  })
})

const lower = <T>(value: T): T =>
  JSON.parse(JSON.stringify(value, (_, v) => (typeof v === 'bigint' ? `${v}n` : v)).toLowerCase())

describe('proveInbox', () => {
  it('45 needs the header of the anchor, of full form', async () => {
    await bridge.deposit({ value: 1n })
    const anchor = await bridge.l1Header()
    const { l2 } = bridge
    const timestamp = l2.block.timestamp
    const prove = (header: Hex, when = timestamp) =>
      l2.send(L2_MESSENGER, l2Abi, 'proveInbox', [when, header, anchor.accountProof, anchor.storageProof])
    await refused(l2, 'L1Anchor_Unknown', () => prove(anchor.header))
    await setAnchor(l2, timestamp, anchor.hash)
    await refused(l2, 'L1Anchor_Unknown', () => prove(anchor.header, timestamp - 8191n))
    await refused(l2, 'L1Anchor_Unknown', () => prove(anchor.header, 0n))
    const other = encodeHeader({ ...decodeHeader(bytes(anchor.header)), gasUsed: 1n })
    await refused(l2, 'L1Anchor_WrongHeader', () => prove(toHex(other)))
    const malformed: Hex[] = [
      '0x',
      '0xc0',
      '0x80',
      '0xc3808080',
      `${anchor.header}00`,
      '0xc9808080808080808080',
      '0xc9a08080808080808080',
    ]
    for (const header of malformed) {
      await setAnchor(l2, timestamp, keccak256(header))
      await refused(l2, undefined, () => prove(header))
    }
    await setAnchor(l2, timestamp, anchor.hash)
    expect((await prove(anchor.header)).error).toBeUndefined()
  })

  it('46 another account, another slot, an empty inbox', async () => {
    const empty = await bridge.l1Header()
    await refusedProof('L2Messenger_EmptyInbox', { ...empty, storageProof: [] })
    await bridge.deposit({ value: 1n })
    const anchor = await bridge.l1Header()
    const slot1 = await bridge.l1.chain.proof(bridge.l1.messenger, 1n)
    const rollup = await bridge.l1.chain.proof(bridge.l1.rollup, 0n)
    await refusedProof('Mpt_InvalidProof', { ...anchor, storageProof: slot1.storageProof })
    await refusedProof(undefined, { ...anchor, ...rollup })
    await refusedProof('Mpt_InvalidProof', { ...anchor, accountProof: [] })

    async function refusedProof(error: string | undefined, given: typeof anchor) {
      await setAnchor(bridge.l2, bridge.l2.block.timestamp, given.hash)
      await refused(bridge.l2, error, () => bridge.proveInbox(given))
    }
  })

  it('keeps one id per root and refuses older headers, so that nobody can empty the ring', async () => {
    await bridge.deposit({ value: 1n })
    const old = await bridge.l1Header()
    const first = await bridge.anchor()
    const same = await bridge.anchor()
    expect(same.rootId).toBe(first.rootId)
    const before = await bridge.l2.read(L2_MESSENGER, l2Abi, 'latestRootId')
    expect((await bridge.proveInbox(old)).error).toBe('L2Messenger_StaleHeader')
    expect(await bridge.l2.read(L2_MESSENGER, l2Abi, 'latestRootId')).toBe(before)
    await bridge.deposit({ value: 1n })
    expect((await bridge.anchor()).rootId).toBe(first.rootId + 1n)
    expect(await bridge.l2.read(L2_MESSENGER, l2Abi, 'provenRoot', [first.rootId + 1n])).toBe(bridge.inbox.tree.root())
  })
})

describe('delivery', () => {
  it('54 either the receiver got its gas or the message stays claimable', async () => {
    const receiver = await receiverOn(bridge.l2)
    await receiver.set(Mode.BurnInside)
    const gasLimit = 300_000n
    await bridge.deposit({ to: receiver.address, gasLimit, data: '0x01' })
    const message = await bridge.deposit({ to: receiver.address, gasLimit, data: '0x01' })
    const at = await bridge.anchor()
    let refusals = 0
    for (let gas = 60_000n; gas < 700_000n; gas += 8_111n) {
      const before = await bridge.l2.stateRoot()
      const outcome = await bridge.claimOnL2(message, at, { gas })
      if (outcome.ok) {
        expect(await receiver.read('reentryOk')).toBe(true)
        expect(gas).toBeGreaterThan(gasLimit)
        break
      }
      refusals++
      expect(['Messages_InsufficientGas', 'out of gas']).toContain(outcome.error)
      expect(await bridge.l2.stateRoot()).toBe(before)
    }
    expect(refusals).toBeGreaterThan(30)
    expect(await bridge.l2.read(L2_MESSENGER, l2Abi, 'delivered', [1n])).toBe(true)
  })

  it('54 the receiver sees its whole gas limit', async () => {
    const receiver = await receiverOn(bridge.l2)
    const message = await bridge.deposit({ to: receiver.address, gasLimit: 400_000n, data: '0x01' })
    await bridge.claimOnL2(message, await bridge.anchor(), { gas: 1_000_000n })
    const seen = await receiver.read<bigint>('gasAtEntry')
    expect(seen).toBeLessThanOrEqual(400_000n)
    expect(seen).toBeGreaterThan(399_000n)
  })

  it('55 a receiver that reverts can be fixed and retried', async () => {
    const receiver = await receiverOn(bridge.l2)
    await receiver.set(Mode.Revert)
    const message = await bridge.deposit({ to: receiver.address, value: 7n, gasLimit: 500_000n, data: '0x01' })
    const at = await bridge.anchor()
    await refused(bridge.l2, 'Messages_DeliveryFailed', () => bridge.claimOnL2(message, at))
    await receiver.set(Mode.Accept)
    expect((await bridge.claimOnL2(message, at, { from: CAROL })).error).toBeUndefined()
    expect(await bridge.l2.balance(receiver.address)).toBe(7n)
  })

  it.each(['ReturnBomb', 'RevertBomb'] as const)('56 %s of 1 MB costs the claimer nothing more', async (mode) => {
    const receiver = await receiverOn(bridge.l2)
    await receiver.set(Mode[mode])
    const message = await bridge.deposit({ to: receiver.address, gasLimit: 8_000_000n, data: '0x01' })
    const outcome = await bridge.claimOnL2(message, await bridge.anchor(), { gas: 8_400_000n })
    expect(outcome.error).toBe(mode === 'ReturnBomb' ? undefined : 'Messages_DeliveryFailed')
    // memory of 1 MB costs 2.2M gas once, inside the receiver
    expect(outcome.gasUsed).toBeLessThan(2_350_000n)
  })

  it('57 reentrant claims, of the same and of another message', async () => {
    const receiver = await receiverOn(bridge.l2)
    const first = await bridge.deposit({ to: receiver.address, value: 1n, gasLimit: 1_000_000n, data: '0x01' })
    const second = await bridge.deposit({ to: BOB, value: 1n })
    const at = await bridge.anchor()
    for (const inner of [first, second]) {
      const path = bridge.inbox.tree.path(Number(inner.index))
      const data = encodeFunctionData({ abi: l2Abi, functionName: 'claim', args: [inner, at.rootId, path, ALICE] })
      await receiver.set(Mode.Reenter, L2_MESSENGER, data)
      const snapshot = await bridge.deposit({ to: receiver.address, gasLimit: 1_000_000n, data: '0x02' })
      const outcome = await bridge.claimOnL2(snapshot, await bridge.anchor())
      expect(outcome.error).toBeUndefined()
      expect(await receiver.read('reentryOk')).toBe(false)
      expect(String(await receiver.read<Hex>('reentryData')).slice(0, 10)).toBe(
        keccak256(toHex('ReentrancyGuardReentrantCall()')).slice(0, 10),
      )
    }
    expect(await bridge.l2.read(L2_MESSENGER, l2Abi, 'delivered', [0n])).toBe(false)
  })

  it('58 a message can be sent during a delivery', async () => {
    const receiver = await receiverOn(bridge.l2)
    const data = encodeFunctionData({ abi: l2Abi, functionName: 'sendMessage', args: [BOB, 0n, 50_000n, '0x'] })
    await receiver.set(Mode.Reenter, L2_MESSENGER, data, 3n)
    const message = await bridge.deposit({ to: receiver.address, value: 3n, gasLimit: 1_000_000n, data: '0x01' })
    const outcome = await bridge.claimOnL2(message, await bridge.anchor())
    expect(outcome.events.map(({ name }) => name)).toEqual(['MessageSent', 'MessageDelivered'])
    expect(await receiver.read('reentryOk')).toBe(true)
    expect(await bridge.l2.read(L2_MESSENGER, l2Abi, 'outboxCount')).toBe(1n)
  })

  it('59 the sender context exists for the receiver, during its delivery', async () => {
    const receiver = await receiverOn(bridge.l2)
    const read = () => bridge.l2.send(L2_MESSENGER, l2Abi, 'l1Sender', [])
    await refused(bridge.l2, 'Messages_NoMessage', read)
    const message = await bridge.deposit({ to: receiver.address, gasLimit: 500_000n, data: '0x01' })
    await bridge.claimOnL2(message, await bridge.anchor())
    expect(lower(await receiver.read('senderSeen'))).toBe(ALICE)
    expect(await receiver.read('nestedSaw')).toBe(false)
    await refused(bridge.l2, 'Messages_NoMessage', read)
    await refused(bridge.l2, 'Messages_NoMessage', () =>
      bridge.l2.send(L2_MESSENGER, l2Abi, 'l1Sender', [], { from: receiver.address }),
    )
  })

  it('60 the messengers and the rollup are no targets', async () => {
    const { l1, l2 } = bridge
    await refused(
      l1.chain,
      'Messages_ForbiddenTarget',
      async () => (await bridge.tryDeposit({ to: L2_MESSENGER })).outcome,
    )
    await refused(l2, 'Messages_ForbiddenTarget', async () => (await bridge.tryWithdraw({ to: l1.messenger })).outcome)
    const toRollup = await bridge.withdraw({ to: l1.rollup, data: '0x01' })
    const toBridge = await bridge.withdraw({ to: l1.bridge, data: '0x01' })
    const fromPeer = await bridge.withdraw({ to: l1.bridge, data: '0x01', from: L2_TOKEN_BRIDGE })
    const at = await bridge.settle()
    await refused(l1.chain, 'Messages_ForbiddenTarget', () => bridge.claimOnL1(toRollup, at))
    await refused(l1.chain, 'Messages_ForbiddenTarget', () => bridge.claimOnL1(toBridge, at))
    expect((await bridge.claimOnL1(fromPeer, at)).error).toBeUndefined()
  })

  it('62 a fee recipient that reverts or reenters', async () => {
    const picky = await receiverOn(bridge.l2)
    await picky.set(Mode.Revert)
    const message = await bridge.deposit({ value: 2n, fee: 9n })
    const at = await bridge.anchor()
    await refused(bridge.l2, 'Messages_FeePaymentFailed', () => bridge.claimOnL2(message, at, { fee: picky.address }))
    await refused(bridge.l2, 'Messages_FeePaymentFailed', () => bridge.claimOnL2(message, at, { fee: L2_MESSENGER }))
    const path = bridge.inbox.tree.path(0)
    const data = encodeFunctionData({ abi: l2Abi, functionName: 'claim', args: [message, at.rootId, path, ALICE] })
    await picky.set(Mode.Reenter, L2_MESSENGER, data)
    expect((await bridge.claimOnL2(message, at, { fee: picky.address })).error).toBeUndefined()
    expect(await picky.read('reentryOk')).toBe(false)
    expect(await bridge.l2.balance(picky.address)).toBe(9n)
    expect(await bridge.l2.balance(BOB)).toBe(2n)
  })

  it('63 what is refused at send', async () => {
    const { l1, l2, tryDeposit, tryWithdraw } = bridge
    const attempts: [Parameters<typeof tryDeposit>[0], string][] = [
      [{ gasLimit: 0n }, 'Messages_GasLimitTooLow'],
      [{ gasLimit: 8_000_001n }, 'Messages_GasLimitTooHigh'],
      [{ gasLimit: 2n ** 64n - 1n }, 'Messages_GasLimitTooHigh'],
      [{ data: toHex(new Uint8Array(16_385)) }, 'Messages_DataTooLong'],
      [{ value: -1n, fee: 1n }, 'Messages_FeeExceedsValue'],
      [{ value: -(2n ** 255n), fee: 2n ** 255n }, 'Messages_FeeExceedsValue'],
    ]
    for (const [sending, error] of attempts) {
      await refused(l1.chain, error, async () => (await tryDeposit(sending)).outcome)
      await refused(l2, error, async () => (await tryWithdraw(sending)).outcome)
    }
    expect(
      (await tryDeposit({ data: toHex(new Uint8Array(16_384)), gasLimit: 8_000_000n })).outcome.error,
    ).toBeUndefined()
  })

  it('64 whoever claims first names the fee recipient; the receiver is paid all the same', async () => {
    const message = await bridge.deposit({ value: 5n, fee: 3n })
    const at = await bridge.anchor()
    await bridge.claimOnL2(message, at, { from: CAROL, fee: CAROL })
    await refused(bridge.l2, 'Messages_AlreadyDelivered', () => bridge.claimOnL2(message, at))
    expect(await bridge.l2.balance(CAROL)).toBe(3n)
    expect(await bridge.l2.balance(BOB)).toBe(5n)
  })

  it('plain ETH is refused on both ends', async () => {
    await refused(bridge.l1.chain, 'revert', () => bridge.l1.chain.sendRaw(bridge.l1.messenger, '0x', { value: 1n }))
    await refused(bridge.l2, 'revert', () => bridge.l2.sendRaw(L2_MESSENGER, '0x', { value: 1n }))
  })
})

describe('withdrawal', () => {
  it('is paid out of the escrow, once, by a proof of a settled state', async () => {
    const { l1 } = bridge
    await bridge.deposit({ value: ETHER })
    const receiver = await receiverOn(l1.chain)
    const message = await bridge.withdraw({
      to: receiver.address,
      value: ETHER / 2n,
      fee: 4n,
      gasLimit: 500_000n,
      data: '0x77',
    })
    const at = await bridge.settle()
    const outcome = await bridge.claimOnL1(message, at, { fee: CAROL })
    expect(outcome.error).toBeUndefined()
    expect(await l1.chain.balance(receiver.address)).toBe(ETHER / 2n)
    expect(await l1.chain.balance(CAROL)).toBe(4n)
    expect(lower(await receiver.read('senderSeen'))).toBe(ALICE)
    expect(await l1.chain.read(l1.messenger, l1Abi, 'totalOut')).toBe(ETHER / 2n + 4n)
    // 66 again, also in a later state
    await refused(l1.chain, 'Messages_AlreadyDelivered', () => bridge.claimOnL1(message, at))
    const later = await bridge.settle()
    await refused(l1.chain, 'Messages_AlreadyDelivered', () => bridge.claimOnL1(message, later))
  })

  it('is claimable under every later settled state', async () => {
    await bridge.deposit({ value: ETHER })
    const message = await bridge.withdraw({ value: 1n })
    await bridge.settle()
    for (let i = 0; i < 5; i++) await bridge.withdraw({ value: 1n })
    expect((await bridge.claimOnL1(message, await bridge.settle())).error).toBeUndefined()
  })

  it('65 against a root that is unknown or not final', async () => {
    bridge = await createBridge({ finalityDelay: 100n })
    const { l1 } = bridge
    await bridge.deposit({ value: ETHER })
    const message = await bridge.withdraw({ value: 1n })
    const at = await bridge.settle()
    await refused(l1.chain, 'NativeRollup_UnknownBlock', () => bridge.claimOnL1(message, { ...at, l2Block: 2n }))
    await refused(l1.chain, 'NativeRollup_NotFinal', () => bridge.claimOnL1(message, at))
    l1.chain.block.timestamp += 100n
    expect((await bridge.claimOnL1(message, at)).error).toBeUndefined()
  })

  it('67, 70, 75 changed message, index, path, or an outbox that does not have it', async () => {
    const { l1 } = bridge
    await bridge.deposit({ value: ETHER })
    const before = await bridge.settle()
    const message = await bridge.withdraw({ value: 10n })
    const other = await bridge.withdraw({ value: 20n })
    const at = await bridge.settle()
    const path = bridge.outbox.tree.path(0)
    for (const change of [
      { value: 11n },
      { to: CAROL },
      { sender: BOB },
      { index: 1n },
      { index: 2n },
      { index: 2n ** 32n },
    ]) {
      await refused(l1.chain, 'WithdrawalVerifier_NotInOutbox', () =>
        bridge.claimOnL1({ ...message, ...change }, at, { path }),
      )
    }
    await refused(l1.chain, 'WithdrawalVerifier_NotInOutbox', () =>
      bridge.claimOnL1(message, at, { path: bridge.outbox.tree.path(1) }),
    )
    await refused(l1.chain, 'WithdrawalVerifier_NotInOutbox', () => bridge.claimOnL1(other, at, { path: [] }))
    // the state before the first withdrawal: slot 0 is absent
    await refused(l1.chain, 'WithdrawalVerifier_NotInOutbox', () => bridge.claimOnL1(message, before, { path }))
  })

  it('68, 74 a broken state proof', async () => {
    const { l1, l2 } = bridge
    await bridge.deposit({ value: ETHER })
    const message = await bridge.withdraw({ value: 10n })
    await l2.setCode(CAROL, '0x00')
    await l2.setStorage(CAROL, 0n, bridge.outbox.tree.root())
    const at = await bridge.settle()
    const fake = await l2.proof(CAROL, 0n)
    const attempts = [
      { ...at, accountProof: [] },
      { ...at, storageProof: [] },
      { ...at, accountProof: at.accountProof.slice(1) },
      { ...at, accountProof: [...at.accountProof, at.accountProof[0] as Hex] },
      { ...at, storageProof: [...at.storageProof].reverse() },
      { ...at, accountProof: fake.accountProof, storageProof: fake.storageProof },
      { ...at, l2Block: 0n },
    ]
    for (const attempt of attempts) await refused(l1.chain, undefined, () => bridge.claimOnL1(message, attempt))
    expect((await bridge.claimOnL1(message, at)).error).toBeUndefined()
  })

  it('76, 77 never more than was put in and backed, whatever the balance is', async () => {
    bridge = await createBridge({}, { backing: 100n })
    const { l1 } = bridge
    expect(await l1.chain.read(l1.messenger, l1Abi, 'BACKING')).toBe(100n)
    expect(await l1.chain.balance(l1.messenger)).toBe(100n)
    await bridge.deposit({ value: 40n, fee: 2n })
    const exact = await bridge.withdraw({ value: 141n, fee: 1n })
    const more = await bridge.withdraw({ value: 1n })
    const at = await bridge.settle()
    await l1.chain.setBalance(l1.messenger, ETHER)
    expect((await bridge.claimOnL1(exact, at)).error).toBeUndefined()
    await refused(l1.chain, 'L1Messenger_EscrowExceeded', () => bridge.claimOnL1(more, at))
    await bridge.deposit({ value: 1n })
    expect((await bridge.claimOnL1(more, at)).error).toBeUndefined()
  })
})
