import type { Transaction } from '../../execution/types.ts'
import type { TxPool } from '../../node/types.ts'
import { bytesEqual } from '../../stateless/bytes.ts'
import { address } from '../codec.ts'
import { formatPooledTransaction } from '../format/transaction.ts'
import { toChecksumAddress, toQuantity } from '../hex.ts'
import { method, required } from '../params.ts'
import { createPauses } from '../slices.ts'
import type { MethodTable } from '../types.ts'

/** txpool_: what waits, by sender (EIP-55) and nonce (decimal), both as geth writes them. */
export function txpoolMethods({ pool }: { pool: TxPool }): MethodTable {
  const content = async <Shown>(show: (tx: Transaction) => Shown) => {
    const { pending, queued } = pool.content()
    return { pending: await bySender(pending, show), queued: await bySender(queued, show) }
  }
  return {
    txpool_status: method([], () => {
      const { pending, queued } = pool.status()
      return { pending: toQuantity(pending), queued: toQuantity(queued) }
    }),
    txpool_content: method([], () => content(formatPooledTransaction)),
    txpool_contentFrom: method([required('address', address)], ([sender]) => {
      const { pending, queued } = pool.content()
      const ofSender = (tx: Transaction) => bytesEqual(tx.sender, sender)
      return { pending: byNonce(pending.filter(ofSender)), queued: byNonce(queued.filter(ofSender)) }
    }),
    txpool_inspect: method([], () => content(summary)),
  }
}

/** The pool may be large, so others get turns. A sender's transactions come one after another. */
async function bySender<Shown>(
  transactions: readonly Transaction[],
  show: (tx: Transaction) => Shown,
): Promise<Record<string, Record<string, Shown>>> {
  const senders: Record<string, Record<string, Shown>> = {}
  const pause = createPauses()
  let last: { sender: Uint8Array; shown: Record<string, Shown> } | undefined
  for (const tx of transactions) {
    if (last === undefined || !bytesEqual(last.sender, tx.sender)) {
      last = { sender: tx.sender, shown: {} }
      senders[toChecksumAddress(tx.sender)] = last.shown
    }
    last.shown[tx.nonce.toString()] = show(tx)
    await pause()
  }
  return senders
}

function byNonce(transactions: readonly Transaction[]) {
  return Object.fromEntries(transactions.map((tx) => [tx.nonce.toString(), formatPooledTransaction(tx)]))
}

function summary(tx: Transaction): string {
  const to = tx.to === undefined ? 'contract creation' : toChecksumAddress(tx.to)
  return `${to}: ${tx.value} wei + ${tx.gasLimit} gas × ${tx.maxFeePerGas ?? tx.gasPrice ?? 0n} wei`
}
