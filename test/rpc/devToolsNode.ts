import { createTestClient, http, publicActions, walletActions } from 'viem'
import { catchUp, l1DevTools } from '../../bin/devTools.ts'
import { createEngines } from '../../bin/engines.ts'
import { l1Methods } from '../../bin/l1.ts'
import { genesisBlock } from '../../execution/genesisBlock.ts'
import type { GenesisJson } from '../../execution/genesisJson.ts'
import { adjustableClock, systemTimers, type Timers } from '../../node/clock.ts'
import { createL1Node, type L1Node } from '../../node/l1Node.ts'
import { silentLogger } from '../../node/logger.ts'
import { openStore } from '../../node/store.ts'
import type { SealMode } from '../../node/types.ts'
import { CHAIN_ID, devGenesis } from '../node/support/devChain.ts'
import { startServer, type TestServer } from './support.ts'

export type DevToolsNode = L1Node & { server: TestServer; genesisJson: GenesisJson }

/** An L1 as a devnet runs it, with its development methods, on a free port. */
export async function startDevToolsNode(
  options: { sealMode?: SealMode; dataDir?: string; genesis?: GenesisJson; timers?: Timers } = {},
): Promise<DevToolsNode> {
  const genesisJson = options.genesis ?? devGenesis()
  const engines = await createEngines(silentLogger)
  const engine = engines.l1(genesisJson)
  const clock = adjustableClock()
  const node = await createL1Node(
    { genesis: genesisBlock(genesisJson, engine), sealMode: options.sealMode ?? { kind: 'instant' } },
    {
      store: await openStore(options.dataDir === undefined ? {} : { dataDir: options.dataDir }),
      engine,
      clock,
      timers: options.timers ?? systemTimers,
      logger: silentLogger,
    },
  )
  const server = await startServer({
    methods: l1Methods(node, { clock, logger: silentLogger, devnet: true, tools: l1DevTools(node, clock) }),
  })
  catchUp(clock, node)
  node.start()
  const close = async () => {
    await server.close()
    await node.close()
  }
  return { ...node, server, genesisJson, close }
}

/** viem's test client in one of its modes, with its public and wallet actions. */
export function testClient(url: string, mode: 'anvil' | 'hardhat') {
  const chain = {
    id: CHAIN_ID,
    name: 'test',
    nativeCurrency: { name: 'Ether', symbol: 'ETH', decimals: 18 },
    rpcUrls: { default: { http: [url] } },
  }
  return createTestClient({ mode, chain, transport: http(url, { retryCount: 0 }), pollingInterval: 20, cacheTime: 0 })
    .extend(publicActions)
    .extend(walletActions)
}
