import { join } from 'node:path'
import type { LocalAccount, Transport } from 'viem'
import { genesisBlock } from '../execution/genesisBlock.ts'
import type { GenesisJson } from '../execution/genesisJson.ts'
import type { BlockEnv, Transaction } from '../execution/types.ts'
import type { RollupDeployment } from '../genesis/types.ts'
import { openChain } from '../node/chain.ts'
import type { AdjustableClock, Timers } from '../node/clock.ts'
import { openStore } from '../node/store.ts'
import { settlementTags } from '../node/tags.ts'
import { createTxPool } from '../node/txPool.ts'
import type { Clock, Logger, SealMode, Store } from '../node/types.ts'
import { createFeeds } from '../rollup/feeds/feeds.ts'
import { checkHealth } from '../rollup/health.ts'
import { createL2Node, type L2Node } from '../rollup/l2Node.ts'
import { createL2PoolRules } from '../rollup/limits.ts'
import { chainMethods } from '../rpc/chainMethods.ts'
import { offDevMethods } from '../rpc/dev/off.ts'
import type { Signer } from '../rpc/eth/deps.ts'
import { checkSettleable } from '../rpc/rollup/checkSettleable.ts'
import type { DevnetArchive, ProcessFacts, RollupServices } from '../rpc/rollup/deps.ts'
import type { DevnetControl } from '../rpc/rollup/devnet.ts'
import { followerSendMethods } from '../rpc/rollup/forward.ts'
import { rollupMethods } from '../rpc/rollup/methods.ts'
import type { MethodTable } from '../rpc/types.ts'
import { hexToBytes } from '../stateless/bytes.ts'
import type { Block } from '../stateless/types.ts'
import { l2DevTools } from './devTools.ts'
import type { Engines } from './engines.ts'
import { CLIENT_VERSION, SOFTWARE } from './version.ts'

export type RollupSetup = {
  genesis: GenesisJson
  /** of an L1 in this process */
  l1Genesis?: GenesisJson
  deployment: RollupDeployment
  /** of every rollup in this process, by the lower-case address of its contract; default: of this one alone */
  genesisOf?(address: `0x${string}`): GenesisJson | undefined
  /** folder of this rollup's chain; absent: memory */
  chainDir?: string
  /** an open store instead of one in `chainDir`; it is closed with the node */
  store?: Store
  sealMode: SealMode
  settle: boolean
  /** rebuilds L2 from what is settled on L1 and makes no blocks; default: sequences */
  follow?: { sequencer?: string }
  /** senders whose transactions and forced transactions the sequencer ignores */
  censor?: readonly `0x${string}`[]
  /** somebody who settles once: the operators' keys are those of a user, and what is left out is told */
  guest?: { onLeftOut(tx: Transaction, reason: string): void }
  /** seconds, 0 is instant; only told by rollup_config */
  l1BlockTime: number
}

export type RollupDeps = {
  engines: Engines
  l1: string | Transport
  /** absent in a follower */
  accounts?: { settler: LocalAccount; relayer: LocalAccount }
  /** keys that callers of the RPC may use: those of a devnet's test accounts, never an operator's */
  signer?: Signer
  clock: Clock
  /** the same clock where development methods are on and may move it */
  devClock?: AdjustableClock
  /** what reaches across all chains, where they run in one process */
  devnet?: DevnetControl
  timers: Timers
  logger: Logger
  /** for rollup_metrics and rollup_logs */
  process?: ProcessFacts
  /** for rollup_dumpState and rollup_loadState */
  archive?: DevnetArchive
}

export type RollupNode = {
  readonly node: L2Node
  /** what rollup_ methods work on, also when L1 serves them */
  readonly services: RollupServices
  readonly methods: MethodTable
  close(): Promise<void>
}

/** Opens the chain of one rollup with its pool, sequencer and settler; nothing runs before `node.start()`. */
export async function openRollup(setup: RollupSetup, deps: RollupDeps): Promise<RollupNode> {
  const { engines, clock, timers, logger } = deps
  const engine = engines.l2(setup.genesis)
  const genesis = genesisBlock(setup.genesis, engine)
  const store = setup.store ?? (await openStore(setup.chainDir === undefined ? {} : { dataDir: setup.chainDir }))
  // The tags follow the settlement, which the node below knows; the chain is there first.
  let settlement = () => ({ settled: 0n, final: 0n })
  const chain = await openChain(
    { genesis, tags: settlementTags(() => settlement()) },
    { store, engine, logger: logger.child('chain') },
  ).catch(async (error: unknown) => {
    await store.close()
    throw error
  })
  // so does what the next block begins with
  let next: (head: Block) => BlockEnv | undefined = () => undefined
  const { censor = [] } = setup
  const censored = censor.map((address) => hexToBytes(address))
  if (censor.length > 0) logger.warn('rehearsing a censoring sequencer', { senders: censor.join(',') })
  const pool = createTxPool(
    {},
    {
      chain,
      clock,
      logger: logger.child('pool'),
      ...createL2PoolRules(deps.accounts?.relayer.address, censored),
      next: (head) => next(head),
    },
  )
  const node = createL2Node(
    {
      deployment: setup.deployment,
      role: setup.follow === undefined ? 'sequencer' : 'follower',
      sealMode: setup.sealMode,
      settle: setup.settle,
      gasSchedule: 'metered',
      l1BlockTime: setup.l1BlockTime,
      sharesClock: deps.devClock !== undefined,
      censored,
      relayerIsUser: setup.guest !== undefined,
    },
    {
      chain,
      pool,
      l1: deps.l1,
      ...(deps.accounts === undefined ? {} : { accounts: deps.accounts }),
      ...setup.guest,
      verify: engines.execute.execute,
      clock,
      timers,
      logger,
    },
  )
  settlement = node.settlement
  next = node.pendingEnv
  const services: RollupServices = {
    node,
    genesis: {
      l2: setup.genesis,
      ...(setup.l1Genesis === undefined ? {} : { l1: setup.l1Genesis }),
      ofRollup: setup.genesisOf ?? ((address) => (isRollup(setup, address) ? setup.genesis : undefined)),
    },
    software: SOFTWARE,
    engineOf: engines.ofChain,
    health: () => checkHealth(node, clock),
    feeds: createFeeds(node, { timers, logger: logger.child('feeds') }),
    ...(deps.process === undefined ? {} : { process: deps.process }),
    ...(deps.devnet === undefined ? {} : { devnet: deps.devnet }),
    ...(deps.archive === undefined ? {} : { archive: deps.archive }),
  }
  return {
    node,
    services,
    methods: {
      ...chainMethods({
        chain,
        pool,
        clock,
        pending: node.pending,
        ...(deps.signer === undefined ? {} : { signer: deps.signer }),
        clientVersion: CLIENT_VERSION,
        checkRequest: checkSettleable,
        sealsInstantly: () => node.sealer.mode.kind === 'instant',
      }),
      ...(setup.follow === undefined ? {} : followerSendMethods({ chain }, setup.follow.sequencer)),
      ...rollupMethods({ rollup: () => services }),
      ...(deps.devClock === undefined ? offDevMethods() : l2DevTools(node, genesis, deps.devClock)),
    },
    async close() {
      await node.close()
      pool.close()
      await chain.close()
    },
  }
}

export const rollupDir = (dataDir: string, index: number): string => join(dataDir, index === 0 ? 'l2' : `l2-${index}`)

function isRollup({ deployment }: RollupSetup, address: string): boolean {
  return deployment.l1.rollup.toLowerCase() === address
}
