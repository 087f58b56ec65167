import { join } from 'node:path'
import { genesisBlock } from '../execution/genesisBlock.ts'
import type { GenesisJson } from '../execution/genesisJson.ts'
import type { Timers } from '../node/clock.ts'
import { adjustableClock, systemTimers } from '../node/clock.ts'
import { importChain } from '../node/importChain.ts'
import { createL1Node, type L1Node } from '../node/l1Node.ts'
import { openStore } from '../node/store.ts'
import { importedTags, l1Tags } from '../node/tags.ts'
import type { Clock, Logger, SealMode, Store } from '../node/types.ts'
import { chainMethods } from '../rpc/chainMethods.ts'
import type { ControlPolicy } from '../rpc/control.ts'
import { offDevMethods } from '../rpc/dev/off.ts'
import { withDiscovery } from '../rpc/openrpc/document.ts'
import { offRollupMethods } from '../rpc/rollup/off.ts'
import { createRpcServer, type RpcServer } from '../rpc/server.ts'
import { buildBlockMethods } from '../rpc/testing/buildBlock.ts'
import type { MethodTable } from '../rpc/types.ts'
import type { L1Options } from './commands.ts'
import { currentFolder } from './dataFolder.ts'
import { catchUp, type DevTools, l1DevTools } from './devTools.ts'
import { createEngines, type Engines } from './engines.ts'
import { missingRequestContracts, readChainFile, readGenesisFile, withMergeBlock } from './foreignChain.ts'
import { devnetGenesis } from './genesisCommand.ts'
import { createMetrics } from './metrics.ts'
import { createMonitor, type Monitor } from './monitor.ts'
import { allowedHosts, processLogger, sealMode, storedGenesis, storeGenesis } from './settings.ts'
import { untilSignal } from './shutdown.ts'
import { devSigner } from './signer.ts'
import { CLIENT_VERSION, VERSION } from './version.ts'

export type L1Setup = {
  genesis: GenesisJson
  dataDir?: string
  /** an open store instead of one in `dataDir`; it is closed with the node */
  store?: Store
  sealMode: SealMode
  /** a chain that was imported has no head of its own making: safe and finalized are its head */
  imported: boolean
}

/** Opens the L1 chain of a genesis; nothing is sealed before `node.start()`. */
export async function openL1(
  setup: L1Setup,
  deps: { engines: Engines; clock: Clock; timers: Timers; logger: Logger },
): Promise<L1Node> {
  const engine = deps.engines.l1(setup.genesis)
  const state = genesisBlock(setup.genesis, engine)
  const store =
    setup.store ?? (await openStore(setup.dataDir === undefined ? {} : { dataDir: join(setup.dataDir, 'l1') }))
  try {
    return await createL1Node(
      { genesis: state, sealMode: setup.sealMode, tags: setup.imported ? importedTags : l1Tags },
      { store, engine, clock: deps.clock, timers: deps.timers, logger: deps.logger },
    )
  } catch (error) {
    await store.close()
    throw error
  }
}

/** Name of the fork that rules the head. */
export const forkOf = ({ chain }: L1Node): string => chain.engine.forkAt(chain.head().header)

/**
 * The methods that L1 serves. A `devnet` signs for its public test accounts. Without `tools` the development methods are
 * off, and nobody sets its head back.
 */
export function l1Methods(
  node: L1Node,
  { clock, logger, devnet, tools }: { clock: Clock; logger: Logger; devnet: boolean; tools?: DevTools | undefined },
): MethodTable {
  const { chain, pool, sealer, pending } = node
  return {
    ...chainMethods({
      chain,
      pool,
      clock,
      pending,
      clientVersion: CLIENT_VERSION,
      sealsInstantly: () => sealer.mode.kind === 'instant',
      ...(devnet ? { signer: devSigner() } : {}),
      ...(tools === undefined
        ? {}
        : { impersonation: tools.impersonation, rewind: (hash) => node.between(() => node.rewindTo(hash)) }),
    }),
    ...buildBlockMethods({ chain, pool, logger: logger.child('testing') }),
    ...(tools?.methods ?? offDevMethods()),
  }
}

/** With the methods that tell about all others. */
export const discoverable = (methods: MethodTable): MethodTable =>
  withDiscovery(methods, { title: 'Reenact JSON-RPC', version: VERSION })

/** HTTP and WebSocket for one chain, with the pages of its monitor. */
export async function serve(
  options: { host: string; port: number; allowHost?: string | undefined; control?: ControlPolicy },
  methods: MethodTable,
  { monitor, logger }: { monitor: Monitor; logger: Logger },
): Promise<RpcServer> {
  const server = await createRpcServer({
    host: options.host,
    port: options.port,
    methods: discoverable(methods),
    logger,
    allowedHosts: allowedHosts(options.allowHost),
    ...(options.control === undefined ? {} : { control: options.control }),
    ...monitor.pages,
  })
  monitor.listening(server)
  return server
}

/** `reenact l1`: an L1 node alone. Runs until it is told to stop. */
export async function runL1(options: L1Options): Promise<number> {
  const startedAt = performance.now()
  const stop = untilSignal()
  const interrupted = new AbortController()
  void stop.then(() => interrupted.abort())
  const logger = processLogger(options)
  const engines = await createEngines(logger, { paths: options.engine, executeWorker: options['execute-worker'] })
  const chainFile = options.import === undefined ? undefined : readChainFile(options.import)
  const genesis = withMergeBlock(await genesisOf(options, engines), chainFile)
  const clock = adjustableClock()
  const node = await openL1(
    {
      genesis,
      sealMode: options.mining ? sealMode(options['block-time']) : { kind: 'manual' },
      imported: options.import !== undefined,
      ...(options['data-dir'] === undefined ? {} : { dataDir: currentFolder(options['data-dir']) }),
    },
    { engines, clock, timers: systemTimers, logger },
  )
  try {
    if (chainFile !== undefined) {
      const count = await importChain(node.chain, chainFile, { logger, signal: interrupted.signal })
      logger.info('imported', { file: options.import, blocks: count, head: node.chain.head().header.number })
      if (interrupted.signal.aborted) return 0
    }
    const monitor = createMonitor('l1', () => node, createMetrics())
    const server = await serve(
      { host: options.host, port: options.port, allowHost: options['allow-host'] },
      {
        ...l1Methods(node, {
          clock,
          logger,
          devnet: isDevnet(options),
          tools: options.mining ? l1DevTools(node, clock) : undefined,
        }),
        ...offRollupMethods(),
      },
      { monitor, logger: logger.child('rpc') },
    )
    if (options.mining) {
      const missing = missingRequestContracts(node.chain)
      if (missing.length > 0)
        logger.error('no block can be made: the genesis lacks code that every block calls', { missing })
      catchUp(clock, node)
      node.start()
    }
    monitor.started()
    const head = node.chain.head().header.number
    const fork = forkOf(node)
    console.log(`reenact ${VERSION}: L1 chain id ${node.chain.chainId}, fork ${fork}, head #${head}`)
    console.log(`ready l1=${server.url} in ${Math.round(performance.now() - startedAt)} ms`)
    const signal = await stop
    logger.info('stopping', { signal })
    await server.close()
  } finally {
    await node.close()
    await engines.close()
  }
  return 0
}

/** The genesis of this package, whose accounts everybody knows, on a chain that this node makes itself. */
function isDevnet(options: L1Options): boolean {
  return options.genesis === undefined && options.import === undefined && options.mining
}

async function genesisOf(options: L1Options, engines: Engines): Promise<GenesisJson> {
  if (options.genesis !== undefined) return readGenesisFile(options.genesis)
  const dataDir = options['data-dir'] === undefined ? undefined : currentFolder(options['data-dir'])
  const stored = dataDir === undefined ? undefined : storedGenesis(dataDir)
  if (stored !== undefined) return stored.l1
  const timestamp = options['genesis-time'] ?? Math.floor(Date.now() / 1000)
  const genesis = await devnetGenesis(engines, { timestamp, finalityDelay: 0 })
  return (dataDir === undefined ? genesis : storeGenesis(dataDir, genesis)).l1
}
