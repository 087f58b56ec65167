import type { Transaction } from '../../execution/types.ts'
import type { TxPool } from '../../node/types.ts'
import { bytesEqual } from '../../stateless/bytes.ts'
import { address } from '../codec.ts'
import { formatPooledTransaction } from '../format/transaction.ts'
import { toData, toQuantity } from '../hex.ts'
import { method, required } from '../params.ts'
import type { MethodTable } from '../types.ts'

/** txpool_: what waits, by sender and nonce (decimal, as geth does). */
export function txpoolMethods({ pool }: { pool: TxPool }): MethodTable {
  return {
    txpool_status: method([], () => {
      const { pending, queued } = pool.status()
      return { pending: toQuantity(pending), queued: toQuantity(queued) }
    }),
    txpool_content: method([], () => {
      const { pending, queued } = pool.content()
      return { pending: bySender(pending, formatPooledTransaction), queued: bySender(queued, formatPooledTransaction) }
    }),
    txpool_contentFrom: method([required('address', address)], ([sender]) => {
      const { pending, queued } = pool.content()
      const ofSender = (tx: Transaction) => bytesEqual(tx.sender, sender)
      return { pending: byNonce(pending.filter(ofSender)), queued: byNonce(queued.filter(ofSender)) }
    }),
    txpool_inspect: method([], () => {
      const { pending, queued } = pool.content()
      return { pending: bySender(pending, summary), queued: bySender(queued, summary) }
    }),
  }
}

function bySender<Shown>(
  transactions: readonly Transaction[],
  show: (tx: Transaction) => Shown,
): Record<string, Record<string, Shown>> {
  const senders: Record<string, Record<string, Shown>> = {}
  for (const tx of transactions) {
    const sender = toData(tx.sender)
    const ofSender = senders[sender] ?? {}
    ofSender[tx.nonce.toString()] = show(tx)
    senders[sender] = ofSender
  }
  return senders
}

function byNonce(transactions: readonly Transaction[]) {
  return Object.fromEntries(transactions.map((tx) => [tx.nonce.toString(), formatPooledTransaction(tx)]))
}

function summary(tx: Transaction): string {
  const to = tx.to === undefined ? 'contract creation' : toData(tx.to)
  return `${to}: ${tx.value} wei + ${tx.gasLimit} gas × ${tx.maxFeePerGas ?? tx.gasPrice ?? 0n} wei`
}
