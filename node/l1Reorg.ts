import { TransactionRejected } from '../execution/errors.ts'
import type { Transaction } from '../execution/types.ts'
import { bytesToHex } from '../stateless/bytes.ts'
import { keccak256 } from '../stateless/keccak.ts'
import type { Block, Hash32 } from '../stateless/types.ts'
import { ChainError } from './errors.ts'
import { giveWay, isTurnOver } from './eventLoop.ts'
import type { L1Node } from './l1Node.ts'
import type { Chain, StoredBlock } from './types.ts'

/** Where a transaction stands that a reorganisation touched, and where it stood before; `block` is its number. */
export type ReorgedTransaction = {
  hash: Hash32
  /** absent: it was in no removed block */
  before?: { block: bigint; succeeded: boolean }
  now:
    | { status: 'included'; block: bigint; succeeded: boolean }
    | { status: 'pool' }
    | { status: 'gone'; reason: string }
}

export type L1Reorg = {
  /** the newest block that stayed */
  ancestor: Block
  /** oldest first */
  removed: readonly StoredBlock[]
  added: readonly Block[]
  transactions: readonly ReorgedTransaction[]
}

/** of all removed blocks together */
const MAX_TRANSACTIONS = 10_000

/**
 * Other blocks take the place of the newest `depth` ones of an L1, each at the time of the one that it replaces. By default
 * they hold the transactions of the removed blocks as early as these can be in one, and what was changed there by hand;
 * what finds no place waits in the pool. With `chosen` (raw bytes, or the hash of one that is removed) they hold just
 * these. Nothing else of the pool gets into them. All or nothing: when it fails, the old blocks are the chain again. For
 * the holder of `between`. Throws ChainError, TransactionRejected for bytes that are no transaction.
 */
export async function reorgL1(
  node: L1Node,
  { depth, chosen }: { depth: bigint; chosen?: readonly Uint8Array[] | undefined },
  signal: AbortSignal,
): Promise<L1Reorg> {
  const { chain } = node
  const old = chain.head()
  const removed = newestBlocks(node, depth)
  const before = await readTransactions(node, removed)
  const wanted = chosen === undefined ? [...before.values()].map(({ tx }) => tx) : choose(node, chosen, before)
  const ancestor = requireBlock(node, old.header.number - depth)
  const added: Block[] = []
  await node.rewindTo(ancestor.hash)
  try {
    for (const { block, changes } of removed) {
      signal.throwIfAborted()
      const isFirst = added.length === 0
      added.push(
        await node.producer.sealGiven({
          transactions: wanted.filter(({ hash }) => chain.getTransactionLocation(hash) === undefined),
          timestamp: block.header.timestamp,
          // otherwise the same blocks could come out again
          ...(isFirst ? { prevRandao: keccak256(old.hash) } : {}),
          ...(changes === undefined || chosen !== undefined ? {} : { changes }),
        }),
      )
    }
  } catch (error) {
    await node.rewindTo(old.hash)
    throw error
  }
  const transactions = await whatBecame(node, before, wanted)
  return { ancestor, removed, added, transactions }
}

type Placed = { tx: Transaction; block: bigint; succeeded: boolean }

/** oldest first */
function newestBlocks(node: L1Node, depth: bigint): StoredBlock[] {
  const { number } = node.chain.head().header
  if (number - depth < node.chain.genesis.header.number) {
    throw new ChainError('TOO_SHORT', `the chain has no ${depth} blocks above genesis`, { depth })
  }
  const blocks: StoredBlock[] = []
  let transactions = 0
  for (let at = number - depth + 1n; at <= number; at++) {
    const stored = node.chain.getBlockByNumber(at)
    if (stored === undefined) throw new Error(`block ${at} is not in the chain`)
    transactions += stored.block.transactions.length
    if (transactions > MAX_TRANSACTIONS) {
      const message = `the newest ${number - at + 1n} blocks hold more than ${MAX_TRANSACTIONS} transactions`
      throw new ChainError('TOO_MANY_TRANSACTIONS', message, { depth, limit: MAX_TRANSACTIONS })
    }
    blocks.push(stored)
  }
  return blocks
}

function requireBlock({ chain }: L1Node, number: bigint): Block {
  const stored = chain.getBlockByNumber(number)
  if (stored === undefined) throw new Error(`block ${number} is not in the chain`)
  return stored.block
}

/** By hash, in the order of the chain. */
async function readTransactions({ chain }: L1Node, blocks: readonly StoredBlock[]): Promise<Map<string, Placed>> {
  const placed = new Map<string, Placed>()
  for (const { block, receipts } of blocks) {
    for (const [index, tx] of (await chain.readTransactions(block)).entries()) {
      const succeeded = receipts[index]?.status === 1
      placed.set(bytesToHex(tx.hash), { tx, block: block.header.number, succeeded })
    }
  }
  return placed
}

function choose({ chain }: L1Node, chosen: readonly Uint8Array[], before: ReadonlyMap<string, Placed>): Transaction[] {
  return chosen.map((item) => {
    if (item.length !== 32) return decodeGiven(chain, item)
    const known = before.get(bytesToHex(item))
    if (known !== undefined) return known.tx
    const message = `transaction 0x${bytesToHex(item)} is in none of the blocks that go`
    throw new ChainError('UNKNOWN_TRANSACTION', message, { hash: item })
  })
}

function decodeGiven(chain: Chain, raw: Uint8Array): Transaction {
  const tx = chain.engine.decodeTransaction(raw, chain.head().header)
  if (tx.type !== 3) return tx
  const message = 'a blob transaction that is in none of the blocks that go is sent to the pool, which checks its blobs'
  throw new TransactionRejected('TYPE_NOT_SUPPORTED', message)
}

async function whatBecame(
  node: L1Node,
  before: ReadonlyMap<string, Placed>,
  wanted: readonly Transaction[],
): Promise<ReorgedTransaction[]> {
  const hashes = new Set(wanted.map(({ hash }) => bytesToHex(hash)))
  const touched = [...before.values()].map(({ tx }) => tx)
  const known = new Set(before.keys())
  for (const tx of wanted) {
    if (!known.has(bytesToHex(tx.hash))) touched.push(tx)
    known.add(bytesToHex(tx.hash))
  }
  const result: ReorgedTransaction[] = []
  for (const tx of touched) {
    const key = bytesToHex(tx.hash)
    const old = before.get(key)
    const now = hashes.has(key)
      ? await placeOf(node, tx)
      : ({ status: 'gone', reason: 'not among replaceTxs' } as const)
    const place = old === undefined ? {} : { before: { block: old.block, succeeded: old.succeeded } }
    result.push({ hash: tx.hash, ...place, now })
    if (isTurnOver()) await giveWay()
  }
  return result
}

/** What no block took waits in the pool, unless the pool knows better. */
async function placeOf({ chain, pool }: L1Node, tx: Transaction): Promise<ReorgedTransaction['now']> {
  const location = chain.getTransactionLocation(tx.hash)
  if (location !== undefined) {
    const receipt = chain.getBlockByHash(location.blockHash)?.receipts[location.index]
    return { status: 'included', block: location.blockNumber, succeeded: receipt?.status === 1 }
  }
  try {
    if (pool.get(tx.hash) === undefined) await pool.admit(tx)
    return { status: 'pool' }
  } catch (error) {
    if (!(error instanceof TransactionRejected)) throw error
    return { status: 'gone', reason: error.message }
  }
}
