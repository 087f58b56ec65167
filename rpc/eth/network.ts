import type { Chain } from '../../node/types.ts'
import { toData, toQuantity } from '../hex.ts'
import { method } from '../params.ts'
import type { MethodTable } from '../types.ts'
import type { EthDeps } from './deps.ts'

/** eth/70, as the newest release of the wire protocol; no peer is ever spoken to. */
const PROTOCOL_VERSION = 70

/** Which chain this is, how far it is, and what of it can be asked. */
export function networkMethods({ chain, pending }: Pick<EthDeps, 'chain' | 'pending'>): MethodTable {
  return {
    eth_chainId: method([], () => toQuantity(chain.chainId)),
    eth_blockNumber: method([], () => toQuantity(chain.head().header.number)),
    eth_protocolVersion: method([], () => toQuantity(PROTOCOL_VERSION)),
    // The node has no peers, so there is nothing to catch up with.
    eth_syncing: method([], () => false),
    eth_coinbase: method([], () => toData(pending.header().coinbase)),
    eth_mining: method([], () => false),
    eth_hashrate: method([], () => toQuantity(0)),
    eth_capabilities: method([], () => capabilities(chain)),
  }
}

/** Everything is kept from genesis on, and nothing is ever deleted. */
function capabilities(chain: Chain) {
  const { hash, header } = chain.head()
  const all = { disabled: false, oldestBlock: toQuantity(chain.genesis.header.number) }
  return {
    head: { number: toQuantity(header.number), hash: toData(hash) },
    state: all,
    tx: all,
    logs: all,
    receipts: all,
    blocks: all,
    stateproofs: all,
  }
}
