import type { Chain } from '../../node/types.ts'
import { blockParameter, readBlock } from '../blockParameter.ts'
import { hash } from '../codec.ts'
import { formatReceiptAt, formatReceipts } from '../format/receipt.ts'
import { method, required } from '../params.ts'
import type { MethodTable } from '../types.ts'
import type { EthDeps } from './deps.ts'

/** Receipts of mined transactions, and of those of the pending block; null when there is none. */
export function receiptMethods(deps: Pick<EthDeps, 'chain' | 'pending'>): MethodTable {
  const { chain } = deps
  return {
    eth_getTransactionReceipt: method([required('transaction hash', hash)], ([txHash]) => receiptOf(chain, txHash)),
    eth_getBlockReceipts: method([required('block', blockParameter)], async ([parameter]) => {
      const found = await readBlock(deps, parameter)
      return found ? formatReceipts(found, found.transactions) : null
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
