import { type Hex, keccak256, toHex } from 'viem'
import type { Message } from '../../../rollup/types.ts'
import { type Side, transact } from './calls.ts'
import * as claims from './claims.ts'
import { ensure } from './invariants.ts'
import { bothSides, type Move } from './move.ts'
import type { Random } from './random.ts'
import { RELAYER, STRANGER, USERS, type World } from './world.ts'

/** With plenty of gas it depends on the receivers alone whether a claim succeeds. */
async function claimGood(world: World, side: Side, random: Random): Promise<void> {
  const one = random.pickMaybe(claims.claimable(world, side))
  if (one === undefined) return
  const place = claims.anyPlace(world, side, one.message, random) ?? one.place
  const fee = random.chance(0.7) ? RELAYER : random.pick(world[side].actors)
  const { message } = one
  const path = [...claims.treeAt(world, side).path(Number(message.index), place.size)]
  const expected = await claims.expectedError(world, side, message, fee)
  const outcome = await claims.claim(world, side, message, place, { fee, path, from: random.pick(USERS) })
  ensure(
    outcome.error === expected,
    () => `claim of ${message.index} on ${side}: ${outcome.error}, expected ${expected}`,
  )
}

async function claimAgain(world: World, side: Side, random: Random): Promise<void> {
  const { here, there } = claims.sideOf(world, side)
  const index = random.pickMaybe([...here.delivered])
  const message = index === undefined ? undefined : there.sent[index]
  const place = message && claims.anyPlace(world, side, message, random)
  if (message === undefined || place === undefined) return
  const outcome = await claims.refusedClaim(
    world,
    side,
    'a second claim',
    claims.claimArgs(world, side, message, place),
  )
  ensure(outcome.error === 'Messages_AlreadyDelivered', () => `a second claim fails with ${outcome.error}`)
}

const MUTATIONS: ((message: Message, random: Random) => Message)[] = [
  (message) => ({ ...message, sender: STRANGER }),
  (message) => ({ ...message, to: STRANGER }),
  (message) => ({ ...message, value: message.value + 1n }),
  (message) => ({ ...message, value: message.value + message.fee + 1n, fee: 0n }),
  (message) => ({ ...message, fee: message.fee + 1n }),
  (message) => ({ ...message, gasLimit: message.gasLimit + 1n }),
  (message) => ({ ...message, gasLimit: 1n, data: `${message.data}00` }),
  (message) => ({ ...message, data: `${message.data}00` }),
  (message) => ({ ...message, index: message.index + 2n ** 32n }),
  (message, random) => ({ ...message, index: message.index ^ (1n << BigInt(random.int(6))) }),
  (message) => ({ ...message, index: 2n ** 64n - 1n }),
]

async function claimChanged(world: World, side: Side, random: Random): Promise<void> {
  const one = random.pickMaybe(claims.claimable(world, side))
  if (one === undefined) return
  const { message, place } = one
  const path = [...claims.treeAt(world, side).path(Number(message.index), place.size)]
  const changed = random.pick(MUTATIONS)(message, random)
  await refuse(world, side, 'a changed message', place.args(changed, path, RELAYER))
}

/** Paths, roots and blocks that do not prove what they are sent for. */
async function claimUnproven(world: World, side: Side, random: Random): Promise<void> {
  const { here, there } = claims.sideOf(world, side)
  const message = random.pickMaybe(there.sent.filter(({ index }) => !here.delivered.has(Number(index))))
  const place = random.pickMaybe(claims.places(world, side))
  if (message === undefined || place === undefined) return
  const index = Number(message.index)
  const full = index < place.size ? [...claims.treeAt(world, side).path(index, place.size)] : []
  const zero: Hex = `0x${'00'.repeat(32)}`
  const paths: Hex[][] = [
    Array.from({ length: 33 }, () => zero),
    [...full, keccak256(toHex(index))],
    full.slice(0, -1).map(() => zero),
  ]
  if (full.length > 0)
    paths.push(
      full.toReversed().map((hash) => keccak256(hash)),
      full.slice(1),
    )
  const path = random.pick(paths)
  const proves = index < place.size && JSON.stringify(path) === JSON.stringify(full)
  if (!proves && !isZeroTail(path, full)) await refuse(world, side, 'a wrong path', place.args(message, path, RELAYER))
  // Too early: a place whose tree does not have the message yet.
  const early = random.pickMaybe(claims.places(world, side).filter(({ size }) => size <= index))
  if (early !== undefined) await refuse(world, side, 'a message sent later', early.args(message, full, RELAYER))
  await claimUnknownPlace(world, side, message, full, random)
}

/** A path may leave out or spell out zero subtrees, so it can be right by accident where `full` is short. */
const isZeroTail = (path: Hex[], full: Hex[]): boolean =>
  path.every((hash, i) => hash === full[i]) && path.length >= full.length

async function claimUnknownPlace(
  world: World,
  side: Side,
  message: Message,
  path: Hex[],
  random: Random,
): Promise<void> {
  const tooLong = Array.from({ length: 33 }, () => keccak256('0x'))
  if (side === 'l2') {
    const latest = BigInt(world.m2.roots.length)
    const id = random.pick([0n, latest + 1n, latest + 64n, latest - 64n])
    if (id < 0n) return
    await refuse(world, side, 'an unknown root', [message, id, random.chance(0.5) ? tooLong : path, RELAYER])
    return
  }
  const final = claims.finalBlocks(world)
  const block = random.pickMaybe(
    world.l2Blocks.filter((one) => !final.includes(one) && one.model.sent.length > Number(message.index)),
  )
  if (block !== undefined) {
    const args = claims.claimArgs(world, 'l1', message, claims.placeOf(block))
    await refuse(world, side, 'a block that is not final', args)
  }
  // Where the ring would hold the same root again.
  const settled = random.pickMaybe(final.filter((one) => one.model.sent.length > Number(message.index)))
  if (settled === undefined) return
  const later = claims.placeOf({ ...settled, number: settled.number + 8_192 })
  await refuse(world, side, 'a block far ahead', claims.claimArgs(world, 'l1', message, later))
}

const refuse = async (world: World, side: Side, what: string, args: unknown[]): Promise<void> => {
  await claims.refusedClaim(world, side, what, args)
}

/** Either the receiver gets all the gas of its message or nothing happens. */
async function claimWithLittleGas(world: World, side: Side, random: Random): Promise<void> {
  const one = random.pickMaybe(claims.claimable(world, side).filter(({ message }) => message.gasLimit >= 200_000n))
  if (one === undefined) return
  const { message, place } = one
  const limit = Number(message.gasLimit)
  const gas = BigInt(
    random.pick([
      random.between(20_000, 400_000),
      random.between(limit / 4, limit),
      random.between(limit, limit + 700_000),
      // about what the claim itself takes, and 64/63
      limit + random.between(50_000, 300_000),
      limit + random.between(50_000, 300_000),
    ]),
  )
  await claims.claim(world, side, message, place, { gas })
}

/** A receiver and a fee recipient that use their call to claim another message. */
async function reenter(world: World, side: Side, random: Random): Promise<void> {
  const ready = claims.claimable(world, side)
  const inner = random.pickMaybe(ready.filter(({ message }) => message.gasLimit <= 200_000n))
  const outer = random.pickMaybe(ready.filter(({ message }) => world[side].actors.includes(message.to)))
  if (inner === undefined || outer === undefined) return
  const { to } = outer.message
  const reentry = claims.claimCalldata(world, side, inner.message, inner.place)
  await transact(world, side, to, world.actorAbi, 'behave', [4, 4, reentry])
  const outcome = await claims.claim(world, side, outer.message, outer.place, { fee: to })
  ensure(outcome.ok, () => `a claim that tries to reenter fails on ${side}: ${outcome.error}`)
}

export const CLAIMING: Record<string, Move> = {
  claim: bothSides(24, claimGood),
  'claim again': bothSides(5, claimAgain),
  'claim changed': bothSides(6, claimChanged),
  'claim unproven': bothSides(9, claimUnproven),
  'claim with little gas': bothSides(6, claimWithLittleGas),
  reenter: bothSides(7, reenter),
}
