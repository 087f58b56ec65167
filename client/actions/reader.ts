import { type Chain, type Client, createClient, http, type Transport } from 'viem'
import type { NativeRollupChain } from '../chains.ts'

/** A client that is only asked. */
export type Reader = Client<Transport, Chain | undefined>

/** The node behind the first URL of a rollup's chain. */
export function clientOf({ rpcUrls }: NativeRollupChain): Reader {
  return createClient({ transport: http(rpcUrls.default.http[0], { retryCount: 1 }) })
}
