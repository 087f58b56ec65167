import { toQuantity } from '../hex.ts'
import { method } from '../params.ts'
import type { MethodTable } from '../types.ts'
import type { EthDeps } from './deps.ts'

/** Which chain this is, how far it is, and whose keys the node holds. */
export function networkMethods({ chain, accounts = [] }: Pick<EthDeps, 'chain' | 'accounts'>): MethodTable {
  return {
    eth_chainId: method([], () => toQuantity(chain.chainId)),
    eth_blockNumber: method([], () => toQuantity(chain.head().header.number)),
    // The node has no peers, so there is nothing to catch up with.
    eth_syncing: method([], () => false),
    eth_accounts: method([], () => accounts),
  }
}
