import type { Chain, Client, Hex, Transport } from 'viem'
import { defineNativeRollupChain, type NativeRollupChain } from '../chains.ts'

/** `rpcUrl` is what the chain says of itself, for clients made from it. */
export type GetRollupChainParameters = { rpcUrl: string; webSocketUrl?: string; name?: string }

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
 * The rollup of a node that tells about it (`rollup_config`); for other nodes there is defineNativeRollupChain.
 *
 * @param client of L2
 */
export async function getRollupChain(
  client: Client<Transport, Chain | undefined>,
  { rpcUrl, webSocketUrl, name = 'Reenact L2' }: GetRollupChainParameters,
): Promise<NativeRollupChain> {
  const { contracts, l1ChainId, l2ChainId, deployBlock } = await client.request<{
    Method: 'rollup_config'
    Parameters: []
    ReturnType: Config
  }>({ method: 'rollup_config', params: [] })
  return defineNativeRollupChain({
    id: Number(l2ChainId),
    name,
    rpcUrl,
    ...(webSocketUrl === undefined ? {} : { webSocketUrl }),
    sourceId: Number(l1ChainId),
    l1: contracts.l1,
    l2: contracts.l2,
    deployBlock: BigInt(deployBlock),
    testnet: true,
  })
}
