import type { UnsignedTransaction } from '../../execution/types.ts'
import { concatBytes, EMPTY_BYTES } from '../../stateless/bytes.ts'
import { keccak256 } from '../../stateless/keccak.ts'
import { encodeRlp, type RlpValue, rlpInteger } from '../../stateless/rlp.ts'
import type { Hash32 } from '../../stateless/types.ts'

/** What travels beside a blob transaction: 131,072, 48 and 48 bytes each. 128 proofs per blob are those of its cells. */
export type BlobSidecar = {
  blobs: readonly Uint8Array[]
  commitments: readonly Uint8Array[]
  proofs: readonly Uint8Array[]
}

export type Signature = { r: bigint; s: bigint; yParity: 0 | 1 }

const NO_SIGNATURE = [EMPTY_BYTES, EMPTY_BYTES, EMPTY_BYTES]

/** The hash that is signed: EIP-155 for legacy transactions with a chain id, EIP-2718's envelope for typed ones. */
export function signingHash(tx: UnsignedTransaction): Hash32 {
  if (tx.type !== 0) return keccak256(envelope(tx, encodeRlp(fieldsOf(tx))))
  const replayProtection = tx.chainId === undefined ? [] : [rlpInteger(tx.chainId), EMPTY_BYTES, EMPTY_BYTES]
  return keccak256(encodeRlp([...fieldsOf(tx), ...replayProtection]))
}

/** The envelope with its signature; a blob transaction with its sidecar in the network wrapper (EIP-4844, EIP-7594). */
export function encodeSigned(tx: UnsignedTransaction, signature: Signature, sidecar?: BlobSidecar): Uint8Array {
  const v = tx.type === 0 ? legacyV(tx, signature.yParity) : BigInt(signature.yParity)
  return encode(tx, [rlpInteger(v), rlpInteger(signature.r), rlpInteger(signature.s)], sidecar)
}

/** The envelope as it is before anybody signs: v, r and s are zero (as geth's eth_fillTransaction gives it). */
export function encodeUnsigned(tx: UnsignedTransaction, sidecar?: BlobSidecar): Uint8Array {
  return encode(tx, NO_SIGNATURE, sidecar)
}

function encode(tx: UnsignedTransaction, signature: readonly RlpValue[], sidecar: BlobSidecar | undefined): Uint8Array {
  const items = [...fieldsOf(tx), ...signature]
  if (sidecar === undefined) return envelope(tx, encodeRlp(items))
  const { blobs, commitments, proofs } = sidecar
  const version = proofs.length === blobs.length ? [] : [rlpInteger(1n)]
  return envelope(tx, encodeRlp([items, ...version, blobs, commitments, proofs]))
}

function envelope({ type }: UnsignedTransaction, rlp: Uint8Array): Uint8Array {
  return type === 0 ? rlp : concatBytes([Uint8Array.of(type), rlp])
}

function legacyV({ chainId }: UnsignedTransaction, yParity: 0 | 1): bigint {
  return chainId === undefined ? 27n + BigInt(yParity) : chainId * 2n + 35n + BigInt(yParity)
}

/** Everything before the signature, in the order of the transaction's type. */
function fieldsOf(tx: UnsignedTransaction): RlpValue[] {
  const [nonce, gasLimit, value] = [tx.nonce, tx.gasLimit, tx.value].map(rlpInteger)
  const core = [tx.to ?? EMPTY_BYTES, value ?? EMPTY_BYTES, tx.data]
  const before = nonce ?? EMPTY_BYTES
  const gas = gasLimit ?? EMPTY_BYTES
  if (tx.type === 0) return [before, rlpInteger(tx.gasPrice ?? 0n), gas, ...core]
  const chainId = rlpInteger(tx.chainId ?? 0n)
  const accessList = (tx.accessList ?? []).map(({ address, storageKeys }): RlpValue => [address, [...storageKeys]])
  if (tx.type === 1) return [chainId, before, rlpInteger(tx.gasPrice ?? 0n), gas, ...core, accessList]
  const fees = [rlpInteger(tx.maxPriorityFeePerGas ?? 0n), rlpInteger(tx.maxFeePerGas ?? 0n)]
  const common = [chainId, before, ...fees, gas, ...core, accessList]
  if (tx.type === 3) return [...common, rlpInteger(tx.maxFeePerBlobGas ?? 0n), [...(tx.blobVersionedHashes ?? [])]]
  return tx.type === 4 ? [...common, authorizations(tx)] : common
}

function authorizations({ authorizationList = [] }: UnsignedTransaction): RlpValue {
  return authorizationList.map(
    ({ chainId, address, nonce, yParity, r, s }): RlpValue => [
      rlpInteger(chainId),
      address,
      rlpInteger(nonce),
      rlpInteger(BigInt(yParity)),
      rlpInteger(r),
      rlpInteger(s),
    ],
  )
}
