import { precompileCases } from '../../../bench/support/precompileInputs.ts'
import { bytesToHex, concatBytes } from '../../../stateless/bytes.ts'
import { accounts, CHAIN_ID } from '../devChain.ts'
import { op, type Random } from '../programs.ts'
import { randomTransaction } from '../randomBlocks.ts'
import { CHURN_WORDS, CONTRACTS, creating, TOKENS } from './contracts.ts'
import type { Fork } from './forks.ts'
import { rejected, replayed } from './rejections.ts'
import {
  anySender,
  at,
  FEES,
  type Hex,
  type Offer,
  type Scene,
  SPENDERS,
  signBlobs,
  signPlain,
  words,
} from './scene.ts'

export type Scenario = (scene: Scene) => Promise<Offer[]>

/** To a contract of contracts.ts, or to an account that may have delegated to it. */
const toOrDelegate = ({ random }: Scene, name: keyof typeof CONTRACTS): Hex =>
  random.chance(80) ? at(name) : random.pick(accounts).address

const random: Scenario = async (scene) => {
  const raw = await randomTransaction(scene.random, scene.nonces, { mostGas: scene.fork.mostGas })
  return [{ kind: 'anything', raw: raw as Hex }]
}

/** One in three cannot pay, one in six runs out of gas. */
const token: Scenario = async (scene) => {
  const amount = scene.random.pick([0, 1, TOKENS / 2, TOKENS / 2, TOKENS + 1, 2 * TOKENS])
  const receiver = scene.random.pick(accounts).address.slice(2)
  const gas = scene.random.chance(15) ? 60_000n : 1_000_000n
  const fields = { to: toOrDelegate(scene, 'token'), gas, data: words(receiver, amount) }
  return [{ kind: 'token transfer', raw: await signPlain(anySender(scene), fields) }]
}

const churn: Scenario = async (scene) => {
  const values = Array.from({ length: CHURN_WORDS - 2 }, () => scene.random.below(3))
  const ends = scene.random.pick([
    [0, 0],
    [0, 0],
    [1, 0],
    [0, 1],
  ])
  const fields = { to: toOrDelegate(scene, 'churn'), data: words(...values, ...ends) }
  return [{ kind: 'storage churn', raw: await signPlain(anySender(scene), fields) }]
}

/** Too little gas, or an opcode that takes all there is. */
const halting: Scenario = async (scene) => {
  const sender = anySender(scene)
  const data = words(...Array.from({ length: CHURN_WORDS }, () => 1))
  const sign = (gas: bigint) => signPlain(sender, { to: at('churn'), data, gas })
  const raw = await scene.turn('halts', [
    async () => sign(scene.minimumGas(scene.decode(await sign(1_000_000n))) + 1_000n),
    () => signPlain(sender, { to: at('burner'), gas: 100_000n }),
  ])()
  return [{ kind: 'halting', raw }]
}

const factory: Scenario = async (scene) => {
  const [salt, again, value] = [scene.random.below(3), scene.random.below(2), BigInt(scene.random.below(2))]
  const heir = scene.random.pick([CONTRACTS.factory, CONTRACTS.burner, 'dead00000000000000000000000000000000bee1'])
  const fields = { to: toOrDelegate(scene, 'factory'), gas: 3_000_000n, value, data: words(salt, heir, again) }
  return [{ kind: 'create2 and selfdestruct', raw: await signPlain(anySender(scene), fields) }]
}

/** Most often a few frames, sometimes as many as gas allows. */
const deep: Scenario = async (scene) => {
  const frames = scene.random.chance(85) ? 5 + scene.random.below(40) : 1_000
  const gas = frames === 1_000 ? 8_000_000n : 1_500_000n
  return [{ kind: 'deep calls', raw: await signPlain(anySender(scene), { to: at('deep'), gas, data: words(frames) }) }]
}

/** Those with the longest inputs would tell no more. */
const PRECOMPILES = precompileCases((name) => !/^no precompile|KB|KiB|MB|1M|1024|256|, 20$|, 128$/.test(name))

type PrecompileCall = { kind: string; address: number; input: Uint8Array; gas: number }

const precompileKind = (address: number, input: 'right' | 'wrong') =>
  `precompile 0x${address.toString(16).padStart(2, '0')}, ${input} input`

export const PRECOMPILE_KINDS = PRECOMPILES.flatMap(({ address }) => [
  precompileKind(address, 'right'),
  precompileKind(address, 'wrong'),
])

/** The next case in turn, every other time with something wrong about it. */
function precompileCall({ random, turn }: Scene): PrecompileCall {
  const { address, input } = turn('precompiles', PRECOMPILES)
  const right = random.chance(50)
  const kind = precompileKind(address, right ? 'right' : 'wrong')
  return { kind, address, input: right ? input : spoilt(random, input), gas: random.chance(90) ? 400_000 : 600 }
}

function spoilt(random: Random, input: Uint8Array): Uint8Array {
  const changed = input.slice()
  const index = random.below(input.length)
  changed[index] = (changed[index] ?? 0) ^ (1 << random.below(8))
  return random.pick([
    changed,
    changed,
    input.subarray(0, index),
    concatBytes([input, Uint8Array.of(random.below(2))]),
    new Uint8Array(input.length),
    new Uint8Array(input.length).fill(0xff),
  ])
}

/** Three calls by a contract that keeps their answers. */
const precompiles: Scenario = async (scene) => {
  const calls = [0, 1, 2].map(() => precompileCall(scene))
  const data = calls
    .map(({ address, gas, input }) => words(address, gas, input.length).slice(2) + bytesToHex(input))
    .join('')
  const fields = { to: toOrDelegate(scene, 'caller'), gas: 3_000_000n, data: `0x${data}` as const }
  return [{ kind: calls.map(({ kind }) => kind).join('; '), raw: await signPlain(anySender(scene), fields) }]
}

const precompile: Scenario = async (scene) => {
  const { kind, address, input } = precompileCall(scene)
  const to: Hex = `0x${address.toString(16).padStart(40, '0')}`
  const raw = await signPlain(anySender(scene), { to, data: `0x${bytesToHex(input)}` })
  return [{ kind: `${kind}; precompile called by a transaction`, raw }]
}

/** Somebody's account becomes one of the contracts, and the transaction calls it. */
const delegation: Scenario = async (scene) => {
  const { random, nonces } = scene
  const { account, nonce } = anySender(scene)
  const index = random.below(accounts.length)
  const authority = random.pick([accounts[index] ?? account])
  // Its own sender's nonce has gone up when a delegation is looked at.
  const next = (nonces[index] ?? 0) + (authority === account ? 1 : 0)
  const name = random.pick(Object.keys(CONTRACTS) as (keyof typeof CONTRACTS)[])
  const authorization = await authority.signAuthorization({
    contractAddress: at(name),
    chainId: random.pick([CHAIN_ID, CHAIN_ID, 0, 1]),
    nonce: random.chance(90) ? next : next + 1,
  })
  const common = { type: 'eip7702', chainId: CHAIN_ID, nonce, gas: 2_000_000n, ...FEES } as const
  const fields = { to: authority.address, data: words(random.below(3), random.below(3), 1) }
  const raw = await account.signTransaction({ ...common, ...fields, authorizationList: [authorization] })
  return [{ kind: 'delegation to a contract', raw }]
}

const blobs: Scenario = async (scene) => {
  const { random, fork } = scene
  const to = random.pick([at('token'), at('churn'), random.pick(accounts).address])
  const fields = { to, value: BigInt(random.below(2)), data: words(random.below(3), random.below(3)) }
  const raw = await signBlobs(anySender(scene), { blobs: 1 + random.below(fork.mostBlobs), ...fields })
  return [{ kind: 'blobs', raw }]
}

/** As many blobs as a transaction may have, until a block has no room for more. */
const manyBlobs: Scenario = async (scene) => {
  const { account, nonce } = anySender(scene)
  const sign = (i: number) => signBlobs({ account, nonce: nonce + i }, { blobs: scene.fork.mostBlobs })
  return Promise.all([0, 1, 2, 3].map(async (i) => ({ kind: 'blobs', raw: await sign(i) })))
}

/** All that is there but for what the gas costs, which is as much as there is. */
const spendsAll: Scenario = async (scene) => {
  const account = scene.turn('spenders', SPENDERS)
  const balance = await scene.balanceOf(account.address)
  const to = SPENDERS.find((other) => other !== account)?.address
  const price = 20_000_000_000n
  const sign = (gas: bigint, value: bigint) =>
    account.signTransaction({ type: 'legacy', chainId: CHAIN_ID, nonce: 0, gasPrice: price, to, gas, value })
  const gas = scene.minimumGas(scene.decode(await sign(1_000_000n, 1n)))
  if (balance < gas * price) return []
  const raw = await sign(gas, balance - gas * price)
  return [{ kind: 'last wei', raw, spender: account.address }]
}

const creation: Scenario = async (scene) => {
  const runtime = scene.random.pick(['00', 'fe', `73${CONTRACTS.token}ff`, 'ef00'])
  const data: Hex = `0x${scene.random.chance(20) ? op.revert : creating(runtime)}`
  const gas = scene.random.pick([100_000n, 1_000_000n])
  return [{ kind: 'creation', raw: await signPlain(anySender(scene), { data, gas }) }]
}

/** More gas than a block has: the last of them finds no room. */
const fullBlock: Scenario = async (scene) => {
  const { account, nonce } = anySender(scene)
  const sign = (i: number) => signPlain({ account, nonce: nonce + i }, { to: at('burner'), gas: 16_000_000n })
  return Promise.all([0, 1, 2, 3].map(async (i) => ({ kind: 'full block', raw: await sign(i) })))
}

/** Drawn in turn. */
export function scenariosOf({ mostBlobs, delegations }: Fork): readonly Scenario[] {
  return [
    random,
    token,
    rejected,
    precompiles,
    random,
    ...(mostBlobs > 0 ? [blobs] : []),
    churn,
    rejected,
    factory,
    random,
    ...(delegations ? [delegation] : []),
    token,
    replayed,
    halting,
    deep,
    rejected,
    random,
    creation,
    spendsAll,
    precompile,
    rejected,
    churn,
    ...(delegations ? [delegation] : []),
    random,
    rejected,
    precompiles,
    random,
  ]
}

/** Now and then at the end of a block. */
export function crowdsOf({ mostBlobs }: Fork): readonly Scenario[] {
  return mostBlobs > 0 ? [fullBlock, manyBlobs] : [fullBlock]
}
