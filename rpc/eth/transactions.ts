import type { Transaction } from '../../execution/types.ts'
import type { Block } from '../../stateless/types.ts'
import { isPending, numberOrTag, resolveNumber } from '../blockParameter.ts'
import { hash, index } from '../codec.ts'
import { formatMinedTransaction, formatPooledTransaction } from '../format/transaction.ts'
import { toData } from '../hex.ts'
import { method, required } from '../params.ts'
import type { MethodTable } from '../types.ts'
import type { EthDeps } from './deps.ts'

/** Transactions, mined or in the pool; null when there is none. */
export function transactionMethods({ chain, pool, pending }: Pick<EthDeps, 'chain' | 'pool' | 'pending'>): MethodTable {
  const hashParam = required('transaction hash', hash)
  const indexParam = required('transaction index', index)

  const at = (block: Block | undefined, position: number) => {
    const tx = block && chain.getTransactions(block)[position]
    return block && tx ? formatMinedTransaction(tx, block, position) : null
  }
  const pendingAt = async (position: number) => {
    const tx = (await pending.get()).transactions[position]
    return tx ? formatPooledTransaction(tx) : null
  }

  return {
    eth_getTransactionByHash: method([hashParam], ([txHash]) => {
      const found = findTransaction({ chain, pool }, txHash)
      if (!found) return null
      return found.block
        ? formatMinedTransaction(found.tx, found.block, found.index)
        : formatPooledTransaction(found.tx)
    }),
    eth_getTransactionByBlockHashAndIndex: method([required('block hash', hash), indexParam], ([blockHash, position]) =>
      at(chain.getBlockByHash(blockHash)?.block, position),
    ),
    eth_getTransactionByBlockNumberAndIndex: method(
      [required('block', numberOrTag), indexParam],
      ([block, position]) =>
        isPending(block)
          ? pendingAt(position)
          : at(chain.getBlockByNumber(resolveNumber(chain, block))?.block, position),
    ),
    /** the raw envelope, as eth_sendRawTransaction takes it */
    eth_getRawTransactionByHash: method([hashParam], ([txHash]) => {
      const found = findTransaction({ chain, pool }, txHash)
      return found ? toData(found.tx.raw) : null
    }),
  }
}

type Found = { tx: Transaction; block: Block; index: number } | { tx: Transaction; block?: undefined }

/** In the canonical chain first, then in the pool. */
export function findTransaction(
  { chain, pool }: Pick<EthDeps, 'chain' | 'pool'>,
  txHash: Uint8Array,
): Found | undefined {
  const location = chain.getTransactionLocation(txHash)
  const block = location && chain.getBlockByHash(location.blockHash)?.block
  if (location && block) {
    const tx = chain.getTransactions(block)[location.index]
    if (tx) return { tx, block, index: location.index }
  }
  const pooled = pool.get(txHash)
  return pooled && { tx: pooled }
}
