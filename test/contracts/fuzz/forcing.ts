import type { Hex } from 'viem'
import { nativeRollup } from '../../../genesis/generated/NativeRollup.ts'
import { transact } from './calls.ts'
import { ensure } from './invariants.ts'
import type { Move } from './move.ts'
import type { Random } from './random.ts'
import { followQueue } from './settling.ts'
import { USERS, type World } from './world.ts'

const { abi } = nativeRollup

/** The queue does not know whether a transaction could be included: any bytes do, as long as their form is right. */
async function force(world: World, random: Random): Promise<void> {
  const { m1, l1, config } = world
  const again = random.chance(0.15) ? random.pickMaybe(m1.forced)?.tx : undefined
  const length = random.pick([1, 40, 40, 110, 300])
  const body = Buffer.from(random.bytes(length - 1)).toString('hex')
  const first = random.pick(['01', '02', '04', 'c0', 'f8', '03', '7f'])
  const tx: Hex = again ?? `0x${first}${body}`
  const value = random.chance(0.9) ? config.forcedBond : config.forcedBond - 1n
  const expected = !['03', '7f'].includes(tx.slice(2, 4)) && value === config.forcedBond
  const from = random.pick(USERS)
  const since = l1.chain.block.timestamp
  if (expected) m1.forced.push({ tx, payer: from, since, state: 'pending' })
  const outcome = await transact(world, 'l1', l1.rollup, abi, 'forceTransaction', [tx], { from, value })
  ensure(outcome.ok === expected, () => `forceTransaction of ${tx.slice(0, 6)}: ${outcome.error}`)
}

async function reclaim(world: World, random: Random): Promise<void> {
  const { m1, l1 } = world
  const included = m1.forced.flatMap(({ state }, i) => (state === 'included' || state === 'reclaimed' ? [i] : []))
  const id = (random.chance(0.7) ? random.pickMaybe(included) : undefined) ?? random.int(m1.forced.length + 1)
  const entry = m1.forced[id]
  const expected = entry?.state === 'included'
  const before = entry === undefined ? 0n : await l1.chain.balance(entry.payer)
  if (expected) {
    m1.bondsPaid++
    entry.state = 'reclaimed'
  }
  const outcome = await transact(world, 'l1', l1.rollup, abi, 'reclaimBond', [BigInt(id)])
  ensure(outcome.ok === expected, () => `reclaimBond of ${id}, ${entry?.state}: ${outcome.error}`)
  if (!expected || entry === undefined) return
  const gained = (await l1.chain.balance(entry.payer)) - before
  ensure(gained === world.config.forcedBond, () => `the payer of a bond got ${gained}`)
}

async function drop(world: World, random: Random): Promise<void> {
  const outcome = await transact(world, 'l1', world.l1.rollup, abi, 'dropExpired', [BigInt(random.pick([1, 3, 100]))])
  ensure(outcome.ok, () => `dropExpired: ${outcome.error}`)
  followQueue(world, outcome, new Set())
}

export const FORCING: Record<string, Move> = {
  force: { weight: 4, run: force },
  'reclaim a bond': { weight: 4, run: reclaim },
  'drop expired': { weight: 1.5, run: drop },
}
