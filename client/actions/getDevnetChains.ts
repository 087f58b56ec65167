import { type Chain, type Client, createClient, defineChain, type Hex, http, type Transport } from 'viem'
import { defineNativeRollupChain, ETHER, type NativeRollupChain } from '../chains.ts'

/** The chains of a running devnet; `l2` is the first of `rollups`. */
export type DevnetChains = { l1: Chain; l2: NativeRollupChain; rollups: readonly NativeRollupChain[] }

type Endpoint = { chainId: Hex; http: string; ws: string }
type Descriptor = { l1?: Endpoint; l2: readonly Endpoint[] }
type Config = {
  l1ChainId: Hex
  l2ChainId: Hex
  deployBlock: Hex
  contracts: {
    l1: { rollup: Hex; messenger: Hex; tokenBridge: Hex; withdrawalVerifier: Hex; router: Hex }
    l2: { messenger: Hex; tokenBridge: Hex; l1State: Hex; crossMessenger: Hex }
  }
}

/**
 * The chains behind one port of a devnet, with the addresses that it tells.
 *
 * @param rpcUrl of L1 or of any rollup of the devnet
 */
export async function getDevnetChains(rpcUrl: string): Promise<DevnetChains> {
  const descriptor = await ask<Descriptor>(rpcUrl, 'rollup_descriptor')
  const rollups = await Promise.all(descriptor.l2.map(rollupChain))
  const [l2] = rollups
  if (l2 === undefined) throw new Error(`the node at ${rpcUrl} runs no rollup`)
  const { l1 } = descriptor
  if (l1 === undefined) throw new Error(`the node at ${rpcUrl} does not run its own L1: use defineNativeRollupChain`)
  const chain = defineChain({
    id: Number(l1.chainId),
    name: 'Reenact L1',
    nativeCurrency: ETHER,
    rpcUrls: { default: { http: [l1.http], webSocket: [l1.ws] } },
    contracts: { multicall3: l2.contracts.multicall3 },
    testnet: true,
  })
  return { l1: chain, l2, rollups }
}

async function rollupChain(endpoint: Endpoint, index: number): Promise<NativeRollupChain> {
  const { contracts, l1ChainId, l2ChainId, deployBlock } = await ask<Config>(endpoint.http, 'rollup_config')
  return defineNativeRollupChain({
    id: Number(l2ChainId),
    name: index === 0 ? 'Reenact L2' : `Reenact L2 ${index + 1}`,
    rpcUrl: endpoint.http,
    webSocketUrl: endpoint.ws,
    sourceId: Number(l1ChainId),
    l1: contracts.l1,
    l2: contracts.l2,
    deployBlock: BigInt(deployBlock),
    testnet: true,
  })
}

function ask<Answer>(url: string, method: string): Promise<Answer> {
  const client: Client<Transport> = createClient({ transport: http(url) })
  return client.request({ method, params: [] } as never) as Promise<Answer>
}
