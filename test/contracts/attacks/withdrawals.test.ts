import { decodeFunctionResult, type Hex, keccak256, toHex } from 'viem'
import { beforeEach, describe, expect, it } from 'vitest'
import { multicall3 } from '../../../genesis/generated/Multicall3.ts'
import type { Message } from '../../../rollup/types.ts'
import { createRandom } from '../../../scripts/fixtures/random.ts'
import { type Bridge, createBridge, forgeWithdrawal, l1Abi, word } from '../bridge.ts'
import { L2_MESSENGER } from '../setup.ts'
import { ALICE, BOB } from '../vm.ts'
import { accepted, refused, selectorOf, unchanged } from './support.ts'

const ETHER = 10n ** 18n
const CAROL: Hex = '0xca40100000000000000000000000000000000004'

let bridge: Bridge
beforeEach(async () => {
  bridge = await createBridge()
  await bridge.deposit({ value: ETHER })
})
const onL1 = (error: string, attack: Parameters<typeof refused>[2], args?: readonly unknown[]) =>
  refused(bridge.l1.chain, error, attack, args)

describe('the state that a withdrawal is claimed against', () => {
  it('65 is not settled, or has left the ring', async () => {
    const { chain, rollup } = bridge.l1
    const message = await bridge.withdraw({ value: 1n })
    const at = await bridge.settle()
    for (const l2Block of [2n, 8_193n, 2n ** 64n - 1n]) {
      await onL1('NativeRollup_UnknownBlock', () => bridge.claimOnL1(message, { ...at, l2Block }))
    }
    // the head moved on by 8,192 blocks, and by 8,191
    const slot1 = BigInt(await chain.getStorage(rollup, 1n))
    const withHead = (number: bigint) => word(((slot1 >> 64n) << 64n) | number)
    await chain.setStorage(rollup, 1n, withHead(8_193n))
    await onL1('NativeRollup_UnknownBlock', () => bridge.claimOnL1(message, at))
    await chain.setStorage(rollup, 1n, withHead(8_192n))
    await accepted(bridge.claimOnL1(message, at))
  })

  it('65 is not final', async () => {
    bridge = await createBridge({ finalityDelay: 100n })
    await bridge.deposit({ value: ETHER })
    const { chain } = bridge.l1
    const message = await bridge.withdraw({ value: 1n })
    const at = await bridge.settle()
    for (const wait of [0n, 99n]) {
      chain.block.timestamp += wait
      await onL1('NativeRollup_NotFinal', () => bridge.claimOnL1(message, at))
    }
    chain.block.timestamp += 1n
    await accepted(bridge.claimOnL1(message, at))
  })

  it('70 shows that the outbox has nothing: before the first message, and without a messenger', async () => {
    const before = await bridge.settle()
    const message = await bridge.withdraw({ value: 10n })
    const path = bridge.outbox.tree.path(0)
    await onL1('WithdrawalVerifier_NotInOutbox', () => bridge.claimOnL1(message, before, { path }))
    const { accountProof } = await bridge.l2.proof(CAROL, 0n)
    await onL1('Mpt_InvalidProof', () =>
      bridge.claimOnL1(message, { ...before, accountProof, storageProof: [] }, { path }),
    )
  })
})

describe('a withdrawal', () => {
  it('66 twice in one transaction', async () => {
    const { chain, messenger } = bridge.l1
    const message = await bridge.withdraw({ value: 5n })
    const at = await bridge.settle()
    const { address } = await chain.deploy(multicall3)
    const call = { target: messenger, allowFailure: true, callData: bridge.claimOnL1Data(message, at) }
    const outcome = await accepted(chain.send(address, multicall3.abi, 'aggregate3', [[call, call]]))
    const results = decodeFunctionResult({ abi: multicall3.abi, functionName: 'aggregate3', data: outcome.data })
    expect(results).toEqual([
      { success: true, returnData: '0x' },
      { success: false, returnData: `${selectorOf('Messages_AlreadyDelivered')}${word(0).slice(2)}` },
    ])
    expect(await chain.balance(BOB)).toBe(5n)
  })

  it('66 again under the same root, under another, and by another', async () => {
    const message = await bridge.withdraw({ value: 5n })
    const at = await bridge.settle()
    await accepted(bridge.claimOnL1(message, at))
    await onL1('Messages_AlreadyDelivered', () => bridge.claimOnL1(message, at), [0n])
    await bridge.withdraw({ value: 1n })
    const later = await bridge.settle()
    await onL1('Messages_AlreadyDelivered', () => bridge.claimOnL1(message, later, { from: CAROL, fee: CAROL }), [0n])
    expect(await bridge.l1.chain.balance(BOB)).toBe(5n)
  })

  const CHANGES: [string, Partial<Message>][] = [
    ['67 with a larger amount', { value: 11n }],
    ['67 with another receiver', { to: CAROL }],
    ['67 with another sender', { sender: BOB }],
    ['67 with value turned into fee', { value: 9n, fee: 2n }],
    ['67 with another gas limit', { gasLimit: 8_000_000n }],
    ['67 with other data', { data: '0x02' }],
    ['75 at the next index', { index: 1n }],
    ['75 at an index beyond the count', { index: 2n }],
    ['75 at index + 2^31', { index: 2n ** 31n }],
    ['75 at index + 2^32', { index: 2n ** 32n }],
    ['75 at index 2^64 - 1', { index: 2n ** 64n - 1n }],
  ]
  it.each(CHANGES)('%s', async (_name, change) => {
    const message = await bridge.withdraw({ value: 10n, fee: 1n, data: '0x01' })
    await bridge.withdraw({ value: 20n })
    const at = await bridge.settle()
    const path = bridge.outbox.tree.path(0)
    await onL1('WithdrawalVerifier_NotInOutbox', () => bridge.claimOnL1({ ...message, ...change }, at, { path }))
    await accepted(bridge.claimOnL1(message, at, { path }))
  })

  it('75 with the path of another index, shorter or longer', async () => {
    const message = await bridge.withdraw({ value: 10n })
    await bridge.withdraw({ value: 20n })
    await bridge.withdraw({ value: 30n })
    const at = await bridge.settle()
    const path = bridge.outbox.tree.path(0)
    const { tree } = bridge.outbox
    const paths = [tree.path(1), tree.path(2), [], path.slice(1), [...path, ...path], Array(33).fill(word(0))]
    for (const bad of paths) {
      await onL1('WithdrawalVerifier_NotInOutbox', () => bridge.claimOnL1(message, at, { path: bad }))
    }
  })

  it('74 by the proof of another account with the same storage', async () => {
    const { l2 } = bridge
    const message = await bridge.withdraw({ value: 10n })
    // a contract of the attacker's on L2, with an outbox of the attacker's own
    const forged = { ...message, value: ETHER }
    await l2.setCode(CAROL, '0x00')
    await l2.setStorage(CAROL, 0n, keccak256('0x0bad'))
    const at = await bridge.settle()
    const fake = await l2.proof(CAROL, 0n)
    const attacks = [
      fake,
      { accountProof: at.accountProof, storageProof: fake.storageProof },
      { accountProof: fake.accountProof, storageProof: at.storageProof },
      { accountProof: [], storageProof: [] },
      { accountProof: [], storageProof: at.storageProof },
      { accountProof: at.accountProof, storageProof: [] },
      { accountProof: at.storageProof, storageProof: at.accountProof },
    ]
    for (const proof of attacks) {
      await onL1('Mpt_InvalidProof', () => bridge.claimOnL1(forged, { ...at, ...proof }))
      await onL1('Mpt_InvalidProof', () => bridge.claimOnL1(message, { ...at, ...proof }))
    }
    // the true proof under the root of another block
    await onL1('Mpt_InvalidProof', () => bridge.claimOnL1(message, { ...at, l2Block: 0n }))
    await accepted(bridge.claimOnL1(message, at))
  })
})

describe('the escrow', () => {
  beforeEach(async () => {
    bridge = await createBridge({}, { backing: 100n })
    await bridge.deposit({ value: 40n, fee: 2n })
  })

  it('76 never pays more than was put in and backed, to the wei', async () => {
    const exact = await bridge.withdraw({ value: 141n, fee: 1n })
    const more = await bridge.withdraw({ value: 1n })
    const fee = await bridge.withdraw({ value: 0n, fee: 1n })
    const at = await bridge.settle()
    await accepted(bridge.claimOnL1(exact, at))
    expect(await bridge.l1.chain.balance(bridge.l1.messenger)).toBe(0n)
    await onL1('L1Messenger_EscrowExceeded', () => bridge.claimOnL1(more, at))
    await onL1('L1Messenger_EscrowExceeded', () => bridge.claimOnL1(fee, at))
    // claimable again as soon as it is covered
    await bridge.deposit({ value: 1n })
    await accepted(bridge.claimOnL1(more, at))
  })

  it('76 amounts that overflow together', async () => {
    const plain = { sender: BOB, to: BOB, fee: 0n, gasLimit: 100_000n, data: '0x' } as const
    const huge = await forgeWithdrawal(bridge, { ...plain, value: 2n ** 256n - 1n })
    const both = await forgeWithdrawal(bridge, { ...plain, value: 1n, fee: 2n ** 256n - 1n })
    const one = await forgeWithdrawal(bridge, { ...plain, value: 1n })
    const at = await bridge.settle()
    await onL1('L1Messenger_EscrowExceeded', () => bridge.claimOnL1(huge, at))
    await accepted(bridge.claimOnL1(one, at))
    for (const message of [huge, both]) {
      const outcome = await unchanged(bridge.l1.chain, () => bridge.claimOnL1(message, at))
      // Panic(0x11), the overflow check of the language
      expect([outcome.ok, outcome.data]).toEqual([false, `0x4e487b71${word(0x11).slice(2)}`])
    }
  })

  it.each(['SELFDESTRUCT', 'the coinbase'] as const)('77 ETH forced in by %s counts for nothing', async (how) => {
    const { chain, messenger } = bridge.l1
    if (how === 'the coinbase') await chain.setBalance(messenger, 142n + ETHER)
    else await chain.deploy({ abi: [], creationCode: `0x73${messenger.slice(2)}ff` }, [], { value: ETHER })
    expect(await chain.balance(messenger)).toBe(142n + ETHER)
    expect(await chain.read(messenger, l1Abi, 'totalIn')).toBe(42n)
    const over = await bridge.withdraw({ value: 143n })
    const exact = await bridge.withdraw({ value: 142n })
    const at = await bridge.settle()
    await onL1('L1Messenger_EscrowExceeded', () => bridge.claimOnL1(over, at))
    await accepted(bridge.claimOnL1(exact, at))
    expect(await chain.balance(messenger)).toBe(ETHER)
  })

  it('77 ETH forced into the messenger on L2 cannot be withdrawn by anyone', async () => {
    const { l2 } = bridge
    await l2.deploy({ abi: [], creationCode: `0x73${L2_MESSENGER.slice(2)}ff` }, [], { value: ETHER })
    const at = await bridge.settle()
    const nobody: Message = { sender: BOB, to: BOB, value: ETHER, fee: 0n, gasLimit: 100_000n, data: '0x', index: 0n }
    await onL1('WithdrawalVerifier_NotInOutbox', () => bridge.claimOnL1(nobody, at, { path: [] }))
    expect(toHex(await l2.balance(L2_MESSENGER))).toBe(toHex(10n ** 27n + ETHER))
  })

  it('78 covers everything owed after any step of random deposits, claims, withdrawals and burns', async () => {
    const random = createRandom(78)
    const { l1 } = bridge
    const open: { toL1: Message[]; toL2: Message[] } = { toL1: [], toL2: [] }
    // what accounts of L2 hold that is backed; whatever else ALICE has there was never put in
    let outside = 100n
    const sum = (messages: Message[]) => messages.reduce((total, { value, fee }) => total + value + fee, 0n)
    open.toL2.push({ sender: ALICE, to: BOB, value: 40n, fee: 2n, gasLimit: 100_000n, data: '0x', index: 0n })
    const steps = {
      deposit: async () => void open.toL2.push(await bridge.deposit({ value: BigInt(random.int(50)), fee: 1n })),
      arrive: async () => {
        const message = open.toL2.splice(random.int(open.toL2.length), 1)[0]
        if (message === undefined) return
        await accepted(bridge.claimOnL2(message, await bridge.anchor()))
        outside += message.value + message.fee
      },
      withdraw: async () => {
        const value = BigInt(random.int(Number(outside) + 1))
        outside -= value
        open.toL1.push(await bridge.withdraw({ value }))
      },
      leave: async () => {
        const message = open.toL1.splice(random.int(open.toL1.length), 1)[0]
        if (message === undefined) return
        const at = await bridge.settle()
        await accepted(bridge.claimOnL1(message, at))
        await onL1('Messages_AlreadyDelivered', () => bridge.claimOnL1(message, at))
      },
      burn: async () => {
        outside -= outside / 10n
      },
    }
    for (let step = 0; step < 60; step++) {
      await steps[random.pick(['deposit', 'arrive', 'withdraw', 'leave', 'burn'] as const)]()
      const [balance, totalIn, totalOut] = [
        await l1.chain.balance(l1.messenger),
        await l1.chain.read<bigint>(l1.messenger, l1Abi, 'totalIn'),
        await l1.chain.read<bigint>(l1.messenger, l1Abi, 'totalOut'),
      ]
      expect(balance).toBe(100n + totalIn - totalOut)
      expect(balance).toBeGreaterThanOrEqual(outside + sum(open.toL1) + sum(open.toL2))
    }
  })
})
