import { systemClock, systemTimers, type Timers } from '../node/clock.ts'
import type { L1Node } from '../node/l1Node.ts'
import { createLogRing } from '../node/logRing.ts'
import type { Clock, Logger, SealMode } from '../node/types.ts'
import { EXECUTE_ADDRESS } from '../precompiles/address.ts'
import { RollupError } from '../rollup/errors.ts'
import type { RpcServer } from '../rpc/server.ts'
import type { MethodTable } from '../rpc/types.ts'
import { bytesToHex } from '../stateless/bytes.ts'
import { type DevnetSummary, devnetBanner, readyLine } from './banner.ts'
import { type Chains, rollupName } from './chains.ts'
import type { DevnetOptions } from './commands.ts'
import { devnetDescriptor } from './descriptor.ts'
import { rollupPorts } from './devnetSetup.ts'
import { createEngines, type Engines } from './engines.ts'
import { discoverable, forkOf, serve } from './l1.ts'
import { createMetrics, type Metrics, type WatchedParts } from './metrics.ts'
import { createMonitor } from './monitor.ts'
import { openReplaceableChains, type ReplaceableChains, type ReplaceableDeps } from './replaceableChains.ts'
import type { RollupNode } from './rollupNode.ts'
import { controlPolicy, processLogger, sealMode, sealWords } from './settings.ts'
import { untilSignal } from './shutdown.ts'

export type DevnetDeps = { clock: Clock; timers: Timers; logger: Logger; sealModes?: { l1: SealMode; l2: SealMode } }

/** A running devnet, for the command line and for tests. What it holds changes when another one is loaded in its place. */
export type Devnet = {
  readonly summary: DevnetSummary
  readonly engines: Engines
  readonly l1: L1Node
  readonly rollups: readonly RollupNode[]
  close(): Promise<void>
}

/**
 * L1 and its rollups in one process. Order: the chains, the port of L1, then the chains run, then the ports of the rollups;
 * everything that was opened is closed in reverse, also when a later step fails.
 *
 * @throws NodeError for a taken port, a locked or foreign data directory, a damaged genesis file or dump
 */
export async function startDevnet(options: DevnetOptions, deps: DevnetDeps): Promise<Devnet> {
  const logs = createLogRing()
  const logger = logs.recording(deps.logger)
  const engines = await createEngines(logger, { paths: options.engine, executeWorker: options['execute-worker'] })
  const metrics = createMetrics()
  const closers: (() => Promise<void>)[] = [() => engines.close()]
  const close = async () => {
    for (const closer of closers.splice(0).reverse()) await closer()
  }
  try {
    let ports: Awaited<ReturnType<typeof openPorts>> | undefined
    const summary = (): DevnetSummary => {
      if (ports === undefined) throw new RollupError('STARTING', 'the devnet is still starting, ask again')
      return summaryOf(options, engines, chains.current(), ports)
    }
    const chains = await firstChains(options, {
      ...deps,
      engines,
      logger,
      process: { metrics: metrics.families, logs, descriptor: () => devnetDescriptor(summary()) },
    })
    closers.push(() => chains.close())
    ports = await openPorts(options, { chains, metrics, logger, closers })
    return {
      get summary() {
        return summary()
      },
      engines,
      get l1() {
        return chains.current().l1
      },
      get rollups() {
        return chains.current().rollups
      },
      close,
    }
  } catch (error) {
    await close()
    throw error
  }
}

/** Those of the data directory, of a dump, or new ones. */
function firstChains(
  options: DevnetOptions,
  deps: Omit<ReplaceableDeps, 'modes'> & DevnetDeps,
): Promise<ReplaceableChains> {
  const l1 = deps.sealModes?.l1 ?? sealMode(options['l1-block-time'])
  const l2 = deps.sealModes?.l2 ?? sealMode(options['l2-block-time'])
  return openReplaceableChains(options, { ...deps, modes: { l1, l2 } })
}

type PortDeps = {
  chains: ReplaceableChains
  metrics: Metrics
  logger: Logger
  closers: (() => Promise<void>)[]
}

/** Serves the chains, and starts them as soon as L1 is served. Each port serves whatever chain is there. */
async function openPorts(options: DevnetOptions, deps: PortDeps): Promise<{ l1: RpcServer; rollups: RpcServer[] }> {
  const { chains } = deps
  const first = chains.current()
  const ports = rollupPorts(options, first.rollups.length)
  const control = controlPolicy(options['control-token'], { open: true })
  const open = async (name: string, port: number, parts: () => WatchedParts, methods: () => MethodTable) => {
    const monitor = createMonitor(name, parts, deps.metrics)
    const server = await serve({ host: options.host, port, allowHost: options['allow-host'], control }, methods(), {
      monitor,
      logger: deps.logger.child(name).child('rpc'),
    })
    deps.closers.push(() => server.close())
    chains.onReplaced(() => server.replaceMethods(discoverable(methods())))
    return { server, monitor }
  }
  const l1 = await open(
    'l1',
    options['l1-port'],
    () => chains.current().l1,
    () => chains.current().methods,
  )
  await first.start()
  l1.monitor.started()
  const rollups: RpcServer[] = []
  for (const index of first.rollups.keys()) {
    const rollup = () => requireRollup(chains.current(), index)
    const parts = () => ({ rollup: rollup().node.reader, ...rollup().node })
    const { server, monitor } = await open(rollupName(index), ports[index] ?? 0, parts, () => rollup().methods)
    monitor.started()
    rollups.push(server)
  }
  await chains.started()
  return { l1: l1.server, rollups }
}

function requireRollup({ rollups }: Chains, index: number): RollupNode {
  const rollup = rollups[index]
  if (rollup === undefined) throw new Error(`the devnet has no rollup ${index}`)
  return rollup
}

function summaryOf(
  options: DevnetOptions,
  { paths }: Engines,
  { l1, rollups }: Chains,
  ports: { l1: RpcServer; rollups: readonly RpcServer[] },
): DevnetSummary {
  const dataDir = options['data-dir']
  return {
    l1Url: ports.l1.url,
    rollups: rollups.map(({ node }, index) => ({
      url: ports.rollups[index]?.url ?? '',
      deployment: node.watcher.deployment,
      head: node.chain.head().header.number,
    })),
    l1Head: l1.chain.head().header.number,
    l1GenesisHash: `0x${bytesToHex(l1.chain.genesis.hash)}`,
    fork: forkOf(l1),
    engine: paths,
    executeAddress: EXECUTE_ADDRESS,
    sealing: { l1: sealWords(l1.sealer.mode), l2: sealWords(rollups[0]?.node.sealer.mode ?? { kind: 'manual' }) },
    settling: options.settle,
    ...(dataDir === undefined ? {} : { dataDir }),
  }
}

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
