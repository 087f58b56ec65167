import { concatBytes, EMPTY_BYTES } from '../stateless/bytes.ts'
import { decodeRlpList, encodeRlp, headerLength, RlpError, rlpInteger, writeHeader } from '../stateless/rlp.ts'
import { type DecodedEnvelope, decodeEnvelope, type TransactionFields } from '../stateless/transactionFields.ts'
import { type BlobSidecar, decodeBlobSidecar, isBlobWrapper } from './blobSidecar.ts'
import type { Crypto, SignedHash } from './crypto.ts'
import { TransactionRejected } from './errors.ts'
import { impersonatedSender } from './impersonation.ts'
import type { NodeCommon } from './nodeCommon.ts'
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

type FromEnvelope = (envelope: DecodedEnvelope, common: NodeCommon, crypto: TransactionCrypto) => Transaction

function decode(
  raw: Uint8Array,
  common: NodeCommon,
  crypto: TransactionCrypto,
  fromEnvelope: FromEnvelope,
): DecodedTransaction {
  const type = envelopeType(raw, common)
  if (type !== 3 || !isBlobWrapper(raw)) return fromEnvelope(decodeEnvelope(type, raw), common, crypto)
  const wrapper = decodeRlpList(raw.subarray(1))
  const [inner] = wrapper
  if (inner === undefined) throw new Error('a wrapper has a first item')
  const tx = fromEnvelope(decodeEnvelope(3, concatBytes([Uint8Array.of(3), inner.raw])), common, crypto)
  const rules = { cellProofs: common.isActivatedEIP(7594), sha256: crypto.sha256 }
  const blobs = decodeBlobSidecar(wrapper, tx.blobVersionedHashes ?? [], rules)
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

function ownTransaction(...[envelope, common, crypto]: Parameters<FromEnvelope>): Transaction {
  const { fields, raw } = envelope
  const sender = impersonatedSender(fields)
  if (sender === undefined) return signedTransaction(envelope, common, crypto)
  requireTransactionRules(fields, common, () => {})
  return { ...fields, raw, hash: crypto.keccak256(raw), sender, impersonated: true }
}

/**
 * The transaction of an envelope that has been read already, by the same rules as `decodeTransaction`.
 * @throws TransactionRejected
 */
export function signedTransaction(...[envelope, common, crypto]: Parameters<FromEnvelope>): Transaction {
  requireTransactionRules(envelope.fields, common)
  return Object.assign(new Signed(envelope, crypto), envelope.fields)
}

/**
 * What follows from the bytes of a transaction, each part once and only when it is asked for. A class, because engines
 * give objects with getters of their own neither a common shape nor quick access: they take ten times as long to make.
 */
class Signed {
  readonly raw: Uint8Array
  readonly hash: Uint8Array
  readonly #envelope: DecodedEnvelope
  readonly #crypto: TransactionCrypto
  #signingHash: Uint8Array | undefined
  #sender: Uint8Array | undefined

  constructor(envelope: DecodedEnvelope, crypto: TransactionCrypto) {
    this.raw = envelope.raw
    this.hash = crypto.keccak256(envelope.raw)
    this.#envelope = envelope
    this.#crypto = crypto
  }

  get signingHash(): Uint8Array {
    this.#signingHash ??= this.#crypto.keccak256(signingPayload(this.#envelope))
    return this.#signingHash
  }

  get sender(): Uint8Array {
    this.#sender ??= recover(this.#envelope.fields, this.signingHash, this.#crypto)
    return this.#sender
  }
}

function recover(fields: TransactionFields, hash: Uint8Array, crypto: TransactionCrypto): Uint8Array {
  const sender = crypto.recoverSender(hash, { r: fields.r, s: fields.s, yParity: yParityOf(fields) })
  if (sender !== undefined) return sender
  throw new TransactionRejected('INVALID_SIGNATURE', 'invalid transaction v, r, s values: recovers to no sender')
}

/** The bytes whose hash is signed: EIP-2718's envelope without signature, or EIP-155's nine items. */
function signingPayload({ fields: { type, chainId }, unsigned }: DecodedEnvelope): Uint8Array {
  const start = type === 0 ? 0 : 1
  const replay = type === 0 && chainId !== undefined ? replayProtection(chainId) : EMPTY_BYTES
  const length = unsigned.length + replay.length
  const payload = new Uint8Array(start + headerLength(length) + length)
  if (type !== 0) payload[0] = type
  const at = writeHeader(payload, start, 0xc0, length)
  payload.set(unsigned, at)
  payload.set(replay, at + unsigned.length)
  return payload
}

/** EIP-155: chain id, 0 and 0 stand where the signature will be. */
function replayProtection(chainId: bigint): Uint8Array {
  return concatBytes([encodeRlp(rlpInteger(chainId)), Uint8Array.of(0x80, 0x80)])
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
