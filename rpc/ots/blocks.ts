import type { Chain, StoredBlock } from '../../node/types.ts'
import { findBlock, isPending, type NumberOrTag, numberOrTag, resolveNumber } from '../blockParameter.ts'
import { hash, numberOrQuantity } from '../codec.ts'
import { formatBlock, formatHeader } from '../format/block.ts'
import { formatReceiptAt } from '../format/receipt.ts'
import { formatMinedTransaction } from '../format/transaction.ts'
import { toQuantity } from '../hex.ts'
import { described, method, type Parse, required } from '../params.ts'
import type { MethodTable } from '../types.ts'
import { issuanceOf } from './issuance.ts'
import { pageSize } from './pageSize.ts'

/** "0x" and a function selector */
const SELECTOR_LENGTH = 10

/** Otterscan sends block numbers as numbers, wallets as quantities. */
const otsBlock: Parse<NumberOrTag> = described(
  { anyOf: [{ type: 'integer', minimum: 0 }, numberOrTag.schema ?? {}] },
  (value, path) =>
    typeof value === 'number'
      ? { kind: 'number', number: BigInt(numberOrQuantity(value, path)) }
      : numberOrTag(value, path),
)

/** Blocks with what Otterscan shows beside them; null when there is none. */
export function otsBlockMethods({ chain }: { chain: Chain }): MethodTable {
  const byNumber = (block: NumberOrTag) => chain.getBlockByNumber(resolveNumber(chain, block))
  return {
    ots_getBlockDetails: method([required('block', otsBlock)], ([block]) => detailsOf(chain, byNumber(block))),
    ots_getBlockDetailsByHash: method([required('block hash', hash)], ([blockHash]) =>
      detailsOf(chain, chain.getBlockByHash(blockHash)),
    ),
    ots_getBlockTransactions: method(
      [required('block', otsBlock), required('page number', numberOrQuantity), required('page size', pageSize)],
      ([block, page, size]) => transactionsOf(chain, byNumber(block), page, size),
    ),
    erigon_getHeaderByNumber: method([required('block', otsBlock)], ([parameter]) => {
      const block = isPending(parameter) ? undefined : findBlock(chain, parameter)
      return block ? formatHeader(block) : null
    }),
  }
}

function detailsOf(chain: Chain, stored: StoredBlock | undefined): object | null {
  if (stored === undefined) return null
  const { block, receipts } = stored
  let totalFees = 0n
  for (const { gasUsed, effectiveGasPrice } of receipts) totalFees += gasUsed * effectiveGasPrice
  return { block: shortBlock(stored), issuance: issuanceOf(chain.engine, block), totalFees: toQuantity(totalFees) }
}

/** Without transactions and bloom, which an overview does not need. */
function shortBlock({ block }: StoredBlock) {
  const { transactions, ...fields } = formatBlock(block)
  return { ...fields, logsBloom: null, transactionCount: transactions.length }
}

/** Pages count from the end of the block; inside a page the order is that of the block. */
function transactionsOf(chain: Chain, stored: StoredBlock | undefined, page: number, size: number): object | null {
  if (stored === undefined) return null
  const transactions = chain.getTransactions(stored.block)
  const end = Math.max(0, transactions.length - page * size)
  const start = Math.max(0, end - size)
  const shown = transactions.slice(start, end)
  return {
    fullblock: {
      ...shortBlock(stored),
      transactions: shown.map((tx, i) => {
        const formatted = formatMinedTransaction(tx, stored.block, start + i)
        return { ...formatted, input: formatted.input.slice(0, SELECTOR_LENGTH) }
      }),
    },
    receipts: shown.map((tx, i) => ({ ...formatReceiptAt(stored, tx, start + i), logs: null, logsBloom: null })),
  }
}
