import type { Transaction } from '../../execution/types.ts'
import type { Chain, Clock, TxPool } from '../../node/types.ts'
import { EMPTY_OMMERS_HASH } from '../../stateless/header.ts'
import { orderedTrieRoot } from '../../stateless/orderedTrie.ts'
import { EMPTY_TRIE_ROOT } from '../../stateless/trie.ts'
import type { Block, BlockHeader } from '../../stateless/types.ts'
import { formatBlock } from '../format/block.ts'
import { formatPooledTransaction } from '../format/transaction.ts'
import { toData } from '../hex.ts'

/**
 * The header that the next block would begin with. Nothing is executed for it: the state is the head's, so roots and
 * gas of the pending transactions are not known yet.
 */
export function pendingHeader(chain: Chain, clock: Clock): BlockHeader {
  const { hash: parentHash, header: parent } = chain.head()
  const now = BigInt(Math.floor(clock.nowMs() / 1000))
  const timestamp = now > parent.timestamp ? now : parent.timestamp + 1n
  const baseFeePerGas = chain.engine.nextBaseFee(parent, timestamp)
  const excessBlobGas = chain.engine.nextExcessBlobGas(parent, timestamp)
  return {
    ...parent,
    parentHash,
    ommersHash: EMPTY_OMMERS_HASH,
    transactionsRoot: EMPTY_TRIE_ROOT,
    receiptsRoot: EMPTY_TRIE_ROOT,
    logsBloom: new Uint8Array(256),
    number: parent.number + 1n,
    gasUsed: 0n,
    timestamp,
    extraData: new Uint8Array(0),
    ...(baseFeePerGas === undefined ? {} : { baseFeePerGas }),
    ...(excessBlobGas === undefined ? {} : { excessBlobGas, blobGasUsed: 0n }),
    ...(parent.withdrawalsRoot === undefined ? {} : { withdrawalsRoot: EMPTY_TRIE_ROOT }),
    // The hash of the empty access list is that of any empty RLP list.
    ...(parent.blockAccessListHash === undefined ? {} : { blockAccessListHash: EMPTY_OMMERS_HASH }),
    ...(parent.slotNumber === undefined ? {} : { slotNumber: parent.slotNumber + 1n }),
  }
}

/** The transactions that the next block would hold, best first, as long as their gas limits fit into it. */
export function pendingTransactions(pool: TxPool, header: BlockHeader): Transaction[] {
  const transactions: Transaction[] = []
  let gas = 0n
  for (const tx of pool.candidates(header.baseFeePerGas)) {
    if (gas + tx.gasLimit > header.gasLimit) continue
    gas += tx.gasLimit
    transactions.push(tx)
  }
  return transactions
}

/** The pending block as eth_getBlockByNumber gives it: what is decided only by sealing is null. */
export function formatPendingBlock(chain: Chain, pool: TxPool, clock: Clock, hydrated: boolean) {
  const header = pendingHeader(chain, clock)
  const transactions = pendingTransactions(pool, header)
  const raw = transactions.map((tx) => tx.raw)
  const block: Block = {
    hash: new Uint8Array(32),
    header: { ...header, transactionsRoot: orderedTrieRoot(raw) },
    transactions: raw,
    ommers: [],
    ...(header.withdrawalsRoot === undefined ? {} : { withdrawals: [] }),
  }
  return {
    ...formatBlock(block),
    hash: null,
    nonce: null,
    miner: null,
    transactions: hydrated ? transactions.map(formatPooledTransaction) : transactions.map((tx) => toData(tx.hash)),
  }
}
