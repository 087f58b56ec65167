import { suggestTip } from '../../node/fees.ts'
import type { Chain } from '../../node/types.ts'
import { bytesEqual } from '../../stateless/bytes.ts'
import type { Hash32 } from '../../stateless/types.ts'
import { toQuantity } from '../hex.ts'
import { method } from '../params.ts'
import type { MethodTable } from '../types.ts'
import type { EthDeps } from './deps.ts'

/** What a transaction should pay now. */
export function feeMethods({ chain, pending }: Pick<EthDeps, 'chain' | 'pending'>): MethodTable {
  const tip = tipOncePerHead(chain)
  const baseFee = () => pending.header().baseFeePerGas ?? 0n
  return {
    eth_gasPrice: method([], () => toQuantity(baseFee() + tip())),
    eth_maxPriorityFeePerGas: method([], () => toQuantity(tip())),
    // Both of the next block; a later fork's rule counts when the next block crosses into it.
    eth_baseFee: method([], () => toQuantity(baseFee())),
    eth_blobBaseFee: method([], () => toQuantity(chain.engine.blobBaseFee(pending.header()) ?? 0n)),
  }
}

/** Wallets ask at every keystroke; the answer changes only with the head. */
function tipOncePerHead(chain: Chain): () => bigint {
  let known: { head: Hash32; tip: bigint } | undefined
  return () => {
    const { hash } = chain.head()
    if (!known || !bytesEqual(known.head, hash)) known = { head: hash, tip: suggestTip(chain) }
    return known.tip
  }
}
