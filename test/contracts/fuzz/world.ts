import { type Hex, zeroAddress } from 'viem'
import { createMessageTree } from '../../../rollup/messages/messages.ts'
import type { Artifact } from '../../../scripts/lib/solidity.mjs'
import { compile } from '../../compile.ts'
import {
  createL1,
  createL2,
  createRollup,
  defaultConfig,
  GENESIS_HASH,
  L1_CHAIN_ID,
  L2_CHAIN_ID,
  L2_MESSENGER,
  type RollupConfig,
} from '../setup.ts'
import { ALICE, BOB } from '../vm.ts'
import { sealL1 } from './blocks.ts'
import { createFastChain } from './chain.ts'
import { emptyL1, emptyL2, type L1Model, type L2Model } from './model.ts'
import { deployTokens } from './tokenMoves.ts'

/** between the creation of the rollup and the first call, seconds */
const SETUP_TIME = 100n
export const BACKING = 10n ** 24n
export const TWIN_BACKING = 10n ** 21n
export const TWIN_CHAIN_ID = 28_080n
export const CAROL: Hex = '0xca40100000000000000000000000000000000004'
export const RELAYER: Hex = '0x4e1a700000000000000000000000000000000005'
export const STRANGER: Hex = '0x5742a00000000000000000000000000000000006'
export const USERS: readonly Hex[] = [ALICE, BOB, CAROL]
/** gas limit of messages to actors: three new slots and a message of their own fit */
export const ACTOR_GAS = 2_000_000n

export const baseConfig: RollupConfig = {
  ...defaultConfig,
  maxAnchorAge: 100n,
  maxTimestampLag: 50_000n,
  sequencerTimeout: 3_600n,
  forcedDeadline: 1_200n,
  forcedExpiry: 6_000n,
}

export type L1Block = {
  number: bigint
  timestamp: bigint
  hash: Hex
  header: Hex
  stateRoot: Hex
  accountProof: Hex[]
  storageProof: Hex[]
  model: L1Model
}

export type L2Block = {
  number: number
  timestamp: bigint
  hash: Hex
  parent: Hex
  anchor: L1Block
  stateRoot: Hex
  accountProof: Hex[]
  storageProof: Hex[]
  transactions: Hex[]
  model: L2Model
}

/** What happened how often. */
export type Tally = Map<string, number>

export const count = ({ tally }: { tally: Tally }, what: string): void => {
  tally.set(what, (tally.get(what) ?? 0) + 1)
}

/** Contracts that are broken on purpose: runtime code to put in place of the sound one. */
export type Sabotage = (world: World) => Promise<void>

export type Artifacts = Record<'Actor' | 'PlainToken' | 'FeeToken', Artifact>

/** The contracts around those that are tested. */
export const compileWorld = (): Artifacts => {
  const tokens = 'test/contracts/Tokens.sol'
  return compile({ Actor: 'test/contracts/fuzz/Actors.sol', PlainToken: tokens, FeeToken: tokens })
}

/**
 * One rollup (and a twin with another chain id) on two EVMs with blocks, reorgs and real state proofs between them; only
 * EXECUTE is programmed. Every call goes through `call`, which counts it, follows it in the model and checks everything.
 */
export async function createWorld(artifacts: Artifacts, changes: Partial<RollupConfig> = {}, sabotage?: Sabotage) {
  const config = { ...baseConfig, ...changes }
  const l1Chain = await createFastChain({ chainId: L1_CHAIN_ID })
  const l1 = { ...(await createL1(config, { backing: BACKING, chain: l1Chain })), chain: l1Chain }
  const twinConfig = { ...config, chainId: TWIN_CHAIN_ID, sequencer: zeroAddress }
  const twin = await createRollup(l1Chain, l1.factory, twinConfig, TWIN_BACKING)
  const l2Chain = await createFastChain({ chainId: Number(L2_CHAIN_ID) })
  const { factory, rollup, messenger, bridge: tokenBridge } = l1
  await createL2({ peers: { factory, rollup, messenger, tokenBridge }, chain: l2Chain })
  const { Actor: actor } = artifacts
  const actors: { l1: Hex[]; l2: Hex[] } = { l1: [], l2: [] }
  for (let i = 0; i < 3; i++) {
    actors.l1.push((await l1Chain.deploy(actor, [l1.messenger, true])).address)
    actors.l2.push((await l2Chain.deploy(actor, [L2_MESSENGER, false])).address)
  }
  for (const user of [BOB, CAROL]) await l1Chain.setBalance(user, 10n ** 24n)
  l1Chain.block.timestamp += SETUP_TIME
  const tokens = await deployTokens(artifacts, { l1: l1Chain, l2: l2Chain }, l1.bridge)

  const world = {
    config,
    l1: { ...l1, bridge: l1.bridge.toLowerCase() as Hex, actors: actors.l1, bond: config.forcedBond },
    l2: { chain: l2Chain, actors: actors.l2 },
    twin,
    tokens,
    actorAbi: actor.abi,
    inboxTree: createMessageTree(),
    outboxTree: createMessageTree(),
    m1: emptyL1(GENESIS_HASH, config.sequencer, l1Chain.block.timestamp - SETUP_TIME),
    m2: emptyL2(BACKING),
    l1Blocks: [] as L1Block[],
    l2Blocks: [] as L2Block[],
    /** L2 blocks that a reorg took away */
    orphans: [] as L2Block[],
    /** the anchor of the L2 block that calls go into now */
    open: undefined as L1Block | undefined,
    genesis: { l1: '0x' as Hex, l2: '0x' as Hex, kept: [0, 0] as [number, number], number: 0n, timestamp: 0n },
    calls: 0,
    ids: 0,
    trace: [] as string[],
    tally: new Map() as Tally,
  }
  if (sabotage !== undefined) await sabotage(world)
  world.genesis = {
    l1: await l1Chain.stateRoot(),
    l2: await l2Chain.stateRoot(),
    kept: [l1Chain.kept(), l2Chain.kept()],
    number: l1Chain.block.number,
    timestamp: l1Chain.block.timestamp,
  }
  return world
}

export type World = Awaited<ReturnType<typeof createWorld>>

/** Everything as it was when the world was made, and a first L1 block to anchor to. */
export async function restart(world: World): Promise<void> {
  const { l1, l2, genesis, config } = world
  for (const [chain, root, kept] of [
    [l1.chain, genesis.l1, genesis.kept[0]],
    [l2.chain, genesis.l2, genesis.kept[1]],
  ] as const) {
    chain.restore(root)
    chain.forget(kept)
    chain.hashes.clear()
  }
  Object.assign(l1.chain.block, { number: genesis.number, timestamp: genesis.timestamp })
  Object.assign(world, {
    inboxTree: createMessageTree(),
    outboxTree: createMessageTree(),
    m1: emptyL1(GENESIS_HASH, config.sequencer, genesis.timestamp - SETUP_TIME),
    m2: emptyL2(BACKING),
    l1Blocks: [],
    l2Blocks: [],
    orphans: [],
    open: undefined,
    calls: 0,
    ids: 0,
    trace: [],
    tally: new Map(),
  })
  await sealL1(world)
}
