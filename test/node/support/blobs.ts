import { createHash } from 'node:crypto'
import { bls12_381 } from '@noble/curves/bls12-381.js'
import type { PrivateKeyAccount } from 'viem/accounts'
import { bytesToHex, concatBytes, hexToBytes } from '../../../stateless/bytes.ts'
import { encodeRlp } from '../../../stateless/rlp.ts'
import { CHAIN_ID, GWEI } from './devChain.ts'

const INFINITY = hexToBytes(`c0${'00'.repeat(47)}`)

export type Blob = { blob: Uint8Array; commitment: Uint8Array; versionedHash: Uint8Array }

/** The blob of a constant polynomial: every proof about it is the point at infinity. */
export function constantBlob(value: bigint): Blob {
  const word = value.toString(16).padStart(64, '0')
  const commitment = hexToBytes(bls12_381.G1.Point.BASE.multiply(value).toHex())
  const versionedHash = new Uint8Array(createHash('sha256').update(commitment).digest())
  versionedHash[0] = 1
  return { blob: hexToBytes(word.repeat(4096)), commitment, versionedHash }
}

export type BlobTransactionFields = {
  nonce: number
  gwei?: bigint
  blobFee?: bigint
  blobs?: readonly Blob[]
  chainId?: number
}

/** A signed blob transaction in its consensus form. */
export async function signedBlobTransaction(from: PrivateKeyAccount, fields: BlobTransactionFields) {
  const { nonce, gwei = 10n, blobFee = 10n, blobs = [constantBlob(7n)], chainId = CHAIN_ID } = fields
  const serialized = await from.signTransaction({
    type: 'eip4844',
    chainId,
    nonce,
    to: `0x${'99'.repeat(20)}`,
    gas: 300_000n,
    maxFeePerGas: gwei * GWEI,
    maxPriorityFeePerGas: gwei * GWEI,
    maxFeePerBlobGas: blobFee,
    blobVersionedHashes: blobs.map(({ versionedHash }) => `0x${bytesToHex(versionedHash)}` as const),
  })
  return hexToBytes(serialized)
}

/** The network form: version 1 has 128 cell proofs for each blob (EIP-7594), version 0 one (EIP-4844). */
export function withSidecar(raw: Uint8Array, blobs: readonly Blob[], version: 0 | 1 = 1, proof = INFINITY): Uint8Array {
  const proofs = Array.from({ length: blobs.length * (version === 1 ? 128 : 1) }, () => proof)
  return concatBytes([
    Uint8Array.of(3),
    encodeRlp([
      { rawRlp: raw.subarray(1) },
      ...(version === 1 ? [Uint8Array.of(1)] : []),
      blobs.map(({ blob }) => blob),
      blobs.map(({ commitment }) => commitment),
      proofs,
    ]),
  ])
}

/** A signed blob transaction with its blobs, all proofs right. */
export async function blobTransaction(from: PrivateKeyAccount, fields: BlobTransactionFields): Promise<Uint8Array> {
  return withSidecar(await signedBlobTransaction(from, fields), fields.blobs ?? [constantBlob(7n)])
}
