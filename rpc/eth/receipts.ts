import type { Chain } from '../../node/types.ts'
import { blockParameter, findBlock } from '../blockParameter.ts'
import { hash } from '../codec.ts'
import { formatReceiptAt, formatReceipts } from '../format/receipt.ts'
import { method, required } from '../params.ts'
import type { MethodTable } from '../types.ts'

/** Receipts of mined transactions; null when there is none. */
export function receiptMethods({ chain }: { chain: Chain }): MethodTable {
  return {
    eth_getTransactionReceipt: method([required('transaction hash', hash)], ([txHash]) => receiptOf(chain, txHash)),
    eth_getBlockReceipts: method([required('block', blockParameter)], ([parameter]) => {
      const block = findBlock(chain, parameter)
      const stored = block && chain.getBlockByHash(block.hash)
      return stored ? formatReceipts(stored, chain.getTransactions(stored.block)) : null
    }),
  }
}

/** The receipt of a canonical transaction, formatted, or null. */
export function receiptOf(chain: Chain, txHash: Uint8Array) {
  const location = chain.getTransactionLocation(txHash)
  const stored = location && chain.getBlockByHash(location.blockHash)
  const tx = stored && chain.getTransactions(stored.block)[location.index]
  return stored && tx ? formatReceiptAt(stored, tx, location.index) : null
}
