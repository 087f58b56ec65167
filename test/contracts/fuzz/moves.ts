import { encodeFunctionData, type Hex, toHex } from 'viem'
import type { Message } from '../../../rollup/types.ts'
import { L2_MESSENGER, L2_TOKEN_BRIDGE } from '../setup.ts'
import { ALICE, BOB } from '../vm.ts'
import { openL2, reorgL1, sealL1 } from './blocks.ts'
import { type Side, toMessenger, transact } from './calls.ts'
import * as claims from './claims.ts'
import { check, ensure } from './invariants.ts'
import { bothSides, type Move } from './move.ts'
import type { Random } from './random.ts'
import { ACTOR_GAS, USERS, type World } from './world.ts'

/** Data of a call that an Actor checks. */
function actorData(world: World, gasLimit: bigint, sender: Hex, value: bigint): Hex {
  const args = [BigInt(++world.ids), gasLimit, sender, value] as const
  return encodeFunctionData({ abi: world.actorAbi as typeof ACTOR_ABI, functionName: 'receiveMessage', args })
}

const ACTOR_ABI = [
  {
    type: 'function',
    name: 'receiveMessage',
    stateMutability: 'payable',
    inputs: [{ type: 'uint256' }, { type: 'uint64' }, { type: 'address' }, { type: 'uint256' }],
    outputs: [],
  },
] as const

/** A message to a plain account or to an Actor of the other side, for which its gas limit is enough in any mode. */
export function randomMessage(world: World, side: Side, random: Random) {
  const other = side === 'l1' ? 'l2' : 'l1'
  const toActor = random.chance(0.6)
  const amount = () => (random.chance(0.3) ? 0n : BigInt(random.int(10 ** 6)) * 10n ** BigInt(random.int(13)))
  const [value, fee] = [amount(), random.chance(0.5) ? 0n : amount()]
  const from = random.pick(USERS)
  if (!toActor)
    return {
      from,
      to: random.pick(USERS),
      value,
      fee,
      gasLimit: BigInt(random.pick([1, 21_000, 200_000])),
      data: '0x' as Hex,
    }
  const to = random.pick(world[other].actors)
  const gasLimit = random.chance(0.9) ? ACTOR_GAS : 8_000_000n
  return { from, to, value, fee, gasLimit, data: actorData(world, gasLimit, from, value) }
}

async function sendMessage(world: World, side: Side, random: Random): Promise<void> {
  if (side === 'l2') await openL2(world)
  const { from, to, value, fee, gasLimit, data } = randomMessage(world, side, random)
  const paid = value + fee
  if ((await world[side].chain.balance(from)) < paid) return
  const before = world[side === 'l1' ? 'm1' : 'm2'].sent.length
  const outcome = await toMessenger(world, side, 'sendMessage', [to, fee, gasLimit, data], { from, value: paid })
  ensure(outcome.ok, () => `sendMessage on ${side}: ${outcome.error}`)
  const message = world[side === 'l1' ? 'm1' : 'm2'].sent[before]
  ensure(message !== undefined, () => 'sendMessage did not send')
  const expected: Message = { sender: from, to, value, fee, gasLimit, data, index: BigInt(before) }
  for (const [key, wanted] of Object.entries(expected)) {
    ensure(
      message[key as keyof Message] === wanted,
      () => `${key} of the message sent is ${message[key as keyof Message]}`,
    )
  }
}

/** Messages that could never be delivered are not accepted. */
async function sendForbidden(world: World, side: Side, random: Random): Promise<void> {
  if (side === 'l2') await openL2(world)
  const { messenger, bridge, rollup } = world.l1
  const [to, fee, gasLimit, data] = random.pick<[Hex, bigint, bigint, Hex]>([
    [side === 'l1' ? L2_MESSENGER : messenger, 0n, 100_000n, '0x'],
    [side === 'l1' ? L2_TOKEN_BRIDGE : random.pick([bridge, rollup]), 0n, 100_000n, '0x'],
    [BOB, 2n, 100_000n, '0x'],
    [BOB, 0n, 0n, '0x'],
    [BOB, 0n, 8_000_001n, '0x'],
    [BOB, 0n, 100_000n, toHex(new Uint8Array(16_385))],
  ])
  const outcome = await toMessenger(world, side, 'sendMessage', [to, fee, gasLimit, data], { value: 1n })
  ensure(!outcome.ok, () => `sendMessage on ${side} accepted to ${to}, fee ${fee}, gas ${gasLimit}`)
}

async function behave(world: World, side: Side, random: Random): Promise<void> {
  if (side === 'l2') await openL2(world)
  const mode = () => (random.chance(0.4) ? 0 : random.int(claims.MODES.length))
  const [reply, feeReply] = [mode(), mode()]
  const small = claims.claimable(world, side).filter(({ message }) => message.gasLimit <= 200_000n)
  const inner = random.pickMaybe(small.length > 0 ? small : claims.claimable(world, side))
  const reentry = inner === undefined ? '0x' : claims.claimCalldata(world, side, inner.message, inner.place)
  const outcome = await transact(world, side, random.pick(world[side].actors), world.actorAbi, 'behave', [
    reply,
    feeReply,
    reentry,
  ])
  ensure(outcome.ok, () => `an Actor does not do as told: ${outcome.error}`)
}

/** The sender context is nobody's outside a delivery. */
async function askOutside(world: World, side: Side): Promise<void> {
  if (side === 'l2') await openL2(world)
  const outcome = await toMessenger(world, side, side === 'l1' ? 'l2Sender' : 'l1Sender', [])
  ensure(!outcome.ok, () => `the sender context is visible outside a delivery on ${side}`)
}

/** ETH that comes by SELFDESTRUCT is nobody's. */
async function forceEther(world: World, side: Side, random: Random): Promise<void> {
  if (side === 'l2') await openL2(world)
  const value = BigInt(random.between(1, 10 ** 6)) * 10n ** 10n
  const to = side === 'l1' ? world.l1.messenger : L2_MESSENGER
  if ((await world[side].chain.balance(ALICE)) < value) return
  world.calls++
  await world[side].chain.deploy({ abi: [], creationCode: `0x73${to.slice(2)}ff` }, [], { value })
  if (side === 'l1') world.m1.gift += value
  else {
    world.m2.gift += value
    world.m2.outside -= value
  }
  await check(world)
}

async function proveInbox(world: World): Promise<void> {
  const anchor = await openL2(world)
  const { timestamp } = world.l2.chain.block
  const args = [timestamp, anchor.header, anchor.accountProof, anchor.storageProof]
  const size = anchor.model.sent.length
  const expected = size === 0 ? 'L2Messenger_EmptyInbox' : undefined
  const known = world.m2.roots.at(-1)
  const outcome = await toMessenger(world, 'l2', 'proveInbox', args)
  ensure(outcome.error === expected, () => `proveInbox: ${outcome.error}`)
  if (!outcome.ok) return
  world.m2.provenBlock = anchor.number
  if (known !== size) world.m2.roots.push(size)
}

export const MOVES: Record<string, Move> = {
  'send message': bothSides(24, sendMessage),
  'send forbidden': bothSides(2, sendForbidden),
  behave: bothSides(6, behave),
  'ask outside': bothSides(1, askOutside),
  'force ether': bothSides(1, forceEther),
  'prove inbox': { weight: 8, run: proveInbox },
  'seal L1': { weight: 7, run: async (world, random) => void (await sealL1(world, BigInt(random.between(1, 40)))) },
  'reorg L1': { weight: 0.8, run: (world, random) => reorgL1(world, random.pick([1, 1, 2, 3, 5, 12])) },
  'long wait': {
    weight: 1,
    run: async (world, random) => {
      await sealL1(world, BigInt(random.pick([600, 1_300, 2_000, 4_000, 8_000])))
      if (random.chance(0.2)) world.l1.chain.block.number += BigInt(random.between(50, 150))
    },
  },
}
