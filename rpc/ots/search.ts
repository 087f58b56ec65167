import type { Log, Transaction } from '../../execution/types.ts'
import type { Chain, StoredBlock } from '../../node/types.ts'
import { type AccountAccess, decodeBlockAccessList } from '../../stateless/blockAccessList.ts'
import { bytesEqual } from '../../stateless/bytes.ts'
import { address, numberOrQuantity } from '../codec.ts'
import { formatReceiptAt } from '../format/receipt.ts'
import { formatMinedTransaction } from '../format/transaction.ts'
import { method, required } from '../params.ts'
import { createPauses } from '../slices.ts'
import type { MethodTable, RpcContext } from '../types.ts'
import { pageSize } from './pageSize.ts'

/**
 * The transactions that have to do with an account, page by page: that it sent or received, that created it, where it
 * logged or is named in an indexed topic, and (EIP-7928) that changed it or its storage. Nothing is indexed: blocks are
 * looked at one by one, as long as the server lets a call run. A block's transactions are never torn apart, so a page
 * may be longer than asked for.
 */
export function otsSearchMethods({ chain }: { chain: Chain }): MethodTable {
  const params = [
    required('address', address),
    required('block', numberOrQuantity),
    required('page size', pageSize),
  ] as const
  return {
    /** newest first, below the block; block 0: from the head */
    ots_searchTransactionsBefore: method(params, async ([account, block, size], context) => {
      const head = chain.head().header.number
      const first = block === 0 || BigInt(block) > head
      const found = await search(chain, account, { from: first ? head : BigInt(block) - 1n, step: -1n, size }, context)
      return page(chain, found.blocks, { firstPage: first, lastPage: found.exhausted })
    }),
    /** those next above the block, newest first as well; block 0: from the beginning */
    ots_searchTransactionsAfter: method(params, async ([account, block, size], context) => {
      const found = await search(chain, account, { from: BigInt(block) + 1n, step: 1n, size }, context)
      return page(chain, found.blocks.toReversed(), { firstPage: found.exhausted, lastPage: block === 0 })
    }),
  }
}

type Hits = { stored: StoredBlock; indices: readonly number[] }
type Search = { from: bigint; step: 1n | -1n; size: number }

async function search(
  chain: Chain,
  account: Uint8Array,
  { from, step, size }: Search,
  { signal }: Pick<RpcContext, 'signal'>,
) {
  const pause = createPauses()
  const blocks: Hits[] = []
  let count = 0
  for (let number = from; ; number += step) {
    const stored = number <= 0n ? undefined : chain.getBlockByNumber(number)
    if (stored === undefined) return { blocks, exhausted: true }
    if (count >= size) return { blocks, exhausted: false }
    const indices = await touching(chain, stored, account)
    if (indices.length > 0) blocks.push({ stored, indices })
    count += indices.length
    await pause()
    signal.throwIfAborted()
  }
}

/** Indices of the block's transactions that have to do with the account, newest first. */
async function touching(
  chain: Chain,
  { block, receipts, blockAccessList }: StoredBlock,
  account: Uint8Array,
): Promise<number[]> {
  if (block.transactions.length === 0) return []
  const topic = new Uint8Array(32)
  topic.set(account, 12)
  const found = new Set(
    receipts.flatMap(({ logs }, index) => (logs.some((log) => isNamed(log, account, topic)) ? [index] : [])),
  )
  // Whoever a block touches stands in its list; only topics may name others.
  if (blockAccessList === undefined || Buffer.from(blockAccessList).indexOf(account) !== -1) {
    const pause = createPauses()
    for (const [index, tx] of (await chain.readTransactions(block)).entries()) {
      if (isParty(tx, receipts[index]?.contractAddress, account)) found.add(index)
      const turn = pause()
      if (turn) await turn
    }
    for (const index of changedAt(blockAccessList, account, block.header.coinbase)) {
      if (index >= 0 && index < receipts.length) found.add(index)
    }
  }
  return [...found].sort((a, b) => b - a)
}

function isNamed(log: Log, account: Uint8Array, topic: Uint8Array): boolean {
  return bytesEqual(log.address, account) || log.topics.some((named) => bytesEqual(named, topic))
}

function isParty(tx: Transaction, created: Uint8Array | undefined, account: Uint8Array): boolean {
  const receiver = tx.to ?? created
  return (receiver !== undefined && bytesEqual(receiver, account)) || bytesEqual(tx.sender, account)
}

/** Indices of the transactions that changed the account. That every one pays the coinbase says nothing about it. */
function changedAt(list: Uint8Array | undefined, account: Uint8Array, coinbase: Uint8Array): number[] {
  if (list === undefined) return []
  const access = decodeBlockAccessList(list).find((entry) => bytesEqual(entry.address, account))
  if (access === undefined) return []
  const changes = changesOf(access, bytesEqual(account, coinbase))
  // Access index 0 is what precedes the first transaction.
  return changes.map(({ index }) => index - 1)
}

function changesOf(access: AccountAccess, isCoinbase: boolean): readonly { index: number }[] {
  const { storageChanges, balanceChanges, nonceChanges, codeChanges } = access
  const slots = storageChanges.flatMap(({ changes }) => changes)
  return [...slots, ...(isCoinbase ? [] : balanceChanges), ...nonceChanges, ...codeChanges]
}

function page(chain: Chain, blocks: readonly Hits[], ends: { firstPage: boolean; lastPage: boolean }) {
  const hits = blocks.flatMap(({ stored, indices }) =>
    indices.flatMap((index) => {
      const tx = chain.getTransaction(stored.block, index)
      return tx === undefined ? [] : [{ stored, tx, index }]
    }),
  )
  return {
    txs: hits.map(({ stored, tx, index }) => formatMinedTransaction(tx, stored.block, index)),
    receipts: hits.map(({ stored, tx, index }) => ({
      ...formatReceiptAt(stored, tx, index),
      timestamp: Number(stored.block.header.timestamp),
    })),
    ...ends,
  }
}
