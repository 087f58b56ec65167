import { toHex, zeroAddress } from 'viem'
import { l1Messenger } from '../../../genesis/generated/L1Messenger.ts'
import { l2Messenger } from '../../../genesis/generated/L2Messenger.ts'
import { nativeRollup } from '../../../genesis/generated/NativeRollup.ts'
import { messageHash } from '../../../rollup/messages/messages.ts'
import { L1_CHAIN_ID, L2_CHAIN_ID, L2_MESSENGER } from '../setup.ts'
import { ALICE } from '../vm.ts'
import { inputOf, openL2, sealL1, sealL2 } from './blocks.ts'
import { type Side, toMessenger, transact } from './calls.ts'
import { CLAIMING } from './claimMoves.ts'
import * as claims from './claims.ts'
import { FORCING } from './forcing.ts'
import { ensure, Violation } from './invariants.ts'
import { undelivered } from './model.ts'
import type { Move } from './move.ts'
import { MOVES } from './moves.ts'
import { createRandom, type Random } from './random.ts'
import { goOn, SETTLING, settleAll } from './settling.ts'
import { calmTokens, checkTokens, TOKENS } from './tokenMoves.ts'
import { BACKING, RELAYER, restart, STRANGER, type World } from './world.ts'

const ALL: Record<string, Move> = { ...MOVES, ...CLAIMING, ...SETTLING, ...FORCING, ...TOKENS }
const NAMES = Object.keys(ALL)
const TOTAL = NAMES.reduce((total, name) => total + (ALL[name]?.weight ?? 0), 0)

function pickMove(random: Random): string {
  let at = (random.int(2 ** 30) / 2 ** 30) * TOTAL
  for (const name of NAMES) {
    at -= ALL[name]?.weight ?? 0
    if (at < 0) return name
  }
  return NAMES[0] ?? ''
}

/** In the trace: all moves are played. */
const END = 'end'

/** Which moves of a sequence are played; each has its own seed, so that leaving some out does not change the others. */
export type Sequence = { seed: number; moves: readonly number[] }

export const sequence = (seed: number, length: number): Sequence => ({
  seed,
  moves: Array.from({ length }, (_, i) => i),
})

/** Plays a sequence and its end. @throws Violation */
export async function play(world: World, { seed, moves }: Sequence): Promise<void> {
  await restart(world)
  for (const index of moves) {
    const random = createRandom(Math.imul(seed, 0x9e3779b1) ^ Math.imul(index + 1, 0x85ebca6b))
    const name = pickMove(random)
    world.trace.push(`${index} ${name}`)
    await ALL[name]?.run(world, random)
  }
  world.trace.push(END)
  await finish(world)
}

/** At the end receivers behave, everything sent is delivered, and the chain goes on. */
async function finish(world: World): Promise<void> {
  await goOn(world)
  await calmTokens(world)
  for (const side of ['l1', 'l2'] as const) {
    for (const actor of world[side].actors) {
      await transact(world, side, actor, world.actorAbi, 'behave', [0, 0, toHex('')])
    }
  }
  await sealL1(world)
  if (world.open !== undefined) await sealL2(world)
  await proveAndClaimAll(world, 'l2')
  await sealL2(world)
  await settleAll(world)
  await sealL1(world, world.config.finalityDelay + 12n)
  await proveAndClaimAll(world, 'l1')
  ensure(undelivered(world.m2, world.m1).length === 0, () => 'messages to L1 are left')
  ensure(undelivered(world.m1, world.m2).length === 0, () => 'messages to L2 are left')
  await checkTokens(world)
  await lieAboutL2(world)
}

/**
 * What if EXECUTE were wrong once, and L2 had money that nobody sent? Then L1 pays no more than was ever put in, however
 * much there is by accident.
 */
async function lieAboutL2(world: World): Promise<void> {
  const { m1, l1, l2 } = world
  const left = BACKING + m1.totalIn - m1.totalOut
  await l2.chain.setBalance(ALICE, 4n * left)
  await l1.chain.setBalance(l1.messenger, 4n * left)
  await openL2(world)
  for (const value of [left + 1n, left]) {
    const message = {
      sender: ALICE,
      to: STRANGER,
      value,
      fee: 0n,
      gasLimit: 100_000n,
      data: '0x' as const,
      index: BigInt(world.m2.sent.length),
    }
    const args = [STRANGER, 0n, 100_000n, '0x']
    await l2.chain.send(L2_MESSENGER, l2Messenger.abi, 'sendMessage', args, { value })
    world.m2.sent.push(message)
    world.outboxTree.append(messageHash(message, L2_CHAIN_ID, BigInt(L1_CHAIN_ID)))
  }
  const block = await sealL2(world)
  await sealL1(world)
  const from = m1.sequencer === zeroAddress ? STRANGER : m1.sequencer
  const advanced = await l1.chain.send(l1.rollup, nativeRollup.abi, 'advance', [inputOf(block), block.anchor.number], {
    from,
  })
  ensure(advanced.ok, () => `the lie cannot be settled: ${advanced.error}`)
  await sealL1(world, world.config.finalityDelay + 12n)
  const outcomes: (string | undefined)[] = []
  for (const message of world.m2.sent.slice(-2)) {
    const claimed = claims.claimArgs(world, 'l1', message, claims.placeOf(block))
    outcomes.push((await l1.chain.send(l1.messenger, l1Messenger.abi, 'claim', claimed)).error)
  }
  world.calls += 5
  ensure(outcomes[0] === 'L1Messenger_EscrowExceeded', () => `more than the escrow was paid: ${outcomes[0]}`)
  ensure(outcomes[1] === undefined, () => `the whole escrow was not paid: ${outcomes[1]}`)
}

async function proveAndClaimAll(world: World, side: Side): Promise<void> {
  if (side === 'l2') {
    const anchor = await openL2(world)
    if (anchor.model.sent.length === 0) return
    const args = [world.l2.chain.block.timestamp, anchor.header, anchor.accountProof, anchor.storageProof]
    const outcome = await toMessenger(world, 'l2', 'proveInbox', args)
    ensure(outcome.ok, () => `the inbox cannot be proven at the end: ${outcome.error}`)
    if (world.m2.roots.at(-1) !== anchor.model.sent.length) world.m2.roots.push(anchor.model.sent.length)
  }
  for (const { message, place } of claims.claimable(world, side)) {
    const outcome = await claims.claim(world, side, message, place, { fee: RELAYER, from: ALICE })
    ensure(outcome.ok, () => `message ${message.index} cannot be claimed on ${side} at the end: ${outcome.error}`)
  }
}

/** Plays and, when something breaks, tells the seed and as few moves as possible that break it too. @throws Violation */
export async function search(world: World, one: Sequence): Promise<void> {
  const broken = await breaks(world, one)
  if (broken === undefined) return
  const least = await shrink(world, one)
  const last = (await breaks(world, least)) ?? broken
  const moves = JSON.stringify(least.moves)
  throw new Violation(`${last.message}\nseed ${one.seed}, moves ${moves}:\n${world.trace.join('\n')}`)
}

/** What breaks; anything but a Violation goes through, with the way that led there. */
export async function breaks(world: World, one: Sequence): Promise<Violation | undefined> {
  try {
    await play(world, one)
    return undefined
  } catch (error) {
    if (error instanceof Violation) return error
    throw new Error(`seed ${one.seed}, after ${world.trace.join(', ')}`, { cause: error })
  }
}

/** Tries when shrinking: each plays a whole sequence. */
const MAX_TRIES = 150

/** Cuts at the move that broke it, then leaves out stretches that are not needed, halves first. Called after a violation. */
async function shrink(world: World, one: Sequence): Promise<Sequence> {
  const atEnd = world.trace.at(-1) === END
  let moves = one.moves.slice(0, world.trace.length - (atEnd ? 1 : 0))
  let tries = 0
  for (let stretch = moves.length >> 1; stretch >= 1; stretch >>= 1) {
    for (let at = 0; at < moves.length && tries < MAX_TRIES; tries++) {
      const fewer = [...moves.slice(0, at), ...moves.slice(at + stretch)]
      const broken = await breaks(world, { ...one, moves: fewer })
      // What broke in a move has to break in a move again.
      if (broken !== undefined && (atEnd || world.trace.at(-1) !== END)) moves = fewer
      else at += stretch
    }
  }
  return { ...one, moves }
}
