import { type Abi, encodeFunctionData, type Hex, keccak256, parseAbi, toHex } from 'viem'
import { beforeEach, describe, expect, it } from 'vitest'
import { createMessageTree, messageHash } from '../../../rollup/messages/messages.ts'
import type { Message } from '../../../rollup/types.ts'
import { compile } from '../../compile.ts'
import {
  CROSS_MESSENGER,
  type CrossProof,
  createRollups,
  crossAbi,
  l1Abi,
  type Rollup,
  type Rollups,
  routerAbi,
  sentMessage,
} from '../rollups.ts'
import { L1_CHAIN_ID, L2_MESSENGER } from '../setup.ts'
import { ALICE, BOB, type Chain, createChain, type Outcome } from '../vm.ts'

const kit = compile({
  CrossMessengerMock: 'contracts/kit/mocks/CrossMessengerMock.sol',
  CrossCounter: 'test/contracts/kit/CrossCounters.sol',
  RoutedInbox: 'test/contracts/kit/CrossCounters.sol',
  CrossReceiver: 'test/contracts/CrossReceivers.sol',
})
const CAROL: Hex = '0xca40100000000000000000000000000000000004'
const [A, B] = [28_079n, 28_080n]

type Sending = { to?: Hex; gasLimit?: bigint; data?: Hex; from?: Hex }
/** Messages of rollup A that are delivered on rollup B. */
type Way = {
  source: Chain
  destination: Chain
  abi: Abi
  /** a message in A's outbox, for a rollup that is B by default */
  sent(sending: Sending, to?: bigint): Promise<Message>
  claim(message: Message, options?: { gas?: bigint }): Promise<Outcome>
}

async function realWay(): Promise<Way> {
  const of = await createRollups()
  const [a, b] = of.rollups as [Rollup, Rollup]
  return {
    source: a.chain,
    destination: b.chain,
    abi: crossAbi as Abi,
    sent: (sending, to = B) => of.sendCross(a, to, sending),
    async claim(message, options) {
      const at = await of.settle(a)
      return of.claimCross(b, message, await of.proveCross(a, b, message, at), options)
    },
  }
}

const NO_PROOF: Omit<CrossProof, 'sourceChainId'> = {
  sourceBlock: 0n,
  anchorTimestamp: 0n,
  l1Header: '0x',
  rollupAccountProof: [],
  rollupStorageProof: [],
  messengerAccountProof: [],
  messengerStorageProof: [],
  path: [],
}

/** Two chains, so that each has a chain id of its own; what is sent on A is put into the mock on B by `sendFrom`. */
async function mockWay(): Promise<Way> {
  const { abi, runtimeCode } = kit.CrossMessengerMock
  const [source, destination] = [await createChain({ chainId: Number(A) }), await createChain({ chainId: Number(B) })]
  for (const chain of [source, destination]) {
    await chain.setCode(CROSS_MESSENGER, runtimeCode)
    await chain.setBalance(ALICE, 10n ** 24n)
    expect((await chain.send(CROSS_MESSENGER, abi, 'setL1ChainId', [L1_CHAIN_ID])).ok).toBe(true)
  }
  let count = 0n
  return {
    source,
    destination,
    abi,
    async sent({ to = BOB, gasLimit = 500_000n, data = '0x', from = ALICE }, destinationChainId = B) {
      const args = [destinationChainId, to, gasLimit, data]
      const outcome = await source.send(CROSS_MESSENGER, abi, 'sendMessage', args, { from })
      if (!outcome.ok) throw new Error(`sendMessage failed: ${outcome.error}`)
      if (destinationChainId === B) {
        expect((await destination.send(CROSS_MESSENGER, abi, 'sendFrom', [A, from, to, gasLimit, data])).ok).toBe(true)
      }
      return { sender: from, to, value: 0n, fee: 0n, gasLimit, data, index: count++ }
    },
    claim: (message, options) =>
      destination.send(CROSS_MESSENGER, abi, 'claim', [message, { sourceChainId: A, ...NO_PROOF }], options),
  }
}

const lower = (value: unknown) =>
  JSON.parse(JSON.stringify(value, (_, item) => (typeof item === 'bigint' ? `${item}n` : item)).toLowerCase())

describe.each([
  ['the real contract', realWay],
  ['the mock', mockWay],
] as const)('%s', (_name, create) => {
  let way: Way
  beforeEach(async () => {
    way = await create()
  })

  const send = (...args: unknown[]) => way.source.send(CROSS_MESSENGER, way.abi, 'sendMessage', args)
  async function receiver() {
    const { address } = await way.destination.deploy(kit.CrossReceiver)
    const { abi } = kit.CrossReceiver
    return {
      address,
      refuse: (refuses: boolean) => way.destination.send(address, abi, 'setRefuses', [refuses]),
      read: <T>(name: string) => way.destination.read<T>(address, abi, name),
    }
  }

  it('delivers with source, sender and data, once', async () => {
    const { address, read } = await receiver()
    const message = await way.sent({ to: address, data: '0xc0ffee', from: CAROL, gasLimit: 700_000n })
    const outcome = await way.claim(message)
    expect(outcome.error).toBeUndefined()
    const args = { sourceChainId: A, index: 0n, sender: CAROL, to: address }
    expect(lower(outcome.events)).toEqual(lower([{ name: 'CrossMessageDelivered', args }]))
    expect(lower([await read('chainSeen'), await read('senderSeen')])).toEqual([`${A}n`, CAROL])
    expect([await read('dataHash'), await read('nestedSaw')]).toEqual([keccak256('0xc0ffee'), false])
    expect(await way.destination.read(CROSS_MESSENGER, way.abi, 'delivered', [A, 0n])).toBe(true)
    expect(await way.destination.read(CROSS_MESSENGER, way.abi, 'delivered', [B, 0n])).toBe(false)
    expect(await way.claim(message)).toMatchObject({ error: 'Messages_AlreadyDelivered', errorArgs: [0n] })
    await expect(way.destination.read(CROSS_MESSENGER, way.abi, 'crossSender')).rejects.toThrow('Messages_NoMessage')
  })

  it('keeps an outbox with a root and a count', async () => {
    const tree = createMessageTree()
    for (const data of ['0x01', '0x02', '0x03'] as const) {
      tree.append(messageHash(await way.sent({ data }), A, B))
      expect(await way.source.read(CROSS_MESSENGER, way.abi, 'outboxRoot')).toBe(tree.root())
    }
    expect(await way.source.read(CROSS_MESSENGER, way.abi, 'outboxCount')).toBe(3n)
  })

  it.each([
    ['this chain', 'CrossMessenger_ForbiddenDestination', [A, BOB, 100_000n, '0x']],
    ['L1', 'CrossMessenger_ForbiddenDestination', [BigInt(L1_CHAIN_ID), BOB, 100_000n, '0x']],
    ['the messenger to L1', 'Messages_ForbiddenTarget', [B, L2_MESSENGER, 100_000n, '0x']],
    ['itself', 'Messages_ForbiddenTarget', [B, CROSS_MESSENGER, 100_000n, '0x']],
    ['no gas', 'Messages_GasLimitTooLow', [B, BOB, 0n, '0x']],
    ['much gas', 'Messages_GasLimitTooHigh', [B, BOB, 8_000_001n, '0x']],
    ['much data', 'Messages_DataTooLong', [B, BOB, 100_000n, `0x${'00'.repeat(16_385)}`]],
  ])('sends nothing with %s', async (_what, error, args) => {
    expect((await send(...args)).error).toBe(error)
  })

  it.each([
    [{ sender: CAROL }, 'CrossMessenger_NotInOutbox'],
    [{ data: '0x0103' as Hex }, 'CrossMessenger_NotInOutbox'],
    [{ index: 1n }, 'CrossMessenger_NotInOutbox'],
    [{ value: 1n }, 'CrossMessenger_CarriesValue'],
  ] as const)('delivers nothing else: %o', async (change, error) => {
    const message = await way.sent({ data: '0x0102' })
    await way.sent({ data: '0x02' })
    expect((await way.claim({ ...message, ...change })).error).toBe(error)
  })

  it('delivers no message that is for another rollup', async () => {
    expect((await way.claim(await way.sent({}, 30_000n))).error).toBe('CrossMessenger_NotInOutbox')
  })

  it('keeps what is refused claimable, and gives the promised gas', async () => {
    const { address, refuse, read } = await receiver()
    const message = await way.sent({ to: address, gasLimit: 2_000_000n })
    await refuse(true)
    expect((await way.claim(message)).error).toBe('Messages_DeliveryFailed')
    await refuse(false)
    expect((await way.claim(message, { gas: 2_000_000n })).error).toBe('Messages_InsufficientGas')
    expect((await way.claim(message, { gas: 3_000_000n })).error).toBeUndefined()
    expect(await read<bigint>('gasAtEntry')).toBeGreaterThan(1_990_000n)
  })

  it('is heard by a CrossRollupReceiver, for one sender of one rollup', async () => {
    const { address } = await way.destination.deploy(kit.CrossCounter, [A, ALICE])
    const { abi } = kit.CrossCounter
    const data = encodeFunctionData({ abi, functionName: 'add', args: [7n] })
    expect((await way.claim(await way.sent({ to: address, data }))).error).toBeUndefined()
    const stranger = await way.sent({ to: address, data, from: CAROL })
    expect((await way.claim(stranger)).error).toBe('Messages_DeliveryFailed')
    expect((await way.destination.send(address, abi, 'add', [7n])).error).toBe('CrossRollupReceiver_NotMessenger')
    expect(await way.destination.read(address, abi, 'count')).toBe(7n)
  })
})

describe('RoutedMessageReceiver', () => {
  let of: Rollups
  let a: Rollup
  let b: Rollup
  let inbox: Hex
  const { abi } = kit.RoutedInbox
  beforeEach(async () => {
    of = await createRollups()
    ;[a, b] = of.rollups as [Rollup, Rollup]
    inbox = (await b.chain.deploy(kit.RoutedInbox, [of.router])).address
  })
  const read = (name: string) => b.chain.read(inbox, abi, name)

  it('gets messages of another rollup by way of L1, with their ETH', async () => {
    const args = [B, inbox, 0n, 1_000_000n, toHex('hello')] as const
    const data = encodeFunctionData({ abi: routerAbi, functionName: 'forward', args })
    const message = await of.send(a, { value: 3n, data })
    const routed = await of.claimOnL1(a, message, await of.settle(a))
    const onwards = sentMessage(routed, b.inbox, [BigInt(L1_CHAIN_ID), B])
    expect((await of.claimOnL2(b, onwards)).error).toBeUndefined()
    const seen = await Promise.all(['chainSeen', 'senderSeen', 'dataSeen', 'valueSeen'].map(read))
    expect(lower(seen)).toEqual(lower([A, ALICE, toHex('hello'), 3n]))
  })

  it('refuses everybody else', async () => {
    const receiverAbi = parseAbi(['function receiveCrossMessage(uint64, address, bytes) payable'])
    const args = [A, ALICE, '0x01'] as const
    const direct = await b.chain.send(inbox, [...receiverAbi, ...abi], 'receiveCrossMessage', [...args])
    expect(direct.error).toBe('L1MessageReceiver_NotMessenger')
    // a message of somebody on L1 who says that the router speaks
    const data = encodeFunctionData({ abi: receiverAbi, functionName: 'receiveCrossMessage', args })
    const forged = await of.l1.chain.send(b.messenger, l1Abi, 'sendMessage', [inbox, 0n, 1_000_000n, data])
    const message = sentMessage(forged, b.inbox, [BigInt(L1_CHAIN_ID), B])
    expect((await of.claimOnL2(b, message)).error).toBe('Messages_DeliveryFailed')
    expect(await read('chainSeen')).toBe(0n)
  })
})
