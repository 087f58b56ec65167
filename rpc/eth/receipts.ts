import type { Chain } from '../../node/types.ts'
import { blockParameter, isPending, readBlock } from '../blockParameter.ts'
import { hash } from '../codec.ts'
import { formatReceiptAt, formatReceipts } from '../format/receipt.ts'
import { toData } from '../hex.ts'
import { method, required } from '../params.ts'
import { createJsonCache } from '../preparedJson.ts'
import type { MethodTable } from '../types.ts'
import { type EthDeps, ethLimits } from './deps.ts'

/** Receipts of mined transactions, and of those of the pending block; null when there is none. */
export function receiptMethods(deps: Pick<EthDeps, 'chain' | 'pending' | 'limits'>): MethodTable {
  const { chain } = deps
  // The receipts of a block never change under its hash.
  const prepared = createJsonCache(ethLimits(deps).preparedBytes)
  return {
    eth_getTransactionReceipt: method([required('transaction hash', hash)], ([txHash]) => receiptOf(chain, txHash)),
    eth_getBlockReceipts: method([required('block', blockParameter)], async ([parameter]) => {
      const found = await readBlock(deps, parameter)
      if (!found) return null
      const format = () => formatReceipts(found, found.transactions)
      return isPending(parameter) ? format() : prepared.get(toData(found.block.hash), format)
    }),
  }
}

/** The receipt of a canonical transaction, formatted, or null. */
export function receiptOf(chain: Chain, txHash: Uint8Array) {
  const location = chain.getTransactionLocation(txHash)
  const stored = location && chain.getBlockByHash(location.blockHash)
  const tx = stored && chain.getTransaction(stored.block, location.index)
  return stored && tx ? formatReceiptAt(stored, tx, location.index) : null
}
