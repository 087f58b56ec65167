import { defineNativeRollupChain, type NativeRollupChain } from '../chains.ts'
import { getRollupConfig } from '../generated/rollupActions.ts'
import type { RollupClient } from '../rollupRequest.ts'

/** `rpcUrl` is what the chain says of itself, for clients made from it. */
export type GetRollupChainParameters = { rpcUrl: string; webSocketUrl?: string; name?: string }

/**
 * The rollup of a node that tells about it (`rollup_config`); for other nodes there is defineNativeRollupChain.
 *
 * @param client of L2
 */
export async function getRollupChain(
  client: RollupClient,
  { rpcUrl, webSocketUrl, name = 'Reenact L2' }: GetRollupChainParameters,
): Promise<NativeRollupChain> {
  const { contracts, l1ChainId, l2ChainId, deployBlock } = await getRollupConfig(client)
  return defineNativeRollupChain({
    id: Number(l2ChainId),
    name,
    rpcUrl,
    ...(webSocketUrl === undefined ? {} : { webSocketUrl }),
    sourceId: Number(l1ChainId),
    l1: contracts.l1,
    l2: contracts.l2,
    deployBlock,
    testnet: true,
  })
}
