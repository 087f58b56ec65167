import { digest } from '@chainsafe/as-sha256'
import { bytesEqual, concatBytes } from './bytes.ts'
import { readEnvelope } from './envelope.ts'
import { InvalidBlock } from './errors.ts'
import { EMPTY_OMMERS_HASH, encodeWithdrawal, hashHeader } from './header.ts'
import { keccak256 } from './keccak.ts'
import { orderedTrieRoot } from './orderedTrie.ts'
import { REQUEST_KINDS, requestItemSize } from './sszSchema.ts'
import type { Block, BlockHeader, ExecutionPayload, ExecutionRequests, Hash32, NewPayloadRequest } from './types.ts'

/** Gas of one blob (EIP-4844). */
export const GAS_PER_BLOB = 131_072n

/** Execution requests of a block without any. */
export const NO_REQUESTS: ExecutionRequests = {
  deposits: [],
  withdrawals: [],
  consolidations: [],
  builderDeposits: [],
  builderExits: [],
}

/**
 * The block that a payload request stands for. Throws InvalidBlock EMPTY_TRANSACTION for an empty transaction and
 * BLOCK_HASH_MISMATCH when keccak256(rlp(header)) is not payload.block_hash (EELS validation_helpers.py).
 */
export function payloadToBlock(request: NewPayloadRequest): Block {
  const payload = request.executionPayload
  payload.transactions.forEach((raw, index) => {
    if (raw.length === 0) throw new InvalidBlock('EMPTY_TRANSACTION', `transaction ${index} is empty`, { index })
  })
  const header = payloadHeader(request)
  const hash = hashHeader(header)
  if (!bytesEqual(hash, payload.blockHash)) {
    throw new InvalidBlock('BLOCK_HASH_MISMATCH', 'the payload is not the preimage of its block hash', {
      claimed: payload.blockHash,
      computed: hash,
    })
  }
  return { hash, header, transactions: payload.transactions, ommers: [], withdrawals: payload.withdrawals }
}

/** The header that a payload request stands for, whatever its block_hash says (EELS validation_helpers.py). */
export function payloadHeader(request: NewPayloadRequest): BlockHeader {
  const payload = request.executionPayload
  return {
    parentHash: payload.parentHash,
    ommersHash: EMPTY_OMMERS_HASH,
    coinbase: payload.feeRecipient,
    stateRoot: payload.stateRoot,
    transactionsRoot: orderedTrieRoot(payload.transactions),
    receiptsRoot: payload.receiptsRoot,
    logsBloom: payload.logsBloom,
    difficulty: 0n,
    number: payload.blockNumber,
    gasLimit: payload.gasLimit,
    gasUsed: payload.gasUsed,
    timestamp: payload.timestamp,
    extraData: payload.extraData,
    prevRandao: payload.prevRandao,
    nonce: new Uint8Array(8),
    baseFeePerGas: payload.baseFeePerGas,
    withdrawalsRoot: orderedTrieRoot(payload.withdrawals.map(encodeWithdrawal)),
    blobGasUsed: payload.blobGasUsed,
    excessBlobGas: payload.excessBlobGas,
    parentBeaconBlockRoot: request.parentBeaconBlockRoot,
    requestsHash: requestsHash(requestsToItems(request.executionRequests)),
    blockAccessListHash: keccak256(payload.blockAccessList),
    slotNumber: payload.slotNumber,
  }
}

/** The request with the block hash that its header has: after a change only the changed claim can be found wrong. */
export function withTrueHash(request: NewPayloadRequest): NewPayloadRequest {
  const blockHash = hashHeader(payloadHeader(request))
  return { ...request, executionPayload: { ...request.executionPayload, blockHash } }
}

/** What a sealed Amsterdam block needs beside itself to become a payload request. */
export type PayloadSource = {
  block: Block
  /** RLP of the EIP-7928 list */
  blockAccessList: Uint8Array
  /** type byte || data of each non-empty kind, ascending */
  requests: readonly Uint8Array[]
}

/** The inverse of `payloadToBlock`. Throws a plain Error for a block of an earlier fork. */
export function blockToPayloadRequest({ block, blockAccessList, requests }: PayloadSource): NewPayloadRequest {
  const { header } = block
  return {
    executionPayload: blockToPayload(block, blockAccessList),
    versionedHashes: block.transactions.flatMap((raw) => readEnvelope(raw).fields.blobVersionedHashes ?? []),
    parentBeaconBlockRoot: requireField(header.parentBeaconBlockRoot, 'parentBeaconBlockRoot'),
    executionRequests: itemsToRequests(requests),
  }
}

function blockToPayload(block: Block, blockAccessList: Uint8Array): ExecutionPayload {
  const { header } = block
  return {
    parentHash: header.parentHash,
    feeRecipient: header.coinbase,
    stateRoot: header.stateRoot,
    receiptsRoot: header.receiptsRoot,
    logsBloom: header.logsBloom,
    prevRandao: header.prevRandao,
    blockNumber: header.number,
    gasLimit: header.gasLimit,
    gasUsed: header.gasUsed,
    timestamp: header.timestamp,
    extraData: header.extraData,
    baseFeePerGas: requireField(header.baseFeePerGas, 'baseFeePerGas'),
    blockHash: block.hash,
    transactions: block.transactions,
    withdrawals: block.withdrawals ?? [],
    blobGasUsed: requireField(header.blobGasUsed, 'blobGasUsed'),
    excessBlobGas: requireField(header.excessBlobGas, 'excessBlobGas'),
    blockAccessList,
    slotNumber: requireField(header.slotNumber, 'slotNumber'),
  }
}

function requireField<T>(value: T | undefined, name: string): T {
  if (value === undefined) throw new Error(`block without ${name} cannot become an Amsterdam payload`)
  return value
}

/** EIP-7685 items: type byte || concatenated data, ascending types, empty kinds left out. */
export function requestsToItems(requests: ExecutionRequests): Uint8Array[] {
  return REQUEST_KINDS.flatMap((kind, type) =>
    requests[kind].length === 0 ? [] : [concatBytes([Uint8Array.of(type), ...requests[kind]])],
  )
}

/** The inverse of `requestsToItems`. Throws InvalidBlock REQUESTS_MISMATCH for items that have no SSZ form. */
export function itemsToRequests(items: readonly Uint8Array[]): ExecutionRequests {
  const lists: Record<keyof ExecutionRequests, Uint8Array[]> = {
    deposits: [],
    withdrawals: [],
    consolidations: [],
    builderDeposits: [],
    builderExits: [],
  }
  let previous = -1
  for (const item of items) {
    const type = item[0] ?? -1
    const kind = REQUEST_KINDS[type]
    const size = kind === undefined ? 0 : requestItemSize(kind)
    if (kind === undefined || type <= previous || item.length === 1 || (item.length - 1) % size !== 0) {
      throw new InvalidBlock('REQUESTS_MISMATCH', `malformed requests of type ${type}`, { type, length: item.length })
    }
    for (let at = 1; at < item.length; at += size) lists[kind].push(item.subarray(at, at + size))
    previous = type
  }
  return lists
}

/** sha256 over the sha256 of each item (EIP-7685). */
export function requestsHash(items: readonly Uint8Array[]): Hash32 {
  // Headers keep it, and the library's bytes are a view that keeps 8 KiB alive.
  return digest(concatBytes(items.map(digest))).slice()
}
