import { decodeFunctionData, encodeAbiParameters, erc20Abi, type Hex, hexToBigInt, keccak256 } from 'viem'
import { l1TokenBridge } from '../../../genesis/generated/L1TokenBridge.ts'
import { l2TokenBridge } from '../../../genesis/generated/L2TokenBridge.ts'
import type { Message } from '../../../rollup/types.ts'
import { L2_TOKEN_BRIDGE } from '../setup.ts'
import { ALICE } from '../vm.ts'
import { openL2 } from './blocks.ts'
import { type Side, transact } from './calls.ts'
import type { FastChain } from './chain.ts'
import { ensure } from './invariants.ts'
import { undelivered } from './model.ts'
import { bothSides, type Move } from './move.ts'
import type { Random } from './random.ts'
import { type Artifacts, count, STRANGER, USERS, type World } from './world.ts'

/** A token of one chain, and where its counterpart on the other chain is or will be. */
export type Token = { home: Side; address: Hex; clone: Hex; takesFees: boolean }

const FEE_ABI = feeAbi()

function feeAbi() {
  const flag = { type: 'bool' } as const
  const read = { type: 'function', stateMutability: 'view', inputs: [], outputs: [flag] } as const
  return [
    { type: 'function', name: 'set', stateMutability: 'nonpayable', inputs: [flag, flag], outputs: [] },
    { ...read, name: 'inside' },
    { ...read, name: 'onTop' },
  ] as const
}

/** An ordinary token on each chain, and one on L1 that can begin to take fees. */
export async function deployTokens(
  built: Artifacts,
  chains: { l1: FastChain; l2: FastChain },
  bridge: Hex,
): Promise<Token[]> {
  const ends = { l1: bridge, l2: L2_TOKEN_BRIDGE }
  const tokens: Token[] = []
  for (const [home, away, takesFees] of [
    ['l1', 'l2', false],
    ['l2', 'l1', false],
    ['l1', 'l2', true],
  ] as const) {
    const args = ['Gold', 'GLD', 6, 10n ** 30n]
    const { address } = takesFees
      ? await chains[home].deploy(built.FeeToken)
      : await chains[home].deploy(built.PlainToken, args)
    const clone = await chains[away].read<Hex>(ends[away], l1TokenBridge.abi, 'predictLocalToken', [address])
    tokens.push({ home, address, clone: clone.toLowerCase() as Hex, takesFees })
  }
  return tokens
}

const bridgeAt = (world: World, side: Side): Hex => (side === 'l1' ? world.l1.bridge : L2_TOKEN_BRIDGE)
const other = (side: Side): Side => (side === 'l1' ? 'l2' : 'l1')

async function balanceOf({ chain }: { chain: FastChain }, token: Hex, holder: Hex): Promise<bigint> {
  if ((await chain.getCode(token)) === '0x') return 0n
  return chain.read<bigint>(token, erc20Abi, 'balanceOf', [holder])
}

/** Does the token take a fee from the bridge's transfers now? */
export async function isStrange(world: World, token: Token): Promise<{ inside: boolean; onTop: boolean }> {
  if (!token.takesFees) return { inside: false, onTop: false }
  const { chain } = world[token.home]
  return {
    inside: await chain.read<boolean>(token.address, FEE_ABI, 'inside'),
    onTop: await chain.read<boolean>(token.address, FEE_ABI, 'onTop'),
  }
}

/** Sends a token to the other chain: the original into escrow, or its counterpart back. */
async function sendTokens(world: World, side: Side, random: Random): Promise<void> {
  if (side === 'l2') await openL2(world)
  const token = random.pick(world.tokens)
  const isHome = token.home === side
  const local = isHome ? token.address : token.clone
  const from = random.pick([ALICE, ...USERS])
  const held = await balanceOf(world[side], local, from)
  const wanted = random.chance(0.9) ? BigInt(random.between(1, 10 ** 6)) : held + 1n
  const fee = random.chance(0.7) ? 0n : BigInt(random.int(1_000))
  if ((await world[side].chain.balance(from)) < fee) return
  if (isHome) await world[side].chain.send(local, erc20Abi, 'approve', [bridgeAt(world, side), wanted], { from })
  const strange = await isStrange(world, token)
  // A fee of a hundredth of less than a hundred units is none.
  const takes = isHome && wanted >= 100n && (strange.inside || strange.onTop)
  const expected = wanted <= held && !(takes && (strange.inside || held < wanted + wanted / 100n))
  const abi = side === 'l1' ? l1TokenBridge.abi : l2TokenBridge.abi
  const name = side === 'l1' ? 'deposit' : 'withdraw'
  const args = [local, random.pick(USERS), wanted, fee]
  const outcome = await transact(world, side, bridgeAt(world, side), abi, name, args, { from, value: fee })
  ensure(outcome.ok === expected, () => `${name} of ${wanted} of ${held}: ${outcome.error}, expected ${expected}`)
  if (outcome.ok) count(world, 'tokens sent')
  await checkTokens(world)
}

/** Nobody but the other bridge, by way of the messenger, makes or releases tokens. */
async function finalizeDirectly(world: World, side: Side, random: Random): Promise<void> {
  if (side === 'l2') await openL2(world)
  const token = random.pick(world.tokens)
  const release = token.home === side
  const args = [token.address, STRANGER, STRANGER, 5n, ...(release ? [] : ['0x'])]
  const name = release ? 'finalizeRelease' : 'finalizeMint'
  const outcome = await transact(world, side, bridgeAt(world, side), l1TokenBridge.abi, name, args, {
    from: random.pick(USERS),
  })
  ensure(!outcome.ok, () => `${name} can be called by anybody`)
}

async function changeFees(world: World, _: Side, random: Random): Promise<void> {
  const token = world.tokens.find(({ takesFees }) => takesFees)
  if (token === undefined) return
  const args = [random.chance(0.3), random.chance(0.3)]
  const outcome = await transact(world, token.home, token.address, FEE_ABI, 'set', args)
  ensure(outcome.ok, () => 'the token does not do as told')
}

/** At the end tokens are honest again. */
export async function calmTokens(world: World): Promise<void> {
  for (const { takesFees, home, address } of world.tokens) {
    if (takesFees) await transact(world, home, address, FEE_ABI, 'set', [false, false])
  }
}

type Transfer = { token: Hex; amount: bigint; kind: 'finalizeMint' | 'finalizeRelease' }

/** What a message between the bridges moves; undefined for any other message. */
export function transferOf(world: World, { sender, to, data }: Message): Transfer | undefined {
  const isOurs =
    (sender === world.l1.bridge && to === L2_TOKEN_BRIDGE) || (sender === L2_TOKEN_BRIDGE && to === world.l1.bridge)
  if (!isOurs) return undefined
  const { functionName, args } = decodeFunctionData({ abi: l1TokenBridge.abi, data })
  if (functionName !== 'finalizeMint' && functionName !== 'finalizeRelease') return undefined
  const [token, , , amount] = args
  return { token: token.toLowerCase() as Hex, amount, kind: functionName }
}

/** Escrow is what exists on the other chain and what is on its way, and the bridge has as much. */
export async function checkTokens(world: World): Promise<void> {
  const { m1, m2 } = world
  const onTheWay = [...undelivered(m1, m2), ...undelivered(m2, m1)].flatMap(
    (message) => transferOf(world, message) ?? [],
  )
  for (const { home, address, clone } of world.tokens) {
    const bridge = bridgeAt(world, home)
    const { chain } = world[home]
    const away = world[other(home)].chain
    const escrowed = hexToBigInt(await chain.getStorage(bridge, escrowSlot(address)))
    const supply = (await away.getCode(clone)) === '0x' ? 0n : await away.read<bigint>(clone, erc20Abi, 'totalSupply')
    const moving = onTheWay.reduce(
      (sum, { token, amount }) => (token === address.toLowerCase() ? sum + amount : sum),
      0n,
    )
    ensure(
      escrowed === supply + moving,
      () => `${escrowed} of a token in escrow, ${supply} outstanding, ${moving} on the way`,
    )
    const held = await balanceOf(world[home], address, bridge)
    ensure(held >= escrowed, () => `the bridge has ${held} of a token and owes ${escrowed}`)
  }
}

/** TokenBridge: mapping at slot 3. */
const escrowSlot = (token: Hex): bigint =>
  hexToBigInt(keccak256(encodeAbiParameters([{ type: 'address' }, { type: 'uint256' }], [token, 3n])))

export const TOKENS: Record<string, Move> = {
  'send tokens': bothSides(10, sendTokens),
  'finalize directly': bothSides(1, finalizeDirectly),
  'change fees': bothSides(1, changeFees),
}
