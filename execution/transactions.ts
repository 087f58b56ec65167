import { concatBytes } from '../stateless/bytes.ts'
import { decodeRlpList, encodeRlp, RlpError, type RlpItem, rlpInteger, rlpItems } from '../stateless/rlp.ts'
import { type BlobSidecar, decodeBlobSidecar, isBlobWrapper } from './blobSidecar.ts'
import type { Crypto, SignedHash } from './crypto.ts'
import { TransactionRejected } from './errors.ts'
import { impersonatedSender } from './impersonation.ts'
import type { NodeCommon } from './nodeCommon.ts'
import { decodeFields, type TransactionFields, UNSIGNED_ITEMS } from './transactionFields.ts'
import { requireTransactionRules, requireTypeSupported } from './transactionRules.ts'
import type { Transaction } from './types.ts'

/** A transaction as it came in; `blobs` is present when a blob transaction came in its network wrapper. */
export type DecodedTransaction = Transaction & { readonly blobs?: BlobSidecar }

export type TransactionCrypto = Pick<Crypto, 'keccak256' | 'sha256' | 'recoverSender'>

/**
 * Decodes an EIP-2718 envelope strictly for one fork: canonical RLP, the chain's own id, a type that the fork has, and
 * every rule that needs neither state nor sender. The network wrapper of a blob transaction is accepted; `raw` and
 * `hash` are then those of the transaction inside.
 *
 * The sender is recovered at its first use and kept.
 * @throws TransactionRejected
 */
export function decodeTransaction(raw: Uint8Array, common: NodeCommon, crypto: TransactionCrypto): DecodedTransaction {
  return rejectingBadRlp(() => decode(raw, common, crypto, signedTransaction))
}

/**
 * Decodes a transaction of a block that a devnet's L1 has sealed itself: signed, or of an impersonated sender.
 * @throws TransactionRejected
 */
export function decodeOwnTransaction(raw: Uint8Array, common: NodeCommon, crypto: TransactionCrypto): Transaction {
  return rejectingBadRlp(() => decode(raw, common, crypto, ownTransaction))
}

function rejectingBadRlp<Result>(decodeAll: () => Result): Result {
  try {
    return decodeAll()
  } catch (cause) {
    if (!(cause instanceof RlpError)) throw cause
    throw new TransactionRejected('UNDECODABLE', `rlp: ${cause.message}`, {}, cause)
  }
}

type FromItems = (
  type: Transaction['type'],
  items: readonly RlpItem[],
  raw: Uint8Array,
  common: NodeCommon,
  crypto: TransactionCrypto,
) => Transaction

function decode(
  raw: Uint8Array,
  common: NodeCommon,
  crypto: TransactionCrypto,
  fromItems: FromItems,
): DecodedTransaction {
  const type = envelopeType(raw, common)
  const envelope = decodeRlpList(type === 0 ? raw : raw.subarray(1))
  if (type !== 3 || !isBlobWrapper(envelope)) return fromItems(type, envelope, raw, common, crypto)
  const inner = envelope[0]
  if (inner === undefined) throw new Error('a wrapper has a first item')
  const tx = fromItems(type, rlpItems(inner), concatBytes([Uint8Array.of(3), inner.raw]), common, crypto)
  const rules = { cellProofs: common.isActivatedEIP(7594), sha256: crypto.sha256 }
  const blobs = decodeBlobSidecar(envelope, tx.blobVersionedHashes ?? [], rules)
  return Object.defineProperty(tx, 'blobs', { value: blobs, enumerable: true }) as DecodedTransaction
}

function envelopeType(raw: Uint8Array, common: NodeCommon): Transaction['type'] {
  const first = raw[0]
  if (first === undefined) throw new TransactionRejected('UNDECODABLE', 'typed transaction too short')
  if (first >= 0xc0) return 0
  if (first >= 0x80) throw new TransactionRejected('UNDECODABLE', 'rlp: expected input list for a transaction')
  if (first === 0) throw new TransactionRejected('TYPE_NOT_SUPPORTED', 'transaction type not supported: type 0')
  requireTypeSupported({ type: first }, common)
  return first as Transaction['type']
}

function ownTransaction(...[type, items, raw, common, crypto]: Parameters<FromItems>): Transaction {
  const fields = decodeFields(type, items)
  const sender = impersonatedSender(fields)
  if (sender === undefined) return signedTransaction(type, items, raw, common, crypto)
  requireTransactionRules(fields, common, () => {})
  return { ...fields, raw, hash: crypto.keccak256(raw), sender, impersonated: true }
}

function signedTransaction(...[type, items, raw, common, crypto]: Parameters<FromItems>): Transaction {
  const fields = decodeFields(type, items)
  requireTransactionRules(fields, common)
  const hash = crypto.keccak256(raw)
  let signingHash: Uint8Array | undefined
  let sender: Uint8Array | undefined
  const hashOfPayload = () => {
    signingHash ??= crypto.keccak256(signingPayload(fields, items))
    return signingHash
  }
  return {
    ...fields,
    raw,
    hash,
    get signingHash() {
      return hashOfPayload()
    },
    get sender() {
      sender ??= recover(fields, hashOfPayload(), crypto)
      return sender
    },
  }
}

function recover(fields: TransactionFields, hash: Uint8Array, crypto: TransactionCrypto): Uint8Array {
  const sender = crypto.recoverSender(hash, { r: fields.r, s: fields.s, yParity: yParityOf(fields) })
  if (sender !== undefined) return sender
  throw new TransactionRejected('INVALID_SIGNATURE', 'invalid transaction v, r, s values: recovers to no sender')
}

/** The bytes whose hash is signed: EIP-2718's envelope without signature, or EIP-155's nine items. */
function signingPayload(fields: TransactionFields, items: readonly RlpItem[]): Uint8Array {
  const unsigned = items.slice(0, UNSIGNED_ITEMS[fields.type]).map((item) => ({ rawRlp: item.raw }))
  if (fields.type !== 0) return concatBytes([Uint8Array.of(fields.type), encodeRlp(unsigned)])
  if (fields.chainId === undefined) return encodeRlp(unsigned)
  return encodeRlp([...unsigned, rlpInteger(fields.chainId), rlpInteger(0n), rlpInteger(0n)])
}

/** 0 or 1, from any valid form of v. */
export function yParityOf(tx: Pick<Transaction, 'type' | 'v'>): 0 | 1 {
  if (tx.type !== 0) return tx.v === 1n ? 1 : 0
  return tx.v % 2n === 0n ? 1 : 0
}

/** What a sender is recovered from, for those that were signed. */
export function signaturesOf(transactions: readonly Transaction[]): SignedHash[] {
  return transactions.flatMap((tx) => {
    const { signingHash } = tx
    return signingHash === undefined
      ? []
      : [{ hash: signingHash, signature: { r: tx.r, s: tx.s, yParity: yParityOf(tx) } }]
  })
}
