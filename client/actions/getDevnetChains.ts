import { type Chain, type Client, createClient, defineChain, type Hex, http, type Transport } from 'viem'
import { ETHER, type NativeRollupChain } from '../chains.ts'
import { getRollupChain } from './getRollupChain.ts'

/** The chains of a running devnet; `l2` is the first of `rollups`. */
export type DevnetChains = { l1: Chain; l2: NativeRollupChain; rollups: readonly NativeRollupChain[] }

type Endpoint = { chainId: Hex; http: string; ws: string }
type Descriptor = { l1?: Endpoint; l2: readonly Endpoint[] }

/**
 * The chains behind one port of a devnet, with the addresses that it tells.
 *
 * @param rpcUrl of L1 or of any rollup of the devnet
 */
export async function getDevnetChains(rpcUrl: string): Promise<DevnetChains> {
  const descriptor = await clientOf(rpcUrl).request<{
    Method: 'rollup_descriptor'
    Parameters: []
    ReturnType: Descriptor
  }>({ method: 'rollup_descriptor', params: [] })
  const rollups = await Promise.all(
    descriptor.l2.map((endpoint, index) =>
      getRollupChain(clientOf(endpoint.http), {
        rpcUrl: endpoint.http,
        webSocketUrl: endpoint.ws,
        name: index === 0 ? 'Reenact L2' : `Reenact L2 ${index + 1}`,
      }),
    ),
  )
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

function clientOf(url: string): Client<Transport> {
  return createClient({ transport: http(url) })
}
