import { type Hex, zeroAddress } from 'viem'
import { l1Messenger } from '../../../genesis/generated/L1Messenger.ts'
import { nativeRollup } from '../../../genesis/generated/NativeRollup.ts'
import { answer, type Outcome } from '../vm.ts'
import { inputOf, rewindL2, sealL1, sealL2 } from './blocks.ts'
import { lower, transact } from './calls.ts'
import * as claims from './claims.ts'
import { ensure } from './invariants.ts'
import type { Move } from './move.ts'
import type { Random } from './random.ts'
import { count, type L2Block, RELAYER, STRANGER, TWIN_CHAIN_ID, USERS, type World } from './world.ts'

const { abi } = nativeRollup

/** May anyone advance now? As the design says it, from the model alone. */
export function isOpen({ m1, l1, config }: World): boolean {
  const now = l1.chain.block.timestamp
  const oldest = m1.forced.find(({ state }) => state === 'pending')
  const overdue = oldest !== undefined && now >= oldest.since + config.forcedDeadline
  return m1.sequencer === zeroAddress || now >= m1.lastAdvance + config.sequencerTimeout || overdue
}

/** Would L1 take these blocks, in this order, on top of its head? */
function isAcceptable({ m1, l1, l1Blocks, l2Blocks, config }: World, blocks: readonly L2Block[]): boolean {
  const { number, timestamp } = l1.chain.block
  return blocks.every((block, i) => {
    const follows = block.number === m1.head + 1 + i && l2Blocks[block.number - 1] === block
    const anchored = l1Blocks.includes(block.anchor) && number - block.anchor.number <= config.maxAnchorAge
    return follows && anchored && block.timestamp <= timestamp && block.timestamp + config.maxTimestampLag >= timestamp
  })
}

/** The next blocks that are not settled; L2 builds again from the settled head when L1 does not take them any more. */
async function nextBlocks(world: World, count: number): Promise<L2Block[]> {
  const blocks = world.l2Blocks.slice(world.m1.head, world.m1.head + count)
  const first = blocks[0]
  if (first !== undefined && !isAcceptable(world, [first])) {
    await rewindL2(world, world.m1.head)
    return []
  }
  return blocks
}

/** Pending forced transactions that one of the blocks contains. */
function containedIn(world: World, blocks: readonly L2Block[]): bigint[] {
  const all = new Set(blocks.flatMap(({ transactions }) => transactions))
  return world.m1.forced.flatMap(({ tx, state }, id) => (state === 'pending' && all.has(tx) ? [BigInt(id)] : []))
}

/** A settlement that is tried, and what the model makes of it. */
export async function advance(world: World, blocks: readonly L2Block[], from: Hex, named = false): Promise<Outcome> {
  const { m1, l1 } = world
  const expected = isAcceptable(world, blocks) && (from === m1.sequencer || isOpen(world))
  const anchors = blocks.map(({ anchor }) => anchor.number)
  const inputs = blocks.map((block) => inputOf(block))
  const ids = named ? containedIn(world, blocks) : []
  const [name, args] = named
    ? ['advanceWithForced', [inputs[0], anchors[0], ids]]
    : blocks.length === 1
      ? ['advance', [inputs[0], anchors[0]]]
      : ['advanceBatch', [inputs, anchors]]
  const contained = new Set(containedIn(world, blocks))
  const outcome = await transact(world, 'l1', l1.rollup, abi, name as string, args as unknown[], { from })
  ensure(
    outcome.ok === expected,
    () => `${name} of ${blocks.map(({ number }) => number)}: ${outcome.error}, expected ${expected}`,
  )
  if (outcome.ok) settled(world, blocks, from)
  followQueue(world, outcome, contained)
  const missing = ids.filter((id) => m1.forced[Number(id)]?.state === 'pending')
  ensure(!outcome.ok || missing.length === 0, () => `named forced transactions ${missing} are still pending`)
  return outcome
}

function settled(world: World, blocks: readonly L2Block[], from: Hex): void {
  const { m1, l1 } = world
  for (const { number } of blocks) m1.settledAt.set(number, l1.chain.block.timestamp)
  m1.head += blocks.length
  count(world, 'settled')
  // A stranger's block is no sign of life of the sequencer.
  if (from === m1.sequencer) m1.lastAdvance = l1.chain.block.timestamp
}

/** Forced transactions leave the queue because a block has them, or because they are too old; for nothing else. */
export function followQueue(world: World, outcome: Outcome, contained: ReadonlySet<bigint>): void {
  const { m1, l1, config } = world
  for (const { name, args } of outcome.events) {
    const { id } = args as { id: bigint }
    const entry = m1.forced[Number(id)]
    if (name !== 'ForcedIncluded' && name !== 'ForcedExpired') continue
    ensure(entry?.state === 'pending', () => `${name} of ${id}, which is ${entry?.state}`)
    if (name === 'ForcedIncluded') {
      ensure(contained.has(id), () => `forced transaction ${id} counts as included, but is in no block`)
      entry.state = 'included'
      count(world, 'forced included')
    } else {
      const now = l1.chain.block.timestamp
      ensure(now >= entry.since + config.forcedExpiry, () => `forced transaction ${id} was dropped too early`)
      entry.state = 'expired'
    }
  }
}

async function settle(world: World, random: Random): Promise<void> {
  const blocks = await nextBlocks(world, random.chance(0.3) ? random.between(2, 4) : 1)
  if (blocks.length === 0) return
  const from = random.chance(isOpen(world) ? 0.4 : 0.9) ? world.m1.sequencer : STRANGER
  await advance(world, blocks, from === zeroAddress ? STRANGER : from, blocks.length === 1 && random.chance(0.4))
}

/** The sequencer leaves a forced transaction out for too long: then a stranger may settle. */
async function settleOverdue(world: World): Promise<void> {
  if (!world.m1.forced.some(({ state }) => state === 'pending')) return
  await sealL1(world, world.config.forcedDeadline)
  await settleOne(world, STRANGER)
}

/** Inputs that no rollup may take: not the head's child, not a recent anchor, not executed, of a branch that is gone. */
async function settleBadly(world: World, random: Random): Promise<void> {
  const next = world.l2Blocks[world.m1.head]
  const from = world.m1.sequencer
  const attempts: [string, Hex, bigint][] = []
  const settledBlock = random.pickMaybe(world.l2Blocks.slice(0, world.m1.head))
  if (settledBlock !== undefined) attempts.push(['a settled block', inputOf(settledBlock), settledBlock.anchor.number])
  const orphan = random.pickMaybe(world.orphans.filter(({ anchor }) => !world.l1Blocks.includes(anchor)))
  const head = world.l2Blocks[world.m1.head - 1]
  if (orphan !== undefined && head !== undefined) {
    const now = world.l1.chain.block.timestamp
    const changes = { number: BigInt(head.number + 1), parent: head.hash, timestamp: now }
    attempts.push(['a block on a lost anchor', inputOf(orphan, changes), orphan.anchor.number])
  }
  if (next !== undefined) {
    attempts.push(['another anchor', inputOf(next), next.anchor.number + 1n])
    attempts.push(['another parent', inputOf(next, { parent: next.hash }), next.anchor.number])
    attempts.push(['a skipped number', inputOf(next, { number: BigInt(next.number + 1) }), next.anchor.number])
    attempts.push(['another chain', inputOf(next, { chainId: TWIN_CHAIN_ID }), next.anchor.number])
    attempts.push([
      'a future time',
      inputOf(next, { timestamp: world.l1.chain.block.timestamp + 1n }),
      next.anchor.number,
    ])
  }
  const attempt = random.pickMaybe(attempts)
  if (attempt === undefined) return
  const [what, input, anchor] = attempt
  const outcome = await transact(world, 'l1', world.l1.rollup, abi, 'advance', [input, anchor], { from })
  ensure(!outcome.ok, () => `advance took ${what}`)
  if (next !== undefined && random.chance(0.4)) await settleUnexecuted(world, next, random)
}

/** EXECUTE says no, or something else than yes. */
async function settleUnexecuted(world: World, next: L2Block, random: Random): Promise<void> {
  const { chain, rollup } = world.l1
  await answer(
    chain,
    random.pick([{ halt: true }, { success: 0 }, { size: 42 }, { chainId: TWIN_CHAIN_ID }, { size: 0 }]),
  )
  const args = [inputOf(next), next.anchor.number]
  const outcome = await transact(world, 'l1', rollup, abi, 'advance', args, { from: world.m1.sequencer })
  ensure(!outcome.ok, () => 'advance took a block that EXECUTE refused')
  await answer(chain, {})
}

/** The other rollup settles the same states: what is in them is not for its escrow. */
async function settleTwin(world: World, random: Random): Promise<void> {
  const { m1, l1, twin } = world
  const block = world.l2Blocks[m1.head - 1]
  if (block === undefined) return
  const anchor = await sealL1(world)
  const now = l1.chain.block.timestamp
  const changes = { number: m1.twin.number + 1n, parent: m1.twin.hash, chainId: TWIN_CHAIN_ID, timestamp: now }
  await answer(l1.chain, { chainId: TWIN_CHAIN_ID })
  const input = inputOf({ ...block, anchor, transactions: [] }, changes)
  const outcome = await transact(world, 'l1', twin.rollup, abi, 'advance', [input, anchor.number])
  await answer(l1.chain, {})
  ensure(outcome.ok, () => `the other rollup cannot advance: ${outcome.error}`)
  Object.assign(m1.twin, { number: m1.twin.number + 1n, hash: block.hash })
  const message = random.pickMaybe(block.model.sent)
  if (message === undefined) return
  const place = claims.placeOf({ ...block, number: Number(m1.twin.number) })
  const args = claims.claimArgs(world, 'l1', message, place)
  const claimed = await transact(
    world,
    'l1',
    twin.messenger,
    l1Messenger.abi.filter(({ type }) => type !== 'event'),
    'claim',
    args,
  )
  ensure(!claimed.ok, () => 'a message of one rollup was paid by another one')
}

async function rotate(world: World, random: Random): Promise<void> {
  const { m1, l1 } = world
  if (random.chance(0.5)) {
    const next: Hex = random.pick<Hex>([...USERS, RELAYER, zeroAddress])
    const from = random.chance(0.8) ? m1.sequencer : STRANGER
    const outcome = await transact(world, 'l1', l1.rollup, abi, 'setSequencer', [next], { from })
    ensure(outcome.ok === (from === m1.sequencer), () => `setSequencer by ${from}: ${outcome.error}`)
    if (outcome.ok) m1.nominee = lower(next)
    return
  }
  const from = random.chance(0.8) && m1.nominee !== zeroAddress ? m1.nominee : STRANGER
  const outcome = await transact(world, 'l1', l1.rollup, abi, 'acceptSequencer', [], { from })
  ensure(outcome.ok === (from === m1.nominee), () => `acceptSequencer by ${from}: ${outcome.error}`)
  if (outcome.ok) Object.assign(m1, { sequencer: from, nominee: zeroAddress })
}

/** L2 ends a block, with some of the forced transactions that it knows of. */
async function sealBlock(world: World, random: Random): Promise<void> {
  const pending = world.m1.forced.filter(({ state }) => state === 'pending').map(({ tx }) => tx)
  const chosen: Hex[] = [...new Set(pending)].filter(() => random.chance(0.4))
  if (random.chance(0.3)) chosen.reverse()
  const own = Array.from({ length: random.int(3) }, (): Hex => `0x02${Buffer.from(random.bytes(40)).toString('hex')}`)
  await sealL2(world, random.chance(0.5) ? [...own, ...chosen] : [...chosen, ...own])
}

export const SETTLING: Record<string, Move> = {
  'seal L2': { weight: 10, run: sealBlock },
  settle: { weight: 14, run: settle },
  'settle what is overdue': { weight: 1, run: settleOverdue },
  'settle badly': { weight: 4, run: settleBadly },
  'settle the other rollup': { weight: 2, run: settleTwin },
  rotate: { weight: 2, run: rotate },
}

/**
 * The chain goes on: its sequencer settles a block, and when it falls silent, a stranger does. What is not acceptable any
 * more is built again first.
 */
export async function goOn(world: World): Promise<void> {
  if (world.m1.sequencer !== zeroAddress) await settleOne(world, world.m1.sequencer)
  await sealL1(world, world.config.sequencerTimeout + 1n)
  await settleOne(world, STRANGER)
}

async function settleOne(world: World, from: Hex): Promise<void> {
  await sealL1(world)
  let blocks = await nextBlocks(world, 1)
  if (blocks.length === 0) {
    // What waited in the open block is lost when its anchor has grown too old.
    const { number } = world.l1.chain.block
    const isLate = world.open !== undefined && number - world.open.number > world.config.maxAnchorAge
    if (isLate) await rewindL2(world, world.l2Blocks.length)
    blocks = [await sealL2(world)]
  }
  const outcome = await advance(world, blocks, from)
  ensure(outcome.ok, () => `the chain does not go on: ${outcome.error}`)
}

/** Everything that L2 has built is settled. */
export async function settleAll(world: World): Promise<void> {
  while (world.m1.head < world.l2Blocks.length) {
    const blocks = await nextBlocks(world, 8)
    if (blocks.length === 0) break
    if (world.l1.chain.block.timestamp < (blocks.at(-1)?.timestamp ?? 0n)) await sealL1(world)
    const from = world.m1.sequencer === zeroAddress ? STRANGER : world.m1.sequencer
    const outcome = await advance(
      world,
      blocks.filter((_, i) => isAcceptable(world, blocks.slice(0, i + 1))),
      from,
    )
    ensure(outcome.ok, () => `what L2 has built cannot be settled: ${outcome.error}`)
  }
}
