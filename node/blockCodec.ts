import { bytesToHex } from '../stateless/bytes.ts'
import { blockRlp, decodeBlock, encodeHeader } from '../stateless/header.ts'
import { keccak256 } from '../stateless/keccak.ts'
import { decodeInjectedChanges, encodeInjectedChanges } from './injectedChangesCodec.ts'
import { decodeReceipts, encodeReceipts } from './receiptCodec.ts'
import {
  blockAccessListKey,
  bloomByNumberKey,
  bodyKey,
  hashByNumberKey,
  headerKey,
  injectedChangesKey,
  receiptsKey,
  transactionKey,
} from './storeKeys.ts'
import type { Store, StoredBlock, StoreOperation, TransactionLocation } from './types.ts'

/** What is stored of a block under its hash, whether or not it is canonical. */
export function blockOperations({ block, receipts, blockAccessList, changes }: StoredBlock): StoreOperation[] {
  const hash = bytesToHex(block.hash)
  const operations: StoreOperation[] = [
    { type: 'put', key: headerKey(hash), value: encodeHeader(block.header) },
    { type: 'put', key: bodyKey(hash), value: blockRlp(block) },
    { type: 'put', key: receiptsKey(hash), value: encodeReceipts(receipts) },
  ]
  if (blockAccessList !== undefined) {
    operations.push({ type: 'put', key: blockAccessListKey(hash), value: blockAccessList })
  }
  if (changes !== undefined) {
    operations.push({ type: 'put', key: injectedChangesKey(hash), value: encodeInjectedChanges(changes) })
  }
  return operations
}

export function readBlock(store: Store, hash: string): StoredBlock | undefined {
  const body = store.get(bodyKey(hash))
  const receipts = store.get(receiptsKey(hash))
  if (body === undefined || receipts === undefined) return undefined
  const blockAccessList = store.get(blockAccessListKey(hash))
  const changes = store.get(injectedChangesKey(hash))
  return {
    block: decodeBlock(body),
    receipts: decodeReceipts(receipts),
    ...(blockAccessList === undefined ? {} : { blockAccessList }),
    ...(changes === undefined ? {} : { changes: decodeInjectedChanges(changes) }),
  }
}

/** What makes a stored block canonical: number -> hash, its bloom by number, the places of its transactions. */
export function canonicalOperations({ block, receipts }: StoredBlock): StoreOperation[] {
  const { number, logsBloom } = block.header
  const operations: StoreOperation[] = [{ type: 'put', key: hashByNumberKey(number), value: block.hash }]
  if (receipts.some(({ logs }) => logs.length > 0)) {
    operations.push({ type: 'put', key: bloomByNumberKey(number), value: logsBloom })
  }
  for (const [index, raw] of block.transactions.entries()) {
    const location = encodeLocation({ blockHash: block.hash, blockNumber: number, index })
    operations.push({ type: 'put', key: transactionKey(bytesToHex(keccak256(raw))), value: location })
  }
  return operations
}

/** The inverse of `canonicalOperations`, to come before the new canonical blocks in the same batch. */
export function uncanonicalOperations({ block }: StoredBlock): StoreOperation[] {
  const { number } = block.header
  const keys = [hashByNumberKey(number), bloomByNumberKey(number)]
  for (const raw of block.transactions) keys.push(transactionKey(bytesToHex(keccak256(raw))))
  return keys.map((key) => ({ type: 'del', key }))
}

/** 32 bytes block hash, 8 bytes number, 4 bytes index, big-endian. */
function encodeLocation({ blockHash, blockNumber, index }: TransactionLocation): Uint8Array {
  const bytes = new Uint8Array(44)
  bytes.set(blockHash)
  const view = new DataView(bytes.buffer)
  view.setBigUint64(32, blockNumber)
  view.setUint32(40, index)
  return bytes
}

export function decodeLocation(bytes: Uint8Array): TransactionLocation {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return { blockHash: bytes.subarray(0, 32), blockNumber: view.getBigUint64(32), index: view.getUint32(40) }
}
