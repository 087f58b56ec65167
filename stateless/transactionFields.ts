import { EMPTY_BYTES } from './bytes.ts'
import { RlpError } from './rlp.ts'
import { RlpReader } from './rlpReader.ts'
import type { Hash32 } from './types.ts'

export type TransactionType = 0 | 1 | 2 | 3 | 4

/** One EIP-7702 authorization; an impossible signature makes the entry void, not the list. */
export type Authorization = {
  chainId: bigint
  address: Uint8Array
  nonce: bigint
  yParity: number
  r: bigint
  s: bigint
}

export type AccessListEntry = { address: Uint8Array; storageKeys: readonly Uint8Array[] }

/** A transaction's own content, without what follows from it. */
export type TransactionFields = {
  readonly type: TransactionType
  /** absent for legacy transactions without EIP-155 */
  readonly chainId?: bigint
  readonly nonce: bigint
  readonly gasLimit: bigint
  /** absent: contract creation */
  readonly to?: Uint8Array
  readonly value: bigint
  readonly data: Uint8Array
  /** legacy and type 1 */
  readonly gasPrice?: bigint
  /** types 2, 3, 4 */
  readonly maxFeePerGas?: bigint
  readonly maxPriorityFeePerGas?: bigint
  readonly accessList?: readonly AccessListEntry[]
  readonly maxFeePerBlobGas?: bigint
  readonly blobVersionedHashes?: readonly Hash32[]
  readonly authorizationList?: readonly Authorization[]
  /** v for legacy (27/28 or EIP-155), y parity otherwise */
  readonly v: bigint
  readonly r: bigint
  readonly s: bigint
}

/** What one pass over an EIP-2718 envelope gives; byte strings are views into `raw`. */
export type DecodedEnvelope = {
  readonly raw: Uint8Array
  readonly fields: TransactionFields
  /** content of the RLP list without the three items of the signature: what was signed is this in a new list */
  readonly unsigned: Uint8Array
}

/** How many list items a transaction has before its three signature items. */
const UNSIGNED_ITEMS: Readonly<Record<TransactionType, number>> = { 0: 6, 1: 8, 2: 9, 3: 11, 4: 10 }

const U64 = 8

/**
 * Reads the envelope of a transaction of this type, without any rule of a fork: canonical RLP, counts of items, integers
 * of the width that the transaction's EIP gives, addresses of 20 bytes, keys and hashes of 32. Throws RlpError.
 */
export function decodeEnvelope(type: TransactionType, raw: Uint8Array): DecodedEnvelope {
  const items = RlpReader.ofList(raw, type === 0 ? 0 : 1)
  const count = items.countItems()
  if (count !== UNSIGNED_ITEMS[type] + 3) {
    throw new RlpError(`transaction of type ${type} has ${count} fields instead of ${UNSIGNED_ITEMS[type] + 3}`)
  }
  const start = items.position
  const body = type === 0 ? legacyBody(items) : typedBody(type, items)
  const unsigned = raw.subarray(start, items.position)
  const v = items.uint(type === 0 ? 32 : 1)
  if (type === 0 && v >= 35n) body.chainId = (v - 35n) / 2n
  const fields = Object.assign(body, { v, r: items.uint(), s: items.uint() })
  return { raw, fields, unsigned }
}

/** In the making: a field at a time, because spreading objects together takes as long as reading them. */
type Mutable<T> = { -readonly [K in keyof T]: T[K] }
type Body = Mutable<Omit<TransactionFields, 'v' | 'r' | 's'>>

function legacyBody(items: RlpReader): Body {
  const nonce = items.uint(U64)
  const gasPrice = items.uint()
  const body: Body = { type: 0, nonce, gasLimit: items.uint(U64), value: 0n, data: EMPTY_BYTES, gasPrice }
  readCall(body, items)
  return body
}

function typedBody(type: 1 | 2 | 3 | 4, items: RlpReader): Body {
  const chainId = items.uint()
  const nonce = items.uint(U64)
  const price = items.uint()
  const feeCap = type === 1 ? price : items.uint()
  const body: Body = { type, chainId, nonce, gasLimit: items.uint(U64), value: 0n, data: EMPTY_BYTES }
  if (type === 1) {
    body.gasPrice = price
  } else {
    body.maxPriorityFeePerGas = price
    body.maxFeePerGas = feeCap
  }
  readCall(body, items)
  body.accessList = items.list().map(readEntry)
  if (type === 3) {
    body.maxFeePerBlobGas = items.uint()
    body.blobVersionedHashes = items.list().map(readWord)
  }
  if (type === 4) body.authorizationList = items.list().map(readAuthorization)
  return body
}

/** Recipient, value and data. */
function readCall(body: Body, items: RlpReader): void {
  const to = items.bytes()
  if (to.length !== 0 && to.length !== 20) throw new RlpError(`expected 20 bytes, found ${to.length}`)
  if (to.length > 0) body.to = to
  body.value = items.uint()
  body.data = items.bytes()
}

const readWord = (items: RlpReader): Uint8Array => items.fixedBytes(32)

function readEntry(items: RlpReader): AccessListEntry {
  const entry = listOf(items, 2, 'access list entry')
  return { address: entry.fixedBytes(20), storageKeys: entry.list().map(readWord) }
}

/** EIP-7702: [chain_id, address, nonce, y_parity, r, s] */
function readAuthorization(items: RlpReader): Authorization {
  const item = listOf(items, 6, 'authorization')
  return {
    chainId: item.uint(),
    address: item.fixedBytes(20),
    nonce: item.uint(U64),
    yParity: Number(item.uint(1)),
    r: item.uint(),
    s: item.uint(),
  }
}

function listOf(items: RlpReader, count: number, what: string): RlpReader {
  const inner = items.list()
  const found = inner.countItems()
  if (found !== count) throw new RlpError(`${what} has ${found} fields instead of ${count}`)
  return inner
}
