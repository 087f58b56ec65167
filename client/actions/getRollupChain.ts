import { defineNativeRollupChain, type NativeRollupChain } from '../chains.ts'
import { getRollupConfig } from '../generated/rollupActions.ts'
import type { RollupConfig } from '../generated/types.ts'
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
  about: GetRollupChainParameters,
): Promise<NativeRollupChain> {
  return rollupChainOf(await getRollupConfig(client), about)
}

/** The rollup with what its node tells. */
export function rollupChainOf(
  { contracts, l1ChainId, l2ChainId, deployBlock, blockTimes }: RollupConfig,
  { rpcUrl, webSocketUrl, name = 'Reenact L2' }: GetRollupChainParameters,
): NativeRollupChain {
  return defineNativeRollupChain({
    id: Number(l2ChainId),
    name,
    rpcUrl,
    ...(webSocketUrl === undefined ? {} : { webSocketUrl }),
    sourceId: Number(l1ChainId),
    l1: contracts.l1,
    l2: contracts.l2,
    deployBlock,
    blockTime: blockTimeOf(blockTimes.l2),
    testnet: true,
  })
}

/** Milliseconds. Where blocks come on demand nobody should wait as long as on a public chain. */
export function blockTimeOf(seconds: number): number {
  return Math.max(seconds, 1) * 1_000
}
