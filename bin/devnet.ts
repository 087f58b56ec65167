import { relayerAccount, settlerAccount } from '../genesis/accounts.ts'
import type { DevnetGenesis } from '../genesis/types.ts'
import { type AdjustableClock, adjustableClock, systemClock, systemTimers, type Timers } from '../node/clock.ts'
import { onHeadBursts } from '../node/headBursts.ts'
import type { L1Node } from '../node/l1Node.ts'
import { createLogRing, type LogRing } from '../node/logRing.ts'
import type { Clock, Logger, SealMode } from '../node/types.ts'
import { EXECUTE_ADDRESS } from '../precompiles/address.ts'
import { RollupError } from '../rollup/errors.ts'
import type { L2Node } from '../rollup/l2Node.ts'
import type { ControlPolicy } from '../rpc/control.ts'
import type { RollupServices } from '../rpc/rollup/deps.ts'
import type { DevnetControl } from '../rpc/rollup/devnet.ts'
import { rollupMethods } from '../rpc/rollup/methods.ts'
import type { RpcServer } from '../rpc/server.ts'
import type { MethodTable } from '../rpc/types.ts'
import { bytesToHex } from '../stateless/bytes.ts'
import { type DevnetSummary, devnetBanner, readyLine } from './banner.ts'
import type { DevnetOptions } from './commands.ts'
import { createDevnetControl } from './devnetControl.ts'
import { openDevnetGenesis, rollupPorts } from './devnetSetup.ts'
import { catchUp, l1DevTools } from './devTools.ts'
import { createEngines, type Engines } from './engines.ts'
import { forkOf, l1Methods, openL1, serve } from './l1.ts'
import { createMetrics, type Metrics } from './metrics.ts'
import { createMonitor } from './monitor.ts'
import { openRollup, type RollupNode, rollupDir } from './rollupNode.ts'
import { censoredSenders, controlPolicy, processLogger, sealMode, sealWords } from './settings.ts'
import { untilSignal } from './shutdown.ts'
import { devSigner } from './signer.ts'

export type DevnetDeps = { clock: Clock; timers: Timers; logger: Logger; sealModes?: { l1: SealMode; l2: SealMode } }

/** A running devnet, for the command line and for tests. */
export type Devnet = {
  readonly summary: DevnetSummary
  readonly engines: Engines
  readonly l1: L1Node
  readonly rollups: readonly RollupNode[]
  close(): Promise<void>
}

/**
 * L1 and its rollups in one process. Order: genesis, L1 chain, L1 RPC, then each rollup, which reaches L1 through that RPC
 * like any other client; everything that was opened is closed in reverse, also when a later step fails.
 *
 * @throws NodeError for a taken port, a locked or foreign data directory, a damaged genesis file
 */
export async function startDevnet(options: DevnetOptions, deps: DevnetDeps): Promise<Devnet> {
  const { timers } = deps
  const logs = createLogRing()
  const logger = logs.recording(deps.logger)
  // One clock for all chains: time that is moved on one of them moves on all.
  const clock = adjustableClock(deps.clock)
  const closers: (() => Promise<void>)[] = []
  const close = async () => {
    for (const closer of closers.splice(0).reverse()) await closer()
  }
  try {
    const engines = await createEngines(logger)
    const genesis = await openDevnetGenesis(options, engines, { clock, logger })
    const ports = rollupPorts(options, genesis.rollups.length)
    const modes = deps.sealModes ?? { l1: sealMode(options['l1-block-time']), l2: sealMode(options['l2-block-time']) }
    const dataDir = options['data-dir']
    const control = controlPolicy(options['control-token'], { open: true })
    const l1 = await openL1(
      { genesis: genesis.l1, sealMode: modes.l1, imported: false, ...(dataDir === undefined ? {} : { dataDir }) },
      { engines, clock, timers, logger: logger.child('l1') },
    )
    closers.push(() => l1.close())
    catchUp(clock, l1)
    const deployments = genesis.rollups.map(({ deployment }) => deployment)
    const tools = l1DevTools(l1, clock, deployments)
    const started: StartedRollup[] = []
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
      rollups: () => allOf(started, deployments.length),
    })
    const metrics = createMetrics()
    const monitor = createMonitor({ name: 'l1', ...l1 }, metrics)
    const l1Server = await serve(
      { host: options.host, port: options['l1-port'], allowHost: options['allow-host'], control },
      methods,
      { monitor, logger: logger.child('l1').child('rpc') },
    )
    closers.push(() => l1Server.close())
    l1.start()
    monitor.started()
    const parts = {
      options,
      genesis,
      ports,
      modes,
      l1,
      l1Url: loopback(l1Server),
      engines,
      metrics,
      logs,
      control,
      devnet,
    }
    await startRollups(parts, { clock, timers, logger }, { closers, started })
    const summary: DevnetSummary = {
      l1Url: l1Server.url,
      rollups: started.map(({ server, rollup: { node } }) => ({
        url: server.url,
        deployment: node.watcher.deployment,
        head: node.chain.head().header.number,
      })),
      l1Head: l1.chain.head().header.number,
      l1GenesisHash: `0x${bytesToHex(l1.chain.genesis.hash)}`,
      fork: forkOf(l1),
      executeAddress: EXECUTE_ADDRESS,
      sealing: { l1: sealWords(modes.l1), l2: sealWords(modes.l2) },
      settling: options.settle,
      ...(dataDir === undefined ? {} : { dataDir }),
    }
    return { summary, engines, l1, rollups: started.map(({ rollup }) => rollup), close }
  } catch (error) {
    await close()
    throw error
  }
}

type RollupParts = {
  options: DevnetOptions
  genesis: DevnetGenesis
  ports: readonly number[]
  modes: { l1: SealMode; l2: SealMode }
  l1: L1Node
  l1Url: string
  engines: Engines
  metrics: Metrics
  control: ControlPolicy
  logs: LogRing
  devnet: DevnetControl
}

type StartedRollup = { rollup: RollupNode; server: RpcServer }

/** L1 tells about the first rollup on it. Its RPC listens a moment before that rollup runs, because the rollup needs it. */
function firstOf(started: readonly StartedRollup[]): RollupServices {
  const [first] = started
  if (first === undefined) throw new RollupError('STARTING', 'the rollup is still starting, ask again')
  return first.rollup.services
}

/** What is done to all rollups is not done to some of them. */
function allOf(started: readonly StartedRollup[], count: number): L2Node[] {
  if (started.length < count) throw new RollupError('STARTING', 'the rollups are still starting, ask again')
  return started.map(({ rollup }) => rollup.node)
}

/** What is opened on the way is added to `into` at once, so that a failure halfway can be cleaned up. */
async function startRollups(
  parts: RollupParts,
  deps: { clock: AdjustableClock; timers: Timers; logger: Logger },
  into: { closers: (() => Promise<void>)[]; started: StartedRollup[] },
): Promise<void> {
  const { options, genesis, l1 } = parts
  const { closers, started } = into
  const dataDir = options['data-dir']
  for (const [index, { l2, deployment }] of genesis.rollups.entries()) {
    const name = index === 0 ? 'l2' : `l2-${index}`
    const logger = deps.logger.child(name)
    const rollup = await openRollup(
      {
        genesis: l2,
        deployment,
        sealMode: parts.modes.l2,
        settle: options.settle,
        censor: censoredSenders(options.censor),
        l1Genesis: genesis.l1,
        l1BlockTime: options['l1-block-time'],
        ...(dataDir === undefined ? {} : { chainDir: rollupDir(dataDir, index) }),
      },
      {
        engines: parts.engines,
        l1: parts.l1Url,
        accounts: { settler: settlerAccount(index), relayer: relayerAccount() },
        signer: devSigner(),
        clock: deps.clock,
        devClock: deps.clock,
        devnet: parts.devnet,
        timers: deps.timers,
        logger,
        process: { metrics: parts.metrics.families, logs: parts.logs },
      },
    )
    closers.push(() => rollup.close())
    await rollup.node.start()
    // Sharing a process with L1, the rollup need not wait for its next poll to see a deposit.
    const stopPoking = onHeadBursts(l1.chain, deps.timers, rollup.node.poke)
    closers.push(async () => stopPoking())
    const monitor = createMonitor({ name, rollup: rollup.node.reader, ...rollup.node }, parts.metrics)
    const server = await serve(
      {
        host: options.host,
        port: parts.ports[index] ?? 0,
        allowHost: options['allow-host'],
        control: parts.control,
      },
      rollup.methods,
      { monitor, logger: logger.child('rpc') },
    )
    monitor.started()
    closers.push(() => server.close())
    started.push({ rollup, server })
  }
}

/** A server that listens on all addresses is reached on this one. */
const loopback = (server: RpcServer): string => `http://127.0.0.1:${server.port}`

/** `reenact`: starts the devnet, tells about it, and runs until it is told to stop. */
export async function runDevnet(options: DevnetOptions): Promise<number> {
  const startedAt = performance.now()
  const stop = untilSignal()
  const logger = processLogger(options)
  const devnet = await startDevnet(options, { clock: systemClock, timers: systemTimers, logger })
  const { summary } = devnet
  if (options.json)
    console.log(JSON.stringify(summary, (_key, value) => (typeof value === 'bigint' ? Number(value) : value)))
  else console.log(devnetBanner(summary))
  console.log(
    readyLine(
      summary.l1Url,
      summary.rollups.map(({ url }) => url),
      performance.now() - startedAt,
    ),
  )
  const signal = await stop
  logger.info('stopping', { signal })
  await devnet.close()
  return 0
}
