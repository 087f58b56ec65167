import type { Transaction } from '../../execution/types.ts'
import type { Block } from '../../stateless/types.ts'
import { isPending, type NumberOrTag, numberOrTag, resolveNumber } from '../blockParameter.ts'
import { address, hash, index, quantity64 } from '../codec.ts'
import { formatMinedTransaction, formatPooledTransaction } from '../format/transaction.ts'
import { toData } from '../hex.ts'
import { method, required } from '../params.ts'
import { mapInSlices } from '../slices.ts'
import type { MethodTable } from '../types.ts'
import type { EthDeps } from './deps.ts'
import { findBySender } from './senderHistory.ts'

/** Transactions, mined or in the pool; null when there is none. */
export function transactionMethods({ chain, pool, pending }: Pick<EthDeps, 'chain' | 'pool' | 'pending'>): MethodTable {
  const hashParam = required('transaction hash', hash)
  const indexParam = required('transaction index', index)
  const blockHashParam = required('block hash', hash)
  const blockParam = required('block', numberOrTag)

  const at = (block: Block | undefined, position: number) => {
    const tx = block && chain.getTransaction(block, position)
    return block && tx ? formatMinedTransaction(tx, block, position) : null
  }
  const rawAt = (block: Block | undefined, position: number) => {
    const raw = block?.transactions[position]
    return raw ? toData(raw) : null
  }
  const pendingAt = async (position: number) => {
    const tx = (await pending.get()).transactions[position]
    return tx ? formatPooledTransaction(tx) : null
  }
  const blockByHash = (blockHash: Uint8Array) => chain.getBlockByHash(blockHash)?.block
  const blockByNumber = (block: NumberOrTag) => chain.getBlockByNumber(resolveNumber(chain, block))?.block

  return {
    eth_getTransactionByHash: method([hashParam], ([txHash]) => {
      const found = findTransaction({ chain, pool }, txHash)
      return found ? formatFound(found) : null
    }),
    eth_getTransactionByBlockHashAndIndex: method([blockHashParam, indexParam], ([blockHash, position]) =>
      at(blockByHash(blockHash), position),
    ),
    eth_getTransactionByBlockNumberAndIndex: method([blockParam, indexParam], ([block, position]) =>
      isPending(block) ? pendingAt(position) : at(blockByNumber(block), position),
    ),
    /** by who sent it and in which order; in the canonical chain first, then in the pool */
    eth_getTransactionBySenderAndNonce: method(
      [required('sender', address), required('nonce', quantity64)],
      async ([sender, nonce], { signal }) => {
        const found = await findBySender({ chain, pool }, sender, nonce, signal)
        return found ? formatFound(found) : null
      },
    ),
    /** what waits, whoever sent it */
    eth_pendingTransactions: method([], () => mapInSlices(pool.content().pending, formatPooledTransaction)),
    /** the raw envelope, as eth_sendRawTransaction takes it */
    eth_getRawTransactionByHash: method([hashParam], ([txHash]) => {
      const found = findTransaction({ chain, pool }, txHash)
      return found ? toData(found.tx.raw) : null
    }),
    eth_getRawTransactionByBlockHashAndIndex: method([blockHashParam, indexParam], ([blockHash, position]) =>
      rawAt(blockByHash(blockHash), position),
    ),
    eth_getRawTransactionByBlockNumberAndIndex: method([blockParam, indexParam], async ([parameter, position]) => {
      return rawAt(isPending(parameter) ? (await pending.get()).block : blockByNumber(parameter), position)
    }),
  }
}

function formatFound(found: Found) {
  return found.block ? formatMinedTransaction(found.tx, found.block, found.index) : formatPooledTransaction(found.tx)
}

export type Found = { tx: Transaction; block: Block; index: number } | { tx: Transaction; block?: undefined }

/** In the canonical chain first, then in the pool. */
export function findTransaction(
  { chain, pool }: Pick<EthDeps, 'chain' | 'pool'>,
  txHash: Uint8Array,
): Found | undefined {
  const location = chain.getTransactionLocation(txHash)
  const block = location && chain.getBlockByHash(location.blockHash)?.block
  if (location && block) {
    const tx = chain.getTransaction(block, location.index)
    if (tx) return { tx, block, index: location.index }
  }
  const pooled = pool.get(txHash)
  return pooled && { tx: pooled }
}
