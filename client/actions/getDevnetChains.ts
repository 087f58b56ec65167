import { type Chain, type Client, createClient, defineChain, http, type Transport } from 'viem'
import { ETHER, type NativeRollupChain } from '../chains.ts'
import { NotADevnetError } from '../errors.ts'
import { getRollupConfig, getRollupDescriptor } from '../generated/rollupActions.ts'
import { blockTimeOf, rollupChainOf } from './getRollupChain.ts'

/** The chains of a running devnet; `l2` is the first of `rollups`. */
export type DevnetChains = { l1: Chain; l2: NativeRollupChain; rollups: readonly NativeRollupChain[] }

/**
 * The chains behind one port of a devnet, with the addresses that it tells.
 *
 * @param rpcUrl of L1 or of any rollup of the devnet
 * @throws NotADevnetError, MethodNotAvailableError, viem's errors
 */
export async function getDevnetChains(rpcUrl: string): Promise<DevnetChains> {
  const { l1, l2: endpoints } = await getRollupDescriptor(clientOf(rpcUrl))
  const found = await Promise.all(
    endpoints.map(async ({ http, ws }, index) => {
      const name = index === 0 ? 'Reenact L2' : `Reenact L2 ${index + 1}`
      const config = await getRollupConfig(clientOf(http))
      return { config, chain: rollupChainOf(config, { rpcUrl: http, webSocketUrl: ws, name }) }
    }),
  )
  const [first] = found
  if (l1 === undefined || first === undefined) throw new NotADevnetError(rpcUrl)
  const { config, chain: l2 } = first
  const chain = defineChain({
    id: Number(l1.chainId),
    name: 'Reenact L1',
    nativeCurrency: ETHER,
    rpcUrls: { default: { http: [l1.http], webSocket: [l1.ws] } },
    contracts: { multicall3: l2.contracts.multicall3 },
    blockTime: blockTimeOf(config.blockTimes.l1),
    testnet: true,
  })
  return { l1: chain, l2, rollups: found.map(({ chain }) => chain) }
}

function clientOf(url: string): Client<Transport> {
  return createClient({ transport: http(url) })
}
