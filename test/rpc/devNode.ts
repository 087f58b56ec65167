import type { GenesisJson } from '../../execution/genesisJson.ts'
import { systemClock, systemTimers } from '../../node/clock.ts'
import { createL1Node, type L1Node } from '../../node/l1Node.ts'
import { silentLogger } from '../../node/logger.ts'
import { openStore } from '../../node/store.ts'
import type { Clock, SealMode } from '../../node/types.ts'
import { chainMethods } from '../../rpc/chainMethods.ts'
import type { EthDeps } from '../../rpc/eth/deps.ts'
import type { RpcServerOptions } from '../../rpc/server.ts'
import { buildBlockMethods } from '../../rpc/testing/buildBlock.ts'
import type { Artifact } from '../../scripts/lib/solidity.mjs'
import { compile } from '../compile.ts'
import { devEngine, devGenesis } from '../node/support/devChain.ts'
import { startServer, type TestServer } from './support.ts'

export type DevNode = L1Node & { server: TestServer }

export type DevNodeOptions = {
  sealMode?: SealMode
  genesis?: GenesisJson
  clock?: Clock
  rpc?: Partial<Omit<EthDeps, 'chain' | 'pool' | 'clock' | 'pending'>>
  server?: Partial<RpcServerOptions>
}

/** A whole node in memory with its RPC on a free port. */
export async function startDevNode(options: DevNodeOptions = {}): Promise<DevNode> {
  const { clock = systemClock } = options
  const { engine, genesis } = await devEngine(options.genesis ?? devGenesis())
  const node = await createL1Node(
    { genesis, sealMode: options.sealMode ?? { kind: 'instant' } },
    { store: await openStore(), engine, clock, timers: systemTimers, logger: silentLogger },
  )
  const { chain, pool, sealer, pending } = node
  const sealsInstantly = () => sealer.mode.kind === 'instant'
  const deps = {
    chain,
    pool,
    pending,
    clock,
    clientVersion: 'reenact/test',
    sealsInstantly,
    ...options.rpc,
  }
  const methods = { ...chainMethods(deps), ...buildBlockMethods({ chain, pool, logger: silentLogger }) }
  const server = await startServer({ methods, ...options.server })
  node.start()
  const close = async () => {
    await server.close()
    await node.close()
  }
  return { ...node, server, close }
}

let probe: Artifact | undefined

/** The test contract, compiled once per process. */
export function probeArtifact(): Artifact {
  probe ??= compile({ Probe: 'test/rpc/Probe.sol' }).Probe
  return probe
}
