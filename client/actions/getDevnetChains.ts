import { type Chain, type Client, createClient, defineChain, http, type Transport } from 'viem'
import { ETHER, type NativeRollupChain } from '../chains.ts'
import { NotADevnetError } from '../errors.ts'
import { getRollupDescriptor } from '../generated/rollupActions.ts'
import { getRollupChain } from './getRollupChain.ts'

/** The chains of a running devnet; `l2` is the first of `rollups`. */
export type DevnetChains = { l1: Chain; l2: NativeRollupChain; rollups: readonly NativeRollupChain[] }

/**
 * The chains behind one port of a devnet, with the addresses that it tells.
 *
 * @param rpcUrl of L1 or of any rollup of the devnet
 * @throws NotADevnetError, MethodNotAvailableError, viem's errors
 */
export async function getDevnetChains(rpcUrl: string): Promise<DevnetChains> {
  const descriptor = await getRollupDescriptor(clientOf(rpcUrl))
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
  const { l1 } = descriptor
  if (l1 === undefined || l2 === undefined) throw new NotADevnetError(rpcUrl)
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
