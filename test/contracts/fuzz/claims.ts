import { encodeFunctionData, type Hex } from 'viem'
import type { Message } from '../../../rollup/types.ts'
import type { CallOptions, Outcome } from '../vm.ts'
import { ALICE } from '../vm.ts'
import { openL2 } from './blocks.ts'
import { messengerAbi, messengerAt, type Side, toMessenger } from './calls.ts'
import { ensure } from './invariants.ts'
import type { L1Model, L2Model } from './model.ts'
import type { Random } from './random.ts'
import { checkTokens, isStrange, transferOf } from './tokenMoves.ts'
import { type L2Block, RELAYER, type World } from './world.ts'

/** Where a message is proven: in a settled L2 block, or under an inbox root that L2 knows. */
export type Place = { size: number; args: (message: Message, path: readonly Hex[], fee: Hex) => unknown[] }

export const sideOf = (world: World, side: Side): { here: L1Model | L2Model; there: L1Model | L2Model } =>
  side === 'l1' ? { here: world.m1, there: world.m2 } : { here: world.m2, there: world.m1 }

/** Blocks whose state roots the rollup gives out now. */
export function finalBlocks({ m1, l1, l2Blocks, config }: World): L2Block[] {
  const now = l1.chain.block.timestamp
  return l2Blocks
    .slice(0, m1.head)
    .filter(({ number }) => (m1.settledAt.get(number) ?? now) + config.finalityDelay <= now)
}

/** Places that prove messages, oldest first. */
export function places(world: World, side: Side): Place[] {
  if (side === 'l1') return finalBlocks(world).map(placeOf)
  const { roots } = world.m2
  return roots.flatMap((size, i) => {
    const id = BigInt(i + 1)
    if (roots.length - i > 64) return []
    return [{ size, args: (message: Message, path: readonly Hex[], fee: Hex) => [message, id, path, fee] }]
  })
}

export const placeOf = ({ number, accountProof, storageProof, model }: L2Block): Place => ({
  size: model.sent.length,
  args: (message, path, fee) => [message, path, BigInt(number), accountProof, storageProof, fee],
})

/** Undelivered messages that can be claimed now, each with a place that proves it. */
export function claimable(world: World, side: Side): { message: Message; place: Place }[] {
  const { here, there } = sideOf(world, side)
  const known = places(world, side)
  const newest = known.at(-1)
  if (newest === undefined) return []
  return there.sent
    .slice(0, newest.size)
    .filter(({ index }) => !here.delivered.has(Number(index)))
    .map((message) => ({ message, place: newest }))
}

/** Any place that proves the message, the newest one not more often than others. */
export function anyPlace(world: World, side: Side, message: Message, random: Random): Place | undefined {
  return random.pickMaybe(places(world, side).filter(({ size }) => size > Number(message.index)))
}

export const treeAt = (world: World, side: Side) => (side === 'l1' ? world.outboxTree : world.inboxTree)

export type ClaimOptions = CallOptions & { fee?: Hex; path?: readonly Hex[] }

export function claimArgs(
  world: World,
  side: Side,
  message: Message,
  place: Place,
  options: ClaimOptions = {},
): unknown[] {
  const path = options.path ?? treeAt(world, side).path(Number(message.index), place.size)
  return place.args(message, path, options.fee ?? RELAYER)
}

export async function claim(
  world: World,
  side: Side,
  message: Message,
  place: Place,
  options: ClaimOptions = {},
): Promise<Outcome> {
  if (side === 'l2') await openL2(world)
  const args = claimArgs(world, side, message, place, options)
  const outcome = await toMessenger(world, side, 'claim', args, { from: ALICE, ...options })
  if (transferOf(world, message) !== undefined) await checkTokens(world)
  return outcome
}

/** A claim that must not succeed, whatever the reason. */
export async function refusedClaim(world: World, side: Side, what: string, args: unknown[]): Promise<Outcome> {
  const outcome = await toMessenger(world, side, 'claim', args)
  ensure(!outcome.ok, () => `${what} was accepted on ${side}`)
  return outcome
}

export const claimCalldata = (world: World, side: Side, message: Message, place: Place): Hex =>
  encodeFunctionData({
    abi: messengerAbi(side) as typeof import('../../../genesis/generated/L2Messenger.ts').l2Messenger.abi,
    functionName: 'claim',
    args: claimArgs(world, side, message, place) as never,
  })

/** Actors.sol::Mode */
export const MODES = ['accept', 'revert', 'burn', 'bomb', 'reenter', 'send'] as const
export type Mode = (typeof MODES)[number]

const isRefusing = (mode: number): boolean => mode >= 1 && mode <= 3

/** What a claim with plenty of gas must come to: undefined when it depends on more than the receivers' modes. */
export async function expectedError(world: World, side: Side, message: Message, fee: Hex): Promise<string | undefined> {
  const modes = async (address: Hex) => {
    if (!world[side].actors.includes(address)) return { mode: 0, feeMode: 0 }
    const slot = BigInt(await world[side].chain.getStorage(address, 0n))
    return { mode: Number(slot & 0xffn), feeMode: Number((slot >> 8n) & 0xffn) }
  }
  const transfer = transferOf(world, message)
  const token = world.tokens.find(({ address }) => address === transfer?.token)
  // A token that takes more out of the bridge than it was told to gets nothing out of it.
  const takesMore = token !== undefined && transfer?.kind === 'finalizeRelease' && (await isStrange(world, token)).onTop
  if (takesMore && transfer.amount >= 100n) return 'Messages_DeliveryFailed'
  const target = await modes(message.to)
  if (isRefusing(target.mode)) return 'Messages_DeliveryFailed'
  if (message.fee > 0n && isRefusing((await modes(fee)).feeMode)) return 'Messages_FeePaymentFailed'
  return undefined
}

export { messengerAt }
