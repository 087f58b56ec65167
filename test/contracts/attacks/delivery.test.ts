import { encodeFunctionData, type Hex, parseAbi, toHex, zeroAddress } from 'viem'
import { beforeEach, describe, expect, it } from 'vitest'
import type { Message } from '../../../rollup/types.ts'
import { type Bridge, forgeDeposit, forgeWithdrawal, l1Abi } from '../bridge.ts'
import { L2_MESSENGER, L2_TOKEN_BRIDGE } from '../setup.ts'
import { ALICE, BOB } from '../vm.ts'
import { createDirections, createReceiver, type Direction, Mode } from './receivers.ts'
import { accepted, refused, selectorOf, stopped } from './support.ts'

const CAROL: Hex = '0xca40100000000000000000000000000000000004'
/** promised to the receiver that is starved */
const GAS_LIMIT = 300_000n
const GUARD = 'ReentrancyGuardReentrantCall'

describe.each(['L1 to L2', 'L2 to L1'] as const)('a delivery from %s', (name) => {
  let way: Direction
  beforeEach(async () => {
    const { directions } = await createDirections()
    way = directions.find((direction) => direction.name === name) as Direction
  })
  const refuses = (error: string, attack: Parameters<typeof refused>[2]) => refused(way.chain, error, attack)

  it('55 the receiver reverts, is fixed, and the message arrives', async () => {
    const receiver = await createReceiver(way.chain, Mode.Revert)
    const message = await way.send({ to: receiver.address, value: 7n, gasLimit: 500_000n, data: '0x01' })
    const claim = await way.ready(message)
    await refuses('Messages_DeliveryFailed', () => claim())
    await refuses('Messages_DeliveryFailed', () => claim({ from: BOB }))
    await receiver.set(Mode.Accept)
    await accepted(claim({ from: CAROL }))
    expect(await way.chain.balance(receiver.address)).toBe(7n)
  })

  it('55 the receiver needs more gas than the message has: nothing else suffers', async () => {
    const receiver = await createReceiver(way.chain)
    const claim = await way.ready(await way.send({ to: receiver.address, gasLimit: 1_000n, data: '0x01' }))
    await refuses('Messages_DeliveryFailed', () => claim())
    const next = await way.ready(await way.send({ value: 1n }))
    await accepted(next())
  })

  it.each(['ReturnBomb', 'RevertBomb'] as const)(
    '56 %s of 1 MB: paid for by the message, not by the claimer',
    async (mode) => {
      const receiver = await createReceiver(way.chain, Mode[mode])
      const claim = await way.ready(await way.send({ to: receiver.address, gasLimit: 8_000_000n, data: '0x01' }))
      const attempt = () => claim({ gas: 8_400_000n })
      const outcome =
        mode === 'ReturnBomb' ? await accepted(attempt()) : await refuses('Messages_DeliveryFailed', attempt)
      // memory of 1 MB costs 2.2M gas once, inside the receiver
      expect(outcome.gasUsed).toBeLessThan(2_400_000n)
    },
  )

  it('56 a fee recipient that answers 1 MB', async () => {
    const greedy = await createReceiver(way.chain, Mode.ReturnBomb)
    const claim = await way.ready(await way.send({ value: 2n, fee: 9n }))
    const outcome = await accepted(claim({ fee: greedy.address }))
    expect(outcome.gasUsed).toBeLessThan(2_400_000n)
  })

  it('57 a claim inside a delivery: of the same, and of another message', async () => {
    const receiver = await createReceiver(way.chain)
    const outer = await way.send({ to: receiver.address, value: 1n, gasLimit: 1_000_000n, data: '0x01' })
    const other = await way.send({ to: CAROL, value: 1n })
    for (const inner of [outer, other]) {
      await receiver.set(Mode.Reenter, way.messenger, (await way.ready(inner)).data)
      const trigger = await way.send({ to: receiver.address, gasLimit: 1_000_000n, data: '0x02' })
      const claim = await way.ready(trigger)
      await accepted(claim())
      expect(await receiver.read('reentryOk')).toBe(false)
      expect(await receiver.read('reentryData')).toBe(selectorOf(GUARD))
      expect(await way.chain.read(way.messenger, way.abi, 'delivered', [inner.index])).toBe(false)
    }
    expect(await way.chain.balance(CAROL)).toBe(0n)
    // the guard is gone with the transaction
    await accepted((await way.ready(other))())
  })

  it('58 sending inside a delivery works', async () => {
    const receiver = await createReceiver(way.chain)
    const args = [BOB, 0n, 50_000n, '0x'] as const
    const data = encodeFunctionData({ abi: l1Abi, functionName: 'sendMessage', args })
    await receiver.set(Mode.Reenter, way.messenger, data, 3n)
    const message = await way.send({ to: receiver.address, value: 3n, gasLimit: 1_000_000n, data: '0x01' })
    const outcome = await accepted((await way.ready(message))())
    expect(outcome.events.map(({ name }) => name)).toEqual(['MessageSent', 'MessageDelivered'])
    expect(await receiver.read('reentryOk')).toBe(true)
  })

  it('59 the sender is told to the receiver, during the delivery, and to nobody else', async () => {
    const { chain } = way
    const receiver = await createReceiver(chain)
    const asking = (from: Hex) => chain.send(way.messenger, way.abi, way.senderView, [], { from })
    await refuses('Messages_NoMessage', () => asking(ALICE))
    const message = await way.send({ to: receiver.address, gasLimit: 500_000n, data: '0x01' })
    await accepted((await way.ready(message))())
    expect((await receiver.read<Hex>('senderSeen')).toLowerCase()).toBe(ALICE)
    // one frame further down, during the delivery
    expect(await receiver.read('nestedSaw')).toBe(false)
    await refuses('Messages_NoMessage', () => asking(receiver.address))
    // outside a delivery the receiver is the zero address
    await refuses('Messages_NoMessage', () => asking(zeroAddress))
  })

  it('59 the fee recipient asks while it is paid', async () => {
    const receiver = await createReceiver(way.chain)
    const view = encodeFunctionData({
      abi: parseAbi(['function l1Sender()', 'function l2Sender()']),
      functionName: way.senderView,
    })
    await receiver.set(Mode.Reenter, way.messenger, view)
    const message = await way.send({ to: CAROL, value: 1n, fee: 2n })
    await accepted((await way.ready(message))({ fee: receiver.address }))
    expect(await receiver.read('reentryOk')).toBe(false)
    expect(await receiver.read('reentryData')).toBe(selectorOf('Messages_NoMessage'))
  })

  it('62 the fee recipient reverts, is the messenger, burns everything or claims again', async () => {
    const picky = await createReceiver(way.chain, Mode.Revert)
    const claim = await way.ready(await way.send({ to: CAROL, value: 2n, fee: 9n }))
    await refuses('Messages_FeePaymentFailed', () => claim({ fee: picky.address }))
    await refuses('Messages_FeePaymentFailed', () => claim({ fee: way.messenger }))
    await picky.set(Mode.BurnInside)
    await refuses('Messages_FeePaymentFailed', () => claim({ fee: picky.address, gas: 2_000_000n }))
    await picky.set(Mode.Reenter, way.messenger, claim.data)
    await accepted(claim({ fee: picky.address }))
    expect(await picky.read('reentryOk')).toBe(false)
    expect(await picky.read('reentryData')).toBe(selectorOf(GUARD))
    expect([await way.chain.balance(picky.address), await way.chain.balance(CAROL)]).toEqual([9n, 2n])
  })

  it('62 without a fee nobody is called', async () => {
    const picky = await createReceiver(way.chain, Mode.Revert)
    const claim = await way.ready(await way.send({ to: CAROL, value: 2n }))
    await accepted(claim({ fee: picky.address }))
  })

  it('64 a claim is overtaken for its fee: the receiver is paid all the same', async () => {
    const claim = await way.ready(await way.send({ value: 5n, fee: 3n }))
    await accepted(claim({ from: CAROL, fee: CAROL }))
    await refuses('Messages_AlreadyDelivered', () => claim({ fee: ALICE }))
    expect([await way.chain.balance(CAROL), await way.chain.balance(BOB)]).toEqual([3n, 5n])
  })
})

describe('too little gas for the delivery', () => {
  it.each(['L1 to L2', 'L2 to L1'] as const)(
    '54 %s: the receiver gets its gas or the message stays claimable',
    async (name) => {
      const { directions } = await createDirections(true)
      const way = directions.find((direction) => direction.name === name) as Direction
      const { chain } = way
      const receiver = await createReceiver(chain, Mode.BurnInside)
      const message = (gasLimit: bigint) => way.send({ to: receiver.address, gasLimit, data: '0x01' })
      // the first one pays for new storage: the bitmap's word, what the receiver counts
      await accepted((await way.ready(await message(2_000_000n)))())

      /** Claims with ascending gas until one succeeds; gives that gas. */
      async function ascend(from: bigint, step: bigint): Promise<bigint> {
        const claim = await way.ready(await message(GAS_LIMIT))
        const before = await chain.stateRoot()
        for (let gas = from; ; gas += step) {
          expect(gas).toBeLessThan(1_000_000n)
          const outcome = await claim({ gas })
          if (outcome.ok) {
            expect(await receiver.read('reentryOk')).toBe(true)
            expect(gas).toBeGreaterThan(GAS_LIMIT)
            return gas
          }
          // `revert` without data: the rollup or the verifier was called with too little
          expect(['Messages_InsufficientGas', 'out of gas', 'revert']).toContain(outcome.error)
          if (outcome.error === 'revert') expect(outcome.data).toBe('0x')
          expect(await chain.stateRoot()).toBe(before)
        }
      }
      const coarse = await ascend(60_000n, 20_011n)
      await ascend(coarse - 20_011n, 331n)
    },
  )

  it('54 the receiver sees its whole gas limit', async () => {
    const { directions } = await createDirections(true)
    for (const way of directions) {
      const receiver = await createReceiver(way.chain)
      const message = await way.send({ to: receiver.address, gasLimit: 1_900_000n, data: '0x01' })
      await accepted((await way.ready(message))())
      const seen = await receiver.read<bigint>('gasAtEntry')
      expect(seen).toBeLessThanOrEqual(1_900_000n)
      expect(seen).toBeGreaterThan(1_899_000n)
    }
  })
})

describe('what is refused before it is accepted', () => {
  let bridge: Bridge
  beforeEach(async () => {
    bridge = (await createDirections()).bridge
  })
  const sending = async (way: 'tryDeposit' | 'tryWithdraw', message: Parameters<Bridge['tryDeposit']>[0]) =>
    (await bridge[way](message)).outcome

  it('60 what the other side would not deliver: its messenger, its rollup, its token bridge from anyone but its peer', async () => {
    const { l1, l2 } = bridge
    for (const to of [L2_MESSENGER, L2_TOKEN_BRIDGE]) {
      await refused(l1.chain, 'Messages_ForbiddenTarget', () => sending('tryDeposit', { to, value: 1n }))
    }
    for (const to of [l1.messenger, l1.rollup, l1.bridge]) {
      await refused(l2, 'Messages_ForbiddenTarget', () => sending('tryWithdraw', { to, value: 1n }))
    }
    await accepted(sending('tryDeposit', { to: L2_TOKEN_BRIDGE, from: l1.bridge }))
    await accepted(sending('tryWithdraw', { to: l1.bridge, from: L2_TOKEN_BRIDGE }))
  })

  it('63 fee above value, gas limit 0 or too high, data too long', async () => {
    const attempts: [Parameters<Bridge['tryDeposit']>[0], string][] = [
      [{ gasLimit: 0n }, 'Messages_GasLimitTooLow'],
      [{ gasLimit: 8_000_001n }, 'Messages_GasLimitTooHigh'],
      [{ gasLimit: 2n ** 64n - 1n }, 'Messages_GasLimitTooHigh'],
      [{ data: toHex(new Uint8Array(16_385)) }, 'Messages_DataTooLong'],
      [{ value: -1n, fee: 1n }, 'Messages_FeeExceedsValue'],
      // value + fee = 1 modulo 2^256
      [{ value: 2n - 2n ** 256n, fee: 2n ** 256n - 1n }, 'Messages_FeeExceedsValue'],
    ]
    for (const [message, error] of attempts) {
      await refused(bridge.l1.chain, error, () => sending('tryDeposit', message))
      await refused(bridge.l2, error, () => sending('tryWithdraw', message))
    }
    const largest = { data: toHex(new Uint8Array(16_384)), gasLimit: 8_000_000n }
    await accepted(sending('tryDeposit', largest))
    await accepted(sending('tryWithdraw', largest))
  })

  it('63 ETH without a message', async () => {
    const { l1, l2 } = bridge
    await stopped(l1.chain, 'revert', () => l1.chain.sendRaw(l1.messenger, '0x', { value: 1n }))
    await stopped(l2, 'revert', () => l2.sendRaw(L2_MESSENGER, '0x', { value: 1n }))
  })
})

describe('messages that a false chain would have accepted', () => {
  const calling = (to: Hex, sender: Hex = ALICE) => ({
    sender,
    to,
    value: 1n,
    fee: 0n,
    gasLimit: 100_000n,
    data: '0x01' as const,
  })

  it('60 on L1: to the messenger itself, to the rollup, to the token bridge from anyone but its peer', async () => {
    const { bridge } = await createDirections()
    const { l1 } = bridge
    const forged: Message[] = []
    for (const to of [l1.messenger, l1.rollup, l1.bridge]) forged.push(await forgeWithdrawal(bridge, calling(to)))
    const at = await bridge.settle()
    for (const message of forged) {
      await refused(l1.chain, 'Messages_ForbiddenTarget', () =>
        bridge.claimOnL1(message, { ...at, size: forged.length }),
      )
    }
  })

  it('60 on L2: to the messenger itself, to the token bridge from anyone but its peer', async () => {
    const { bridge } = await createDirections()
    for (const to of [L2_MESSENGER, L2_TOKEN_BRIDGE]) {
      const message = await forgeDeposit(bridge, calling(to))
      const at = await bridge.anchor()
      await refused(bridge.l2, 'Messages_ForbiddenTarget', () => bridge.claimOnL2(message, at))
    }
  })
})
