import { type Hex, keccak256 } from 'viem'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Artifact } from '../../scripts/lib/solidity.mjs'
import { compile } from '../compile.ts'
import { type Bridge, createBridge, l1Abi, l2Abi } from './bridge.ts'
import { L2_MESSENGER } from './setup.ts'
import { ALICE, type Chain } from './vm.ts'

const ETHER = 10n ** 18n
const CAROL: Hex = '0xca40100000000000000000000000000000000004'

let receiverArtifact: Artifact
let bridge: Bridge
beforeAll(() => {
  receiverArtifact = compile({ Receiver: 'test/contracts/Receivers.sol' }).Receiver
})
beforeEach(async () => {
  bridge = await createBridge()
})

async function receiverOn(chain: Chain) {
  const { address } = await chain.deploy(receiverArtifact)
  return { address, read: <T>(name: string) => chain.read<T>(address, receiverArtifact.abi, name) }
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
})

const lower = <T>(value: T): T =>
  JSON.parse(JSON.stringify(value, (_, v) => (typeof v === 'bigint' ? `${v}n` : v)).toLowerCase())

describe('proveInbox', () => {
  it('keeps one id per root', async () => {
    await bridge.deposit({ value: 1n })
    const first = await bridge.anchor()
    const same = await bridge.anchor()
    expect(same.rootId).toBe(first.rootId)
    await bridge.deposit({ value: 1n })
    expect((await bridge.anchor()).rootId).toBe(first.rootId + 1n)
    expect(await bridge.l2.read(L2_MESSENGER, l2Abi, 'provenRoot', [first.rootId + 1n])).toBe(bridge.inbox.tree.root())
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
  })

  it('is claimable under every later settled state', async () => {
    await bridge.deposit({ value: ETHER })
    const message = await bridge.withdraw({ value: 1n })
    await bridge.settle()
    for (let i = 0; i < 5; i++) await bridge.withdraw({ value: 1n })
    expect((await bridge.claimOnL1(message, await bridge.settle())).error).toBeUndefined()
  })
})
