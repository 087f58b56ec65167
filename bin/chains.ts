import { join } from 'node:path'
import type { Transport } from 'viem'
import { relayerAccount, settlerAccount } from '../genesis/accounts.ts'
import type { DevnetGenesis } from '../genesis/types.ts'
import { type AdjustableClock, adjustableClock, type Timers } from '../node/clock.ts'
import { onHeadBursts } from '../node/headBursts.ts'
import type { L1Node } from '../node/l1Node.ts'
import { openStore } from '../node/store.ts'
import type { Clock, Logger, SealMode, Store } from '../node/types.ts'
import { RollupError } from '../rollup/errors.ts'
import type { L2Node } from '../rollup/l2Node.ts'
import type { DevnetArchive, ProcessFacts, RollupServices } from '../rpc/rollup/deps.ts'
import type { DevnetControl } from '../rpc/rollup/devnet.ts'
import { rollupMethods } from '../rpc/rollup/methods.ts'
import type { MethodTable } from '../rpc/types.ts'
import type { DevnetOptions } from './commands.ts'
import { createDevnetControl } from './devnetControl.ts'
import { catchUp, l1DevTools } from './devTools.ts'
import type { Engines } from './engines.ts'
import { l1Methods, openL1 } from './l1.ts'
import { l1Transport } from './l1Transport.ts'
import { openRollup, type RollupNode, rollupDir } from './rollupNode.ts'
import { censoredSenders } from './settings.ts'
import { devSigner } from './signer.ts'

export type ChainsSetup = {
  options: DevnetOptions
  genesis: DevnetGenesis
  /** where they are kept; absent: in memory */
  folder?: string
  modes: { l1: SealMode; rollups: readonly SealMode[] }
  /** milliseconds that their clock is ahead of this machine's */
  offsetMs?: number
  /** puts into an empty store what it is to begin with; L1 first, then each rollup */
  fill?(store: Store): Promise<void>
}

export type ChainsDeps = {
  engines: Engines
  clock: Clock
  timers: Timers
  logger: Logger
  process: ProcessFacts
  archive: DevnetArchive
}

/** L1 and its rollups, on one clock, joined to each other and to nothing outside. */
export type Chains = {
  readonly genesis: DevnetGenesis
  /** where they are kept; absent: in memory */
  readonly folder?: string
  readonly clock: AdjustableClock
  readonly l1: L1Node
  readonly rollups: readonly RollupNode[]
  /** of L1, and of each rollup */
  readonly stores: readonly Store[]
  /** what L1 serves; each rollup has its own */
  readonly methods: MethodTable
  /** L1 makes blocks, each rollup is brought in line with it, then all of them run. Throws NodeError. */
  start(): Promise<void>
  close(): Promise<void>
}

/**
 * Opens all chains of a devnet; nothing runs before `start`. The rollups ask L1 by JSON-RPC, like any other client, but not
 * through its port: so a devnet can be made ready while another one is still served there.
 *
 * @throws NodeError for a locked or foreign folder, or contents that are not of this genesis
 */
export async function openChains(setup: ChainsSetup, deps: ChainsDeps): Promise<Chains> {
  const { genesis } = setup
  const { timers, logger } = deps
  const clock = adjustableClock(deps.clock)
  clock.shift(setup.offsetMs ?? 0)
  const closers: (() => Promise<void>)[] = []
  const close = async () => {
    for (const closer of closers.splice(0).reverse()) await closer()
  }
  const stores: Store[] = []
  const rollups: RollupNode[] = []
  const started: RollupNode[] = []
  try {
    stores.push(await openFilled(setup, setup.folder && join(setup.folder, 'l1')))
    const l1 = await openL1Of(setup, { ...deps, clock, store: stores.at(-1) })
    closers.push(() => l1.close())
    catchUp(clock, l1)
    const tools = l1DevTools(
      l1,
      clock,
      genesis.rollups.map(({ deployment }) => deployment),
    )
    const methods: MethodTable = {
      ...l1Methods(l1, { clock, logger: logger.child('l1'), devnet: true, tools }),
      ...rollupMethods({ rollup: () => firstOf(started) }),
    }
    const devnet = createDevnetControl({
      l1,
      clock,
      snapshots: tools.snapshots,
      edits: tools.edits,
      methods: () => methods,
      rollups: () => allOf(started, genesis.rollups.length),
    })
    const transport = l1Transport(methods, logger.child('l1').child('rpc'))
    for (const index of genesis.rollups.keys()) {
      const store = await openFilled(setup, setup.folder && rollupDir(setup.folder, index))
      stores.push(store)
      const rollup = await openRollupOf(setup, index, { ...deps, clock, devnet, store, transport })
      rollups.push(rollup)
      closers.push(() => rollup.close())
    }
    return {
      genesis,
      ...(setup.folder === undefined ? {} : { folder: setup.folder }),
      clock,
      l1,
      rollups,
      stores,
      methods,
      async start() {
        l1.start()
        for (const rollup of rollups) {
          await rollup.node.start()
          // Sharing a process with L1, the rollup need not wait for its next poll to see a deposit.
          const stopPoking = onHeadBursts(l1.chain, timers, rollup.node.poke)
          closers.push(async () => stopPoking())
          started.push(rollup)
        }
      },
      close,
    }
  } catch (error) {
    await close()
    throw error
  }
}

async function openFilled({ fill }: ChainsSetup, dataDir: string | undefined): Promise<Store> {
  const store = await openStore(dataDir === undefined ? {} : { dataDir })
  try {
    await fill?.(store)
    return store
  } catch (error) {
    await store.close()
    throw error
  }
}

type OpenDeps<Opened> = Omit<ChainsDeps, 'clock'> & { clock: AdjustableClock } & Opened

function openL1Of({ genesis, modes }: ChainsSetup, deps: OpenDeps<{ store: Store | undefined }>): Promise<L1Node> {
  const { engines, clock, timers, store } = deps
  return openL1(
    { genesis: genesis.l1, sealMode: modes.l1, imported: false, ...(store && { store }) },
    { engines, clock, timers, logger: deps.logger.child('l1') },
  )
}

function openRollupOf(
  { options, genesis, modes }: ChainsSetup,
  index: number,
  { store, transport, clock, ...deps }: OpenDeps<{ store: Store; transport: Transport; devnet: DevnetControl }>,
): Promise<RollupNode> {
  const own = genesis.rollups[index]
  const sealMode = modes.rollups[index]
  if (own === undefined || sealMode === undefined) throw new Error(`no rollup ${index}`)
  return openRollup(
    {
      genesis: own.l2,
      deployment: own.deployment,
      sealMode,
      settle: options.settle,
      censor: censoredSenders(options.censor),
      l1Genesis: genesis.l1,
      genesisOf: (address) => genesis.rollups.find(({ deployment: { l1 } }) => l1.rollup.toLowerCase() === address)?.l2,
      l1BlockTime: options['l1-block-time'],
      store,
    },
    {
      engines: deps.engines,
      l1: transport,
      accounts: { settler: settlerAccount(index), relayer: relayerAccount() },
      signer: devSigner(),
      clock,
      devClock: clock,
      devnet: deps.devnet,
      timers: deps.timers,
      logger: deps.logger.child(rollupName(index)),
      process: deps.process,
      archive: deps.archive,
    },
  )
}

/** In logs and metrics. */
export const rollupName = (index: number): string => (index === 0 ? 'l2' : `l2-${index}`)

/** L1 tells about the first rollup on it. Its RPC listens a moment before that rollup runs. */
function firstOf(started: readonly RollupNode[]): RollupServices {
  const [first] = started
  if (first === undefined) throw new RollupError('STARTING', 'the rollup is still starting, ask again')
  return first.services
}

/** What is done to all rollups is not done to some of them. */
function allOf(started: readonly RollupNode[], count: number): L2Node[] {
  if (started.length < count) throw new RollupError('STARTING', 'the rollups are still starting, ask again')
  return started.map(({ node }) => node)
}
