import { LRUCache } from 'lru-cache'
import type { Engine, Transaction } from '../execution/types.ts'
import { bytesToHex } from '../stateless/bytes.ts'
import { decodeHeader } from '../stateless/header.ts'
import type { Block, BlockHeader, Hash32 } from '../stateless/types.ts'
import { readBlock } from './blockCodec.ts'
import { storedBlockBytes, transactionsBytes } from './cacheSizes.ts'
import { giveWay, isTurnOver } from './eventLoop.ts'
import { hashByNumberKey, headerKey } from './storeKeys.ts'
import type { Store, StoredBlock } from './types.ts'

const CACHED_BLOCKS = 256
const CACHED_TRANSACTION_LISTS = 64
/** Of both the bytes are bounded too (cacheSizes.ts). What alone is larger is read each time it is asked for. */
const CACHED_BYTES = { blocks: 16 * 1024 * 1024, transactions: 16 * 1024 * 1024 }
/** About 3 KB each. */
const CACHED_HEADERS = 1_024
/** About 250 bytes each. */
const CACHED_HASHES = 2_048
/** Who asks for one transaction of a block with more of them gets it without the others being decoded. */
const DECODED_AT_ONCE = 64
/** BLOCKHASH reaches this far back (Yellow Paper; EIP-2935 keeps more in state). */
const BLOCKHASH_WINDOW = 256n

/** Reads blocks of one store through caches. Blocks never change under their hash; numbers do, see `forgetNumbers`. */
export type BlockReader = ReturnType<typeof createBlockReader>

export function createBlockReader(store: Store, engine: Engine, maxBytes = CACHED_BYTES) {
  const blocks = new LRUCache<string, StoredBlock>({
    max: CACHED_BLOCKS,
    maxSize: maxBytes.blocks,
    sizeCalculation: storedBlockBytes,
  })
  const headers = new LRUCache<string, BlockHeader>({ max: CACHED_HEADERS })
  const hashes = new LRUCache<bigint, Hash32>({ max: CACHED_HASHES })
  const transactions = new LRUCache<string, readonly Transaction[]>({
    max: CACHED_TRANSACTION_LISTS,
    maxSize: maxBytes.transactions,
    sizeCalculation: transactionsBytes,
  })

  const block = (hash: Hash32): StoredBlock | undefined => {
    const key = bytesToHex(hash)
    return blocks.get(key) ?? keep(blocks, key, readBlock(store, key))
  }
  const header = (hash: Hash32): BlockHeader | undefined => {
    const key = bytesToHex(hash)
    const cached = headers.get(key) ?? blocks.peek(key)?.block.header
    if (cached !== undefined) return cached
    const rlp = store.get(headerKey(key))
    return rlp === undefined ? undefined : keep(headers, key, decodeHeader(rlp))
  }

  const transactionsAtOnce = (of: Block): readonly Transaction[] => {
    const key = bytesToHex(of.hash)
    const cached = transactions.get(key)
    if (cached !== undefined) return cached
    const decoded = of.transactions.map((raw) => engine.decodeStored(raw, of.header))
    transactions.set(key, decoded)
    return decoded
  }

  return {
    block,
    header,
    hashByNumber: (number: bigint): Hash32 | undefined => {
      if (number < 0n) return undefined
      return hashes.get(number) ?? keep(hashes, number, store.get(hashByNumberKey(number)))
    },
    /** a block that has just been stored */
    remember(stored: StoredBlock): void {
      // Its header is not kept beyond it: fields of an imported one are views that keep the whole block alive.
      blocks.set(bytesToHex(stored.block.hash), stored)
    },
    /** the canonical chain changed */
    forgetNumbers(): void {
      hashes.clear()
    },
    transactions: transactionsAtOnce,
    /** the same, giving way to other work */
    async readTransactions(of: Block): Promise<readonly Transaction[]> {
      const key = bytesToHex(of.hash)
      const cached = transactions.get(key)
      if (cached !== undefined) return cached
      const decoded: Transaction[] = []
      for (const raw of of.transactions) {
        decoded.push(engine.decodeStored(raw, of.header))
        if (isTurnOver()) await giveWay()
      }
      // Another reader may have been faster: senders are recovered once.
      return transactions.get(key) ?? keep(transactions, key, decoded) ?? decoded
    },
    transaction(of: Block, index: number): Transaction | undefined {
      const cached = transactions.get(bytesToHex(of.hash))
      if (cached !== undefined) return cached[index]
      if (of.transactions.length <= DECODED_AT_ONCE) return transactionsAtOnce(of)[index]
      const raw = of.transactions[index]
      return raw && engine.decodeStored(raw, of.header)
    },
    ancestorHashes: (parent: Block) => ancestorHashes(parent, header),
  }
}

function keep<K extends {}, V extends {}>(cache: LRUCache<K, V>, key: K, value: V | undefined): V | undefined {
  if (value !== undefined) cache.set(key, value)
  return value
}

/** Follows parent hashes, so the answer does not depend on what is canonical; each ancestor is read once. */
function ancestorHashes(parent: Block, header: (hash: Hash32) => BlockHeader | undefined) {
  /** known[i] is the hash of block parent.number - i */
  const known: Hash32[] = [parent.hash]
  return (number: bigint): Hash32 | undefined => {
    const distance = parent.header.number - number
    if (distance < 0n || distance >= BLOCKHASH_WINDOW || number < 0n) return undefined
    while (BigInt(known.length) <= distance) {
      const child = known.at(-1)
      const next = child === undefined ? undefined : header(child)?.parentHash
      if (next === undefined) return undefined
      known.push(next)
    }
    return known[Number(distance)]
  }
}
