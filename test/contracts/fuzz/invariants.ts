import { encodeAbiParameters, type Hex, hexToBigInt, keccak256 } from 'viem'
import { L2_MESSENGER } from '../setup.ts'
import { sum, undelivered, worth } from './model.ts'
import { BACKING, CAROL, RELAYER, STRANGER, TWIN_BACKING, USERS, type World } from './world.ts'

/** A promise that the contracts did not keep. */
export class Violation extends Error {
  override name = 'Violation'
}

export function ensure(condition: boolean, promise: () => string): asserts condition {
  if (!condition) throw new Violation(promise())
}

/** L2 genesis gives this to the messenger. */
const PREMINT = 10n ** 27n
/** Every account on L2 but the messenger that ever holds anything. */
const holders = (world: World): Hex[] => [...USERS, CAROL, RELAYER, STRANGER, ...world.l2.actors]

/** Everything that must hold after any call, read from balances and storage. */
export async function check(world: World): Promise<void> {
  await checkEscrow(world)
  await checkReserve(world)
  await checkMarks(world)
  await checkReceivers(world)
}

/** L1: what is there covers what is owed, and the contract's books are those of the model. */
async function checkEscrow({ l1, m1, m2, twin }: World): Promise<void> {
  const { chain, messenger, rollup } = l1
  const balance = await chain.balance(messenger)
  const books = BACKING + m1.totalIn - m1.totalOut
  ensure(balance === books + m1.gift, () => `escrow holds ${balance}, books say ${books} and gifts ${m1.gift}`)
  const owed = m2.outside + sum(undelivered(m1, m2).map(worth)) + sum(undelivered(m2, m1).map(worth))
  ensure(books >= owed, () => `escrow: books of ${books} do not cover ${owed}`)
  const totals = [
    hexToBigInt(await chain.getStorage(messenger, 35n)),
    hexToBigInt(await chain.getStorage(messenger, 36n)),
  ]
  ensure(
    totals[0] === m1.totalIn && totals[1] === m1.totalOut,
    () => `totals ${totals}, expected ${m1.totalIn},${m1.totalOut}`,
  )
  const twinBalance = await chain.balance(twin.messenger)
  ensure(twinBalance === TWIN_BACKING, () => `the other rollup's escrow has ${twinBalance}`)
  const bonds = BigInt(m1.forced.length - m1.bondsPaid) * l1.bond
  const held = await chain.balance(rollup)
  ensure(held === bonds, () => `the rollup holds ${held}, bonds are ${bonds}`)
}

/** L2: what is outside the messenger came by messages or was there at genesis. */
async function checkReserve(world: World): Promise<void> {
  const { l2, m1, m2 } = world
  const came = sum([...m2.delivered].map((index) => worthOf(m1.sent[index])))
  const went = sum(m2.sent.map(worth))
  const reserve = await l2.chain.balance(L2_MESSENGER)
  ensure(reserve === PREMINT + went - came + m2.gift, () => `reserve of ${reserve}, ${went} went and ${came} came`)
  let outside = 0n
  for (const holder of new Set(holders(world))) outside += await l2.chain.balance(holder)
  ensure(outside === m2.outside, () => `accounts on L2 have ${outside}, expected ${m2.outside}`)
  ensure(
    outside === BACKING + came - went - m2.gift,
    () => `accounts on L2 have ${outside} after ${came} came and ${went} went`,
  )
}

const worthOf = (message: Parameters<typeof worth>[0] | undefined): bigint =>
  message === undefined ? 0n : worth(message)

/** The bitmaps say what was delivered, and nothing else was; the trees have as many leaves as there are messages. */
async function checkMarks({ l1, l2, m1, m2 }: World): Promise<void> {
  for (const [chain, messenger, sent, delivered, other] of [
    [l1.chain, l1.messenger, m1.sent, m1.delivered, m2.sent],
    [l2.chain, L2_MESSENGER, m2.sent, m2.delivered, m1.sent],
  ] as const) {
    const count = hexToBigInt(await chain.getStorage(messenger, 1n))
    ensure(count === BigInt(sent.length), () => `${count} leaves for ${sent.length} messages`)
    const words = new Map<bigint, bigint>()
    for (const index of delivered) {
      const word = BigInt(index) >> 8n
      words.set(word, (words.get(word) ?? 0n) | (1n << BigInt(index & 255)))
    }
    for (let word = 0n; word <= BigInt(other.length) >> 8n; word++) {
      const marks = hexToBigInt(await chain.getStorage(messenger, bitmapSlot(word)))
      ensure(marks === (words.get(word) ?? 0n), () => `bitmap word ${word} is ${marks.toString(2)}`)
    }
  }
}

/** Receivers remember for ever when a promise to them was broken. */
async function checkReceivers({ l1, l2 }: World): Promise<void> {
  for (const side of [l1, l2]) {
    for (const actor of side.actors) {
      const broken = Number((hexToBigInt(await side.chain.getStorage(actor, 0n)) >> 16n) & 0xffn)
      ensure(broken === 0, () => `${BROKEN[broken]}`)
    }
  }
}

/** Actors.sol::broken */
const BROKEN = [
  '',
  'a receiver got less gas than its message promises',
  'a receiver was called by somebody else or with another value',
  'a receiver got one message twice',
  'a claim was reentered',
  'the sender context was wrong',
  'the sender context was seen by a stranger',
  'the sender context outlived the delivery',
]

/** Slot of a word of the bitmap at slot 34. */
function bitmapSlot(word: bigint): bigint {
  const known = SLOTS.get(word)
  if (known !== undefined) return known
  const slot = hexToBigInt(keccak256(encodeAbiParameters([{ type: 'uint256' }, { type: 'uint256' }], [word, 34n])))
  SLOTS.set(word, slot)
  return slot
}

const SLOTS = new Map<bigint, bigint>()
