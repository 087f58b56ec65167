import type {
  BlockAssembly,
  BlockEnv,
  BlockOutcome,
  EnginePaths,
  Transaction,
  TransactionOutcome,
} from '../../../execution/types.ts'
import { hexToBytes } from '../../../stateless/bytes.ts'
import { accounts, addressOf, type DevChain } from '../devChain.ts'
import { createRandom, type Random } from '../programs.ts'
import { type BothEngines, codeOf, type Result, requireValue } from './engines.ts'
import type { Fork } from './forks.ts'
import { crowdsOf, type Scenario, scenariosOf } from './scenarios.ts'
import type { Offer, Scene } from './scene.ts'
import type { Tally } from './tally.ts'

/** Scenarios of a block, and how often a crowd comes on top. */
const SCENARIOS = 14
const CROWD_PERCENT = 12

export type Building = { both: BothEngines; chain: DevChain; fork: Fork; tally: Tally }

export type Built = {
  outcome: BlockOutcome
  /** what was offered and rejected */
  rejected: readonly Uint8Array[]
}

type Assemblies = Record<EnginePaths, BlockAssembly>
type Offered = Result<TransactionOutcome | undefined>

/** Builds a block of random transactions with both engines side by side. */
export async function buildTwice(building: Building, seed: number): Promise<Built> {
  const { both, fork, tally } = building
  const random = createRandom(seed)
  const assemblies = await begin(building, envOf(building, random))
  const rejected: Uint8Array[] = []
  const play = async (scenario: Scenario) => {
    for (const offer of await scenario(await sceneOf(building, random, assemblies.fast))) {
      const result = await offerTwice(building, assemblies, offer, !random.chance(8))
      if ('error' in result) rejected.push(hexToBytes(offer.raw))
      tally.offered(offer, result)
      await requireNothingLeft(tally, assemblies.fast, offer, result)
    }
  }
  for (let i = 0; i < SCENARIOS; i++) await play(tally.turn(`scenarios of ${fork.title}`, scenariosOf(fork)))
  if (random.chance(CROWD_PERCENT)) await play(tally.turn(`crowds of ${fork.title}`, crowdsOf(fork)))
  const sealed = await both.same('sealing', async (_, paths) => inOrder(await assemblies[paths].seal()))
  return { outcome: requireValue(sealed), rejected }
}

/** The outcome with its nodes in one order: each engine writes them down in its own. */
export function inOrder(outcome: BlockOutcome): BlockOutcome {
  return { ...outcome, nodes: new Map([...outcome.nodes].sort(([a], [b]) => (a < b ? -1 : 1))) }
}

function envOf({ chain, fork }: Building, random: Random): BlockEnv {
  const paid = fork.withdrawals && random.chance(40)
  const withdrawals = [0, 1].map((i) => ({
    index: BigInt(i),
    validatorIndex: 1n,
    address: addressOf(i + 2),
    amount: BigInt(random.below(2)),
  }))
  const parentBeaconBlockRoot = new Uint8Array(32).fill(random.below(3))
  return chain.env({ ...(paid ? { withdrawals } : {}), parentBeaconBlockRoot })
}

async function begin({ both, chain }: Building, env: BlockEnv): Promise<Assemblies> {
  const begun: Partial<Assemblies> = {}
  await both.same('beginning a block', async (engine, paths) => {
    const { head, memory } = chain
    const parts = { parent: head.header, parentHash: head.hash, env, blockHash: memory.blockHash }
    const assembly = await engine.beginBlock({ ...parts, state: chain.state() })
    begun[paths] = assembly
    return [assembly.baseFeePerGas, assembly.gasUsed]
  })
  const { fast, reference } = begun
  if (fast === undefined || reference === undefined) throw new Error('a block was not begun')
  return { fast, reference }
}

async function sceneOf({ chain, fork, tally }: Building, random: Random, assembly: BlockAssembly): Promise<Scene> {
  const nonces: number[] = []
  for (let i = 0; i < accounts.length; i++) {
    nonces.push(Number((await assembly.getAccount(addressOf(i)))?.nonce ?? 0n))
  }
  return {
    random,
    fork,
    nonces,
    turn: tally.turn,
    balanceOf: async (address) => (await assembly.getAccount(hexToBytes(address)))?.balance ?? 0n,
    decode: chain.decode,
    minimumGas: (tx) => chain.engine.minimumGas(tx, assembly.env),
  }
}

/** Both engines decode it and put it into their block, or neither does. */
async function offerTwice(
  { both }: Building,
  assemblies: Assemblies,
  { kind, raw, rejection }: Offer,
  accepted: boolean,
): Promise<Offered> {
  const decoded: Partial<Record<EnginePaths, Transaction>> = {}
  const bytes = hexToBytes(raw)
  const fields = await both.same(`decoding: ${kind}`, (engine, paths) => {
    const tx = engine.decodeTransaction(bytes, assemblies[paths].env)
    decoded[paths] = tx
    // What is read late, the sender too.
    return { ...tx }
  })
  const result: Offered =
    'error' in fields
      ? fields
      : await both.same(kind, (_, paths) => {
          const tx = decoded[paths]
          if (tx === undefined) throw new Error('not decoded')
          return assemblies[paths].addTransaction(tx, () => accepted)
        })
  if (rejection !== undefined && codeOf(result) !== rejection) {
    throw new Error(`${kind}: expected ${rejection}, got ${codeOf(result)}`)
  }
  return result
}

async function requireNothingLeft(
  tally: Tally,
  assembly: BlockAssembly,
  { spender }: Offer,
  result: Offered,
): Promise<void> {
  if (spender === undefined || 'error' in result || result.value === undefined) return
  const left = (await assembly.getAccount(hexToBytes(spender)))?.balance
  if (left !== 0n) throw new Error(`${spender} has ${left} wei left`)
  tally.add('sender left with nothing')
}
