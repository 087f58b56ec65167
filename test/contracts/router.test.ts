import { encodeErrorResult, encodeFunctionData, type Hex, keccak256, parseAbi, zeroAddress } from 'viem'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { rollupFactory } from '../../genesis/generated/RollupFactory.ts'
import { withdrawalVerifier } from '../../genesis/generated/WithdrawalVerifier.ts'
import type { Message } from '../../rollup/types.ts'
import type { Artifact } from '../../scripts/lib/solidity.mjs'
import { compile } from '../compile.ts'
import {
  BACKING,
  createRollups,
  l1Abi,
  l2Abi,
  type Rollup,
  type Rollups,
  routerAbi,
  type Sending,
  sentMessage,
} from './rollups.ts'
import { createRollup, L1_CHAIN_ID, L2_MESSENGER, L2_TOKEN_BRIDGE } from './setup.ts'
import { ALICE, BOB, type Chain, type Outcome } from './vm.ts'

const ETHER = 10n ** 18n
const CAROL: Hex = '0xca40100000000000000000000000000000000004'
const receiverAbi = parseAbi(['function receiveCrossMessage(uint64, address, bytes) payable'])
const deliverAbi = parseAbi(['function deliver(address, bytes) payable'])
const Mode = { Accept: 0, Revert: 1, Reenter: 4 } as const

let artifacts: Record<'Receiver' | 'FakeMessenger' | 'BadAnswer', Artifact>
let of: Rollups
let a: Rollup
let b: Rollup

beforeAll(() => {
  const cross = 'test/contracts/CrossReceivers.sol'
  artifacts = compile({ Receiver: 'test/contracts/Receivers.sol', FakeMessenger: cross, BadAnswer: cross })
})

async function start(options?: Parameters<typeof createRollups>[0]): Promise<void> {
  of = await createRollups(options)
  ;[a, b] = of.rollups as [Rollup, Rollup]
}
beforeEach(() => start())

type Forward = { chainId?: bigint; to?: Hex; fee?: bigint; gasLimit?: bigint; data?: Hex }
const forward = ({ chainId = b.chainId, to = BOB, fee = 0n, gasLimit = 300_000n, data = '0x' }: Forward = {}): Hex =>
  encodeFunctionData({ abi: routerAbi, functionName: 'forward', args: [chainId, to, fee, gasLimit, data] })

/** Sends a message to the router on a rollup, settles it and claims it on L1. */
async function route(from: Rollup, sending: Sending): Promise<Outcome> {
  const message = await of.send(from, sending)
  return of.claimOnL1(from, message, await of.settle(from))
}

const named = (outcome: Outcome, name: string) => outcome.events.filter((event) => event.name === name)
const onwards = (outcome: Outcome, to: Rollup): Message =>
  sentMessage(outcome, to.inbox, [BigInt(L1_CHAIN_ID), to.chainId])
const inboxCount = (on: Rollup) => of.l1.chain.read<bigint>(on.messenger, l1Abi, 'inboxCount')
const lower = (value: unknown) =>
  JSON.parse(JSON.stringify(value, (_, item) => (typeof item === 'bigint' ? `${item}n` : item)).toLowerCase())

async function refused(chain: Chain, error: string, attempt: () => Promise<Outcome>): Promise<void> {
  const before = await chain.stateRoot()
  const outcome = await attempt()
  expect([outcome.ok, outcome.error]).toEqual([false, error])
  expect(await chain.stateRoot()).toBe(before)
}

async function receiverOn(chain: Chain) {
  const { address } = await chain.deploy(artifacts.Receiver)
  const { abi } = artifacts.Receiver
  return {
    address,
    set: (mode: number, target: Hex = zeroAddress, data: Hex = '0x', value = 0n) =>
      chain.send(address, abi, 'set', [mode, target, data, value]),
    read: <T>(name: string) => chain.read<T>(address, abi, name),
  }
}

describe('a message from one rollup to another through L1', () => {
  it('arrives with origin, value, data and fee', async () => {
    const receiver = await receiverOn(b.chain)
    const call = forward({ to: receiver.address, fee: 7n, gasLimit: 600_000n, data: '0xc0ffee' })
    const outcome = await route(a, { value: ETHER, data: call })
    expect(outcome.error).toBeUndefined()
    expect(lower(named(outcome, 'Forwarded'))).toEqual(
      lower([
        { name: 'Forwarded', args: { sourceChainId: 28_079n, sender: ALICE, destinationChainId: 28_080n, index: 0n } },
      ]),
    )
    const message = onwards(outcome, b)
    const told = encodeFunctionData({
      abi: receiverAbi,
      functionName: 'receiveCrossMessage',
      args: [a.chainId, ALICE, '0xc0ffee'],
    })
    expect(message).toMatchObject({ sender: of.router, value: ETHER - 7n, fee: 7n, gasLimit: 600_000n, data: told })
    expect((await of.claimOnL2(b, message, CAROL)).error).toBeUndefined()
    expect(await b.chain.balance(receiver.address)).toBe(ETHER - 7n)
    expect(await b.chain.balance(CAROL)).toBe(7n)
    expect(await receiver.read('dataHash')).toBe(keccak256(told))
    expect(lower(await receiver.read('senderSeen'))).toBe(of.router)
  })

  it('carries plain value without a call', async () => {
    const outcome = await route(a, { value: ETHER, data: forward({ to: CAROL }) })
    const message = onwards(outcome, b)
    expect(message).toMatchObject({ to: CAROL, value: ETHER, data: '0x' })
    expect((await of.claimOnL2(b, message)).ok).toBe(true)
    expect(await b.chain.balance(CAROL)).toBe(ETHER)
  })

  it('moves ETH between the escrows and leaves nothing in the router', async () => {
    const { chain } = of.l1
    const outcome = await route(a, { value: 2n * ETHER + 5n, data: forward({ fee: 5n }) })
    expect(outcome.ok).toBe(true)
    const balances = await Promise.all([a.messenger, b.messenger, of.router].map((address) => chain.balance(address)))
    expect(balances).toEqual([BACKING - 2n * ETHER - 5n, BACKING + 2n * ETHER + 5n, 0n])
    expect(await chain.read(a.messenger, l1Abi, 'totalOut')).toBe(2n * ETHER + 5n)
    expect(await chain.read(b.messenger, l1Abi, 'totalIn')).toBe(2n * ETHER + 5n)
  })

  it('goes from a rollup to itself as to any other', async () => {
    const receiver = await receiverOn(a.chain)
    const call = forward({ chainId: a.chainId, to: receiver.address, gasLimit: 600_000n, data: '0x01' })
    const message = onwards(await route(a, { value: 9n, data: call }), a)
    expect((await of.claimOnL2(a, message)).ok).toBe(true)
    expect(await receiver.read('calls')).toBe(1n)
    expect(await a.chain.balance(receiver.address)).toBe(9n)
  })

  it('takes the longest data that the source accepts', async () => {
    const longest: Hex = `0x${'11'.repeat(16_160)}`
    const message = onwards(await route(a, { data: forward({ data: longest }) }), b)
    expect(message.data.length).toBe(2 + 2 * (132 + 16_160))
    await expect(of.send(a, { data: forward({ data: `${longest}11` }) })).rejects.toThrow('Messages_DataTooLong')
  })
})

describe('what cannot be sent on goes back to its sender', () => {
  const reason = (errorName: string, args: unknown[] = []): Hex =>
    encodeErrorResult({ abi: routerAbi as readonly unknown[], errorName, args } as never)

  it.each<[string, () => Forward, () => Hex]>([
    ['no such rollup', () => ({ chainId: 4n }), () => reason('L1Router_UnknownDestination', [4n])],
    [
      'the chain id of L1',
      () => ({ chainId: BigInt(L1_CHAIN_ID) }),
      () => reason('L1Router_UnknownDestination', [BigInt(L1_CHAIN_ID)]),
    ],
    ['no gas', () => ({ gasLimit: 0n }), () => reason('Messages_GasLimitTooLow')],
    ['too much gas', () => ({ gasLimit: 8_000_001n }), () => reason('Messages_GasLimitTooHigh')],
    ['a fee above the value', () => ({ fee: ETHER + 1n }), () => reason('Messages_FeeExceedsValue')],
    ['the messenger', () => ({ to: L2_MESSENGER }), () => reason('Messages_ForbiddenTarget', [L2_MESSENGER])],
    ['the token bridge', () => ({ to: L2_TOKEN_BRIDGE }), () => reason('Messages_ForbiddenTarget', [L2_TOKEN_BRIDGE])],
  ])('%s', async (_, call, expected) => {
    const outcome = await route(a, { value: ETHER, data: forward(call()) })
    expect(outcome.error).toBeUndefined()
    expect(lower(named(outcome, 'Bounced').map(({ args }) => args))).toEqual(
      lower([{ sourceChainId: a.chainId, sender: ALICE, value: ETHER, reason: expected() }]),
    )
    expect(await inboxCount(b)).toBe(0n)
    const back = onwards(outcome, a)
    expect(back).toMatchObject({
      sender: of.router,
      to: ALICE,
      value: ETHER,
      fee: 0n,
      gasLimit: 1_000_000n,
      data: '0x',
    })
    expect(await of.l1.chain.balance(of.router)).toBe(0n)
    const before = await a.chain.balance(ALICE)
    expect((await of.claimOnL2(a, back)).ok).toBe(true)
    expect((await a.chain.balance(ALICE)) - before).toBe(ETHER)
  })

  it.each<[string, Hex]>([
    ['value without a call', '0x'],
    ['another call', '0xdeadbeef'],
    ['half a selector', '0xde'],
  ])('%s', async (_, data) => {
    const outcome = await route(a, { value: 3n, data })
    expect(named(outcome, 'Bounced')[0]?.args).toMatchObject({ value: 3n, reason: reason('L1Router_UnknownCall') })
    expect(onwards(outcome, a)).toMatchObject({ to: ALICE, value: 3n })
  })

  it('without value there is nothing to send back', async () => {
    const outcome = await route(a, { data: forward({ chainId: 4n, data: '0x01' }) })
    expect(outcome.ok).toBe(true)
    expect(named(outcome, 'Bounced')).toHaveLength(1)
    expect(named(outcome, 'MessageSent')).toHaveLength(0)
    expect(await inboxCount(a)).toBe(0n)
  })

  it('a rollup that is created later gets what comes later', async () => {
    const early = await of.send(a, { value: 1n, data: forward({ chainId: 30_000n }) })
    const late = await of.send(a, { value: 2n, data: forward({ chainId: 30_000n }) })
    const at = await of.settle(a)
    expect(onwards(await of.claimOnL1(a, early, at), a)).toMatchObject({ to: ALICE, value: 1n })
    const c = await of.add(30_000n)
    expect(onwards(await of.claimOnL1(a, late, at), c)).toMatchObject({ to: BOB, value: 2n })
  })
})

describe('83 nobody forges an origin', () => {
  const shout = (by: Hex, data: Hex, options = {}): Promise<Outcome> =>
    of.l1.chain.send(by, artifacts.FakeMessenger.abi, 'deliver', [of.router, data], options)

  it('not by calling the router', async () => {
    const { chain } = of.l1
    for (const data of [forward(), '0x', '0xdeadbeef'] as const) {
      await refused(chain, 'L1Router_NotMessenger', () => chain.sendRaw(of.router, data, { value: 1n }))
    }
  })

  it('not with a contract that looks like a messenger', async () => {
    const { chain } = of.l1
    for (const chainId of [a.chainId, b.chainId, 4n]) {
      const { address } = await chain.deploy(artifacts.FakeMessenger, [chainId, CAROL])
      await refused(chain, 'L1Router_NotMessenger', () => shout(address, forward({ data: '0x01' })))
      await refused(chain, 'L1Router_NotMessenger', () => shout(address, '0x', { value: 1n }))
    }
  })

  it('not with one that answers no chain id', async () => {
    const { chain } = of.l1
    const { address } = await chain.deploy(artifacts.BadAnswer)
    const before = await chain.stateRoot()
    const data = encodeFunctionData({
      abi: deliverAbi,
      functionName: 'deliver',
      args: [of.router, forward()],
    })
    expect((await chain.sendRaw(address, data)).ok).toBe(false)
    expect(await chain.stateRoot()).toBe(before)
  })

  it('not with a true messenger of another factory', async () => {
    const { chain } = of.l1
    const verifier = (await chain.deploy(withdrawalVerifier)).address
    const other = (await chain.deploy(rollupFactory, [verifier, of.l1.tokenImplementation])).address
    const fake = { ...a, ...(await createRollup(chain, other, { chainId: a.chainId })) }
    const message = await of.send(fake, { data: forward({ data: '0x01' }) })
    const at = await of.settle(fake)
    await refused(chain, 'Messages_DeliveryFailed', () => of.claimOnL1(fake, message, at))
  })

  it('not by a contract that is called during a delivery', async () => {
    const { chain } = of.l1
    const { address } = await chain.deploy(artifacts.FakeMessenger, [a.chainId, CAROL])
    const inner = [of.router, forward({ data: '0x01' })] as const
    const data = encodeFunctionData({ abi: deliverAbi, functionName: 'deliver', args: inner })
    const message = await of.send(a, { to: address, data })
    const at = await of.settle(a)
    await refused(chain, 'Messages_DeliveryFailed', () => of.claimOnL1(a, message, at))
    // the same call to somebody else goes through, so that it is the router who refuses
    const harmless = encodeFunctionData({ abi: deliverAbi, functionName: 'deliver', args: [BOB, inner[1]] })
    expect((await route(a, { to: address, data: harmless })).ok).toBe(true)
  })

  it('not by naming the router as fee recipient', async () => {
    const message = await of.send(a, { to: BOB, fee: 5n, gasLimit: 100_000n })
    const at = await of.settle(a)
    await refused(of.l1.chain, 'Messages_FeePaymentFailed', () => of.claimOnL1(a, message, at, { fee: of.router }))
  })
})

describe('gas and loops', () => {
  it('a claimer cannot turn a message away by giving little gas', async () => {
    const message = await of.send(a, { value: 4n, data: forward() })
    const at = await of.settle(a)
    for (const gas of [400_000n, 900_000n, 1_500_000n]) {
      await refused(of.l1.chain, 'Messages_InsufficientGas', () => of.claimOnL1(a, message, at, { gas }))
    }
    expect(onwards(await of.claimOnL1(a, message, at, { gas: 2_000_000n }), b)).toMatchObject({ to: BOB, value: 4n })
  })

  it('a message with too little gas to be sent on stays claimable, instead of being dropped as refused', async () => {
    await start({ amsterdam: true })
    const data: Hex = `0x${'ff'.repeat(8_000)}`
    let failures = 0
    for (let gasLimit = 100_000n; ; gasLimit += 20_000n) {
      const message = await of.send(a, { data: forward({ data }), gasLimit })
      const at = await of.settle(a)
      const before = await of.l1.chain.stateRoot()
      const outcome = await of.claimOnL1(a, message, at)
      if (outcome.ok) {
        expect([gasLimit, outcome.events.map(({ name }) => name)]).toEqual([
          gasLimit,
          expect.arrayContaining(['Forwarded']),
        ])
        break
      }
      expect([gasLimit, outcome.error]).toEqual([gasLimit, 'Messages_DeliveryFailed'])
      expect(await of.l1.chain.stateRoot()).toBe(before)
      failures += 1
    }
    expect(failures).toBeGreaterThan(10)
  })

  it.each([false, true])('FORWARD_GAS is enough for the largest message (Amsterdam: %s)', async (amsterdam) => {
    await start({ amsterdam })
    const gasLimit = await of.l1.chain.read<bigint>(of.router, routerAbi, 'FORWARD_GAS')
    const data: Hex = `0x${'ff'.repeat(16_160)}`
    for (const [chainId, value] of [
      [b.chainId, ETHER],
      [4n, ETHER],
    ] as const) {
      const message = await of.send(a, { value, data: forward({ chainId, data }), gasLimit })
      const at = await of.settle(a)
      const outcome = await of.claimOnL1(a, message, at)
      expect(outcome.error).toBeUndefined()
      expect(named(outcome, chainId === b.chainId ? 'Forwarded' : 'Bounced')).toHaveLength(1)
      // the whole claim, proofs included: a third of the limit is margin
      expect(outcome.gasUsed).toBeLessThan((gasLimit * 2n) / 3n)
    }
  })

  it('84 a loop of messages pays its own way', async () => {
    const receiver = await receiverOn(b.chain)
    const home = forward({ chainId: a.chainId, to: CAROL, fee: 10n })
    const send = encodeFunctionData({
      abi: l2Abi,
      functionName: 'sendMessage',
      args: [of.router, 100n, 1_500_000n, home],
    })
    // on B it sends 500 wei on: 100 for the claimer on L1, 10 for the one on A
    await receiver.set(Mode.Reenter, L2_MESSENGER, send, 500n)
    const there = forward({ to: receiver.address, fee: 50n, gasLimit: 2_000_000n, data: '0x01' })
    const { chain } = of.l1
    const outcome = await route(a, { value: 1_000n, fee: 20n, data: there })
    const arrived = await of.claimOnL2(b, onwards(outcome, b))
    expect(await receiver.read('reentryOk')).toBe(true)
    const sent = arrived.events.filter(({ name }) => name === 'MessageSent').map(({ args }) => args as Message)
    expect(sent[0]).toMatchObject({ value: 400n, fee: 100n, index: 0n })
    const back = sentMessage(arrived, b.outbox, [b.chainId, BigInt(L1_CHAIN_ID)])
    const returned = onwards(await of.claimOnL1(b, back, await of.settle(b)), a)
    expect(returned).toMatchObject({ to: CAROL, value: 390n, fee: 10n })
    // nothing was made: what each escrow holds is what went in there minus what came out
    const [escrowA, escrowB] = [await chain.balance(a.messenger), await chain.balance(b.messenger)]
    expect([escrowA, escrowB]).toEqual([BACKING - 1_020n + 400n, BACKING + 1_000n - 500n])
    expect(await chain.balance(of.router)).toBe(0n)
  })
})
