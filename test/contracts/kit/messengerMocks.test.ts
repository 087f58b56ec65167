import { encodeFunctionData, type Hex, keccak256, toFunctionSelector, zeroAddress } from 'viem'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createMessageTree, messageHash } from '../../../rollup/messages/messages.ts'
import type { Message } from '../../../rollup/types.ts'
import type { Artifact } from '../../../scripts/lib/solidity.mjs'
import { compile } from '../../compile.ts'
import { L1_CHAIN_ID, L2_CHAIN_ID, L2_MESSENGER, L2_TOKEN_BRIDGE } from '../setup.ts'
import { ALICE, BOB, type Chain, type Outcome } from '../vm.ts'
import { BACKING, claimingMocks, deliveringMocks, type Pair, realPair, type Side } from './pairs.ts'

/** What is said of the real messengers here holds of the mocks: each case runs against all of them. */
const PAIRS = [
  ['the real contracts', realPair],
  ['the mocks, claiming', claimingMocks],
  ['the mocks, delivering', deliveringMocks],
] as const

const CAROL: Hex = '0xca40100000000000000000000000000000000004'
const Mode = { Accept: 0, Revert: 1, ReturnBomb: 2, RevertBomb: 3, Reenter: 4, BurnInside: 5 } as const

let receiverArtifact: Artifact
beforeAll(() => {
  receiverArtifact = compile({ Receiver: 'test/contracts/Receivers.sol' }).Receiver
})

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

const lower = (value: unknown) =>
  JSON.parse(JSON.stringify(value, (_, item) => (typeof item === 'bigint' ? `${item}n` : item)).toLowerCase())

async function refused(error: string, attempt: () => Promise<Outcome>): Promise<Outcome> {
  const outcome = await attempt()
  expect([outcome.ok, outcome.error]).toEqual([false, error])
  return outcome
}

describe.each(PAIRS)('%s', (_name, create) => {
  let pair: Pair
  beforeEach(async () => {
    pair = await create()
  })

  describe.each([
    ['from L1 to L2', 'l1', 'l2'],
    ['from L2 to L1', 'l2', 'l1'],
  ] as const)('%s', (_direction, source, destination) => {
    let from: Side
    let to: Side
    beforeEach(() => {
      from = pair[source]
      to = pair[destination]
    })

    async function sent(sending: Parameters<Side['send']>[0]): Promise<Message> {
      const { outcome, message } = await from.send(sending)
      expect(outcome.error).toBeUndefined()
      return message
    }

    it('arrives with value, data, sender and fee', async () => {
      const receiver = await receiverOn(to.chain)
      const { outcome, message } = await from.send({
        to: receiver.address,
        value: 700n,
        fee: 5n,
        gasLimit: 500_000n,
        data: '0x12345678aa',
      })
      const { index, sender, to: target, ...rest } = message
      const args = { index, sender, to: target, ...rest }
      expect(lower(outcome.events)).toEqual(lower([{ name: 'MessageSent', args }]))
      const delivery = await to.deliver(message, { fee: CAROL })
      expect(delivery.error).toBeUndefined()
      const told = { index: 0n, sender: ALICE, to: receiver.address, feeRecipient: CAROL }
      expect(lower(delivery.events)).toEqual(lower([{ name: 'MessageDelivered', args: told }]))
      expect(await to.chain.balance(receiver.address)).toBe(700n)
      expect(await to.chain.balance(CAROL)).toBe(5n)
      expect(await receiver.read('valueSeen')).toBe(700n)
      expect(await receiver.read('dataHash')).toBe(keccak256('0x12345678aa'))
      expect(lower(await receiver.read('senderSeen'))).toBe(ALICE)
      expect(await receiver.read('nestedSaw')).toBe(false)
      expect(await to.chain.read(to.messenger, to.abi, 'delivered', [0n])).toBe(true)
      expect(await to.chain.read(to.messenger, to.abi, 'delivered', [1n])).toBe(false)
    })

    it('has the Merkle root and the siblings of a real outbox', async () => {
      const tree = createMessageTree()
      const chainIds = [BigInt(L1_CHAIN_ID), L2_CHAIN_ID] as const
      const [here, there] = source === 'l1' ? chainIds : ([chainIds[1], chainIds[0]] as const)
      expect(BigInt(await from.root())).toBe(0n)
      let leaf: Hex = '0x'
      for (let index = 0; index < 5; index++) {
        leaf = messageHash(await sent({ value: BigInt(index), data: '0x01' }), here, there)
        tree.append(leaf)
        expect(await from.root()).toBe(tree.root())
      }
      const branch = await from.chain.read<Hex[]>(from.messenger, from.abi, 'branch')
      expect(branch).toHaveLength(32)
      // of the fifth message: itself, and the subtree of the four before it
      expect([branch[0], branch[2]]).toEqual([leaf, tree.path(4, 5)[2]])
    })

    it('is delivered once', async () => {
      const messages = [await sent({}), await sent({ value: 1n })]
      expect((await to.deliver(messages[1] as Message)).ok).toBe(true)
      const again = await refused('Messages_AlreadyDelivered', () => to.deliver(messages[1] as Message))
      expect(again.errorArgs).toEqual([1n])
      expect((await to.deliver(messages[0] as Message)).ok).toBe(true)
    })

    it.each([
      ['Messages_FeeExceedsValue', { fee: 2n, value: -1n }],
      ['Messages_GasLimitTooLow', { gasLimit: 0n }],
      ['Messages_GasLimitTooHigh', { gasLimit: 8_000_001n }],
      ['Messages_DataTooLong', { data: `0x${'00'.repeat(16_385)}` as Hex }],
    ])('%s when it is sent', async (error, sending) => {
      await refused(error, async () => (await from.send(sending)).outcome)
    })

    it('may have the highest gas limit and the longest data', async () => {
      const message = await sent({ gasLimit: 8_000_000n, data: `0x${'ff'.repeat(16_384)}` })
      expect((await to.deliver(message)).error).toBeUndefined()
    })

    it('never calls the contracts of its own rollup', async () => {
      const targets = source === 'l1' ? [L2_MESSENGER, L2_TOKEN_BRIDGE] : [pair.l1.messenger, pair.rollup, pair.bridge]
      for (const target of targets) {
        const attempt = async () => (await from.send({ to: target })).outcome
        const { errorArgs } = await refused('Messages_ForbiddenTarget', attempt)
        expect(lower(errorArgs)).toEqual(lower([target]))
      }
      const [bridge, peer] = source === 'l1' ? [pair.bridge, L2_TOKEN_BRIDGE] : [L2_TOKEN_BRIDGE, pair.bridge]
      expect((await from.send({ from: bridge, to: peer })).outcome.error).toBeUndefined()
    })

    it('stays claimable when its receiver refuses it', async () => {
      const receiver = await receiverOn(to.chain)
      const message = await sent({ to: receiver.address, value: 3n, gasLimit: 600_000n, data: '0x01' })
      for (const mode of [Mode.Revert, Mode.RevertBomb]) {
        await receiver.set(mode)
        await refused('Messages_DeliveryFailed', () => to.deliver(message))
      }
      await receiver.set(Mode.Accept)
      expect((await to.deliver(message)).ok).toBe(true)
      expect(await receiver.read('calls')).toBe(1n)
    })

    it('gives its receiver the gas that was promised, or fails', async () => {
      const receiver = await receiverOn(to.chain)
      const message = await sent({ to: receiver.address, gasLimit: 2_000_000n, data: '0x01' })
      for (const gas of [1_000_000n, 2_000_000n]) {
        await refused('Messages_InsufficientGas', () => to.deliver(message, { gas }))
      }
      expect((await to.deliver(message, { gas: 3_000_000n })).error).toBeUndefined()
      const entry = await receiver.read<bigint>('gasAtEntry')
      expect(entry).toBeGreaterThan(1_990_000n)
      expect(entry).toBeLessThanOrEqual(2_000_000n)
    })

    it('stays claimable when the fee is refused', async () => {
      const collector = await receiverOn(to.chain)
      await collector.set(Mode.Revert)
      const message = await sent({ fee: 5n })
      await refused('Messages_FeePaymentFailed', () => to.deliver(message, { fee: collector.address }))
      expect((await to.deliver(message, { fee: CAROL })).ok).toBe(true)
    })

    it('does not pay for a return bomb', async () => {
      const receiver = await receiverOn(to.chain)
      await receiver.set(Mode.ReturnBomb)
      const message = await sent({ to: receiver.address, gasLimit: 5_000_000n, data: '0x01' })
      expect((await to.deliver(message)).gasUsed).toBeLessThan(5_000_000n)
    })

    it('may be answered by its receiver', async () => {
      const receiver = await receiverOn(to.chain)
      const message = await sent({ to: receiver.address, value: 9n, gasLimit: 3_000_000n, data: '0x01' })
      const args = [BOB, 1n, 100_000n, '0x']
      const sending = encodeFunctionData({ abi: to.abi as Artifact['abi'], functionName: 'sendMessage', args })
      await receiver.set(Mode.Reenter, to.messenger, sending, 9n)
      expect((await to.deliver(message)).error).toBeUndefined()
      expect(await receiver.read('reentryOk')).toBe(true)
    })

    it('cannot be delivered inside another delivery', async () => {
      const receiver = await receiverOn(to.chain)
      const [inner, outer] = [await sent({}), await sent({ to: receiver.address, gasLimit: 3_000_000n, data: '0x01' })]
      await receiver.set(Mode.Reenter, to.messenger, to.calldata(inner))
      expect((await to.deliver(outer)).error).toBeUndefined()
      expect(await receiver.read('reentryOk')).toBe(false)
      expect(await receiver.read('reentryData')).toBe(toFunctionSelector('ReentrancyGuardReentrantCall()'))
      expect((await to.deliver(inner)).ok).toBe(true)
    })

    it('tells nobody its sender when it is not delivered', async () => {
      const name = destination === 'l1' ? 'l2Sender' : 'l1Sender'
      await expect(to.chain.read(to.messenger, to.abi, name)).rejects.toThrow('Messages_NoMessage')
    })
  })

  it('pays no more out of the escrow of L1 than was put in', async () => {
    const { l1, l2 } = pair
    const all = (await l2.send({ value: BACKING })).message
    const more = (await l2.send({ value: 1n })).message
    expect((await l1.deliver(all)).ok).toBe(true)
    await refused('L1Messenger_EscrowExceeded', () => l1.deliver(more))
    await l1.send({ value: 1n })
    expect((await l1.deliver(more)).ok).toBe(true)
    const read = (name: string) => l1.chain.read<bigint>(l1.messenger, l1.abi, name)
    expect([await read('totalIn'), await read('totalOut'), await read('BACKING')]).toEqual([1n, BACKING + 1n, BACKING])
  })

  it('proves inbox roots on L2, one id for each, and delivers what was sent before', async () => {
    const { l1, l2 } = pair
    const read = <T>(name: string, ...args: unknown[]) => l2.chain.read<T>(l2.messenger, l2.abi, name, args)
    expect((await pair.proveInbox()).error).toBe('L2Messenger_EmptyInbox')
    const first = (await l1.send({ value: 1n })).message
    expect((await pair.claimUnderRoot(first, 1n)).error).toBe('L2Messenger_UnknownRoot')
    const proven = await pair.proveInbox()
    expect(proven.events).toMatchObject([{ name: 'InboxProven', args: { rootId: 1n, root: await l1.root() } }])
    expect((await pair.proveInbox()).events).toEqual([])
    const second = (await l1.send({ value: 2n })).message
    expect((await pair.claimUnderRoot(second, 1n)).error).toBe('L2Messenger_NotInInbox')
    expect((await pair.proveInbox()).ok).toBe(true)
    expect([await read('latestRootId'), await read('provenRoot', 2n)]).toEqual([2n, await l1.root()])
    expect(await pair.claimUnderRoot(second, 3n)).toMatchObject({ error: 'L2Messenger_UnknownRoot', errorArgs: [3n] })
    for (const message of [second, first]) expect((await pair.claimUnderRoot(message, 2n)).error).toBeUndefined()
    expect((await pair.claimUnderRoot(first, 2n)).error).toBe('Messages_AlreadyDelivered')
  })

  it('knows the other side', async () => {
    const { l1, l2 } = pair
    const [ofL1, ofL2] = [l1, l2].map(
      ({ chain, messenger, abi }) =>
        (name: string) =>
          chain.read(messenger, abi, name),
    )
    expect(
      lower(await Promise.all(['l1Messenger', 'l1Rollup', 'l1TokenBridge', 'l1ChainId'].map((name) => ofL2?.(name)))),
    ).toEqual(lower([l1.messenger, pair.rollup, pair.bridge, BigInt(L1_CHAIN_ID)]))
    expect(
      lower(await Promise.all(['L2_MESSENGER', 'ROLLUP', 'TOKEN_BRIDGE', 'L2_CHAIN_ID'].map((name) => ofL1?.(name)))),
    ).toEqual(lower([L2_MESSENGER, pair.rollup, pair.bridge, L2_CHAIN_ID]))
  })
})
