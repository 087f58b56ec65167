import type { Abi, Hex } from 'viem'
import { l1Messenger } from '../../../genesis/generated/L1Messenger.ts'
import { l2Messenger } from '../../../genesis/generated/L2Messenger.ts'
import { messageHash } from '../../../rollup/messages/messages.ts'
import type { Message } from '../../../rollup/types.ts'
import { L1_CHAIN_ID, L2_CHAIN_ID, L2_MESSENGER } from '../setup.ts'
import type { CallOptions, Decoded, Outcome } from '../vm.ts'
import { openL2 } from './blocks.ts'
import { check, ensure } from './invariants.ts'
import { worth } from './model.ts'
import { count, type World } from './world.ts'

export type Side = 'l1' | 'l2'

const MESSENGER_EVENTS = l1Messenger.abi.filter(({ type }) => type === 'event')

export const messengerAt = (world: World, side: Side): Hex => (side === 'l1' ? world.l1.messenger : L2_MESSENGER)
export const messengerAbi = (side: Side) => (side === 'l1' ? l1Messenger.abi : l2Messenger.abi)

/** One transaction: counted, followed in the model when it succeeds, and everything checked after it. */
export async function transact(
  world: World,
  side: Side,
  to: Hex,
  abi: Abi | readonly unknown[],
  name: string,
  args: unknown[],
  options: CallOptions = {},
): Promise<Outcome> {
  if (side === 'l2') await openL2(world)
  world.calls++
  const outcome = await world[side].chain.send(to, [...abi, ...MESSENGER_EVENTS], name, args, options)
  for (const event of outcome.events) follow(world, side, event)
  if (name === 'claim' && !outcome.ok) count(world, 'failed claims')
  await check(world)
  return outcome
}

/** One call to a messenger. */
export const toMessenger = (world: World, side: Side, name: string, args: unknown[], options?: CallOptions) =>
  transact(world, side, messengerAt(world, side), messengerAbi(side), name, args, options)

function follow(world: World, side: Side, { name, args }: Decoded): void {
  if (name === 'MessageSent') followSent(world, side, args as Message)
  if (name === 'MessageDelivered') followDelivered(world, side, args as { index: bigint; sender: Hex; to: Hex })
}

function followSent(world: World, side: Side, args: Message): void {
  const { m1, m2 } = world
  const message: Message = { ...args, sender: lower(args.sender), to: lower(args.to) }
  const { sent } = side === 'l1' ? m1 : m2
  ensure(message.index === BigInt(sent.length), () => `message ${message.index} follows ${sent.length} others`)
  sent.push(message)
  count(world, 'sent')
  if (side === 'l1') {
    m1.totalIn += worth(message)
    world.inboxTree.append(messageHash(message, BigInt(L1_CHAIN_ID), L2_CHAIN_ID))
  } else {
    m2.outside -= worth(message)
    world.outboxTree.append(messageHash(message, L2_CHAIN_ID, BigInt(L1_CHAIN_ID)))
  }
}

function followDelivered(world: World, side: Side, args: { index: bigint; sender: Hex; to: Hex }): void {
  const { m1, m2, l2Blocks } = world
  const [here, there] = side === 'l1' ? [m1, m2] : [m2, m1]
  const index = Number(args.index)
  ensure(!here.delivered.has(index), () => `message ${index} was delivered twice on ${side}`)
  // L1 knows what is settled, L2 what is under a proven root.
  const known = side === 'l1' ? (l2Blocks[m1.head - 1]?.model.sent.length ?? 0) : (m2.roots.at(-1) ?? 0)
  const message = there.sent[index]
  ensure(index < known && message !== undefined, () => `message ${index} of ${known} was delivered on ${side}`)
  ensure(message.sender === lower(args.sender) && message.to === lower(args.to), () => `message ${index} was changed`)
  here.delivered.add(index)
  count(world, `delivered on ${side}`)
  if (side === 'l1') m1.totalOut += worth(message)
  else m2.outside += worth(message)
}

export const lower = (address: Hex): Hex => address.toLowerCase() as Hex
