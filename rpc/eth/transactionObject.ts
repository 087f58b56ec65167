import { createHash } from 'node:crypto'
import { bytesEqual } from '../../stateless/bytes.ts'
import { type CallObject, callObject } from '../callObject.ts'
import { data, quantityOf } from '../codec.ts'
import { invalidParams } from '../errors.ts'
import { described, list, type Parse, property, readObject } from '../params.ts'
import { ANY, arrayOf, dataSchema, type JsonSchema, objectOf, quantitySchema } from '../schema.ts'
import type { BlobSidecar } from './unsignedTransaction.ts'

/** A transaction as wallets ask a node to fill, sign or send it. `from` is wanted by all but eth_fillTransaction. */
export type TransactionObject = CallObject & { type?: 0 | 1 | 2 | 3 | 4; sidecar?: BlobSidecar }

const MAX_BLOBS = 128
const CELLS_PER_BLOB = 128
const BLOB_BYTES = 131_072

const SCHEMA: JsonSchema = {
  allOf: [
    callObject.schema ?? ANY,
    objectOf({
      type: quantitySchema(8),
      blobs: arrayOf(dataSchema(BLOB_BYTES), MAX_BLOBS),
      commitments: arrayOf(dataSchema(48)),
      proofs: arrayOf(dataSchema(48)),
    }),
  ],
}

/**
 * The transaction object of eth_sendTransaction and its like. Blobs come with their commitments and proofs; their
 * versioned hashes may be left out.
 */
export const transactionObject: Parse<TransactionObject> = described(SCHEMA, (value, path) => {
  const call = callObject(value, path)
  const read = readObject(value, path)
  const sidecar = sidecarOf(read, path)
  const type = property(read, path, 'type', 'type', transactionType)
  const { request } = call
  checkShape(request, path)
  if (sidecar === undefined) return { ...call, ...type }
  const hashes = sidecar.commitments.map(versionedHash)
  const given = request.blobVersionedHashes
  if (given !== undefined && !sameHashes(given, hashes)) {
    throw invalidParams(`${path}.blobVersionedHashes`, 'these are not the hashes of the given commitments')
  }
  return { ...call, ...type, request: { ...request, blobVersionedHashes: hashes }, sidecar }
})

const transactionType: Parse<0 | 1 | 2 | 3 | 4> = (value, path) => {
  const type = Number(quantityOf(8)(value, path))
  if (type === 0 || type === 1 || type === 2 || type === 3 || type === 4) return type
  throw invalidParams(path, `there is no transaction of type ${type}`)
}

function checkShape(request: CallObject['request'], path: string): void {
  const { to, data: input, blobVersionedHashes, authorizationList } = request
  if (blobVersionedHashes?.length === 0) throw invalidParams(path, 'need at least 1 blob for a blob transaction')
  if (blobVersionedHashes && authorizationList) {
    throw invalidParams(path, 'blobs and an authorization list cannot be in one transaction')
  }
  if (to !== undefined) return
  if (blobVersionedHashes) throw invalidParams(path, 'missing "to" in blob transaction')
  if (authorizationList) throw invalidParams(path, 'missing "to" in set code transaction')
  if (input === undefined || input.length === 0) {
    throw invalidParams(path, 'contract creation without any data provided')
  }
}

function sidecarOf(read: (key: string) => unknown, path: string): BlobSidecar | undefined {
  const { blobs } = property(read, path, 'blobs', 'blobs', list(bytesOf(BLOB_BYTES), MAX_BLOBS))
  if (blobs === undefined) return undefined
  const points = list(bytesOf(48), MAX_BLOBS * CELLS_PER_BLOB)
  const { commitments } = property(read, path, 'commitments', 'commitments', points)
  const { proofs } = property(read, path, 'proofs', 'proofs', points)
  if (commitments === undefined || proofs === undefined) {
    throw invalidParams(path, 'blobs need their commitments and proofs: this node computes none')
  }
  if (commitments.length !== blobs.length) {
    throw invalidParams(`${path}.commitments`, `want one per blob (${blobs.length}), got ${commitments.length}`)
  }
  if (proofs.length !== blobs.length && proofs.length !== blobs.length * CELLS_PER_BLOB) {
    const wanted = `one proof or ${CELLS_PER_BLOB} cell proofs per blob (${blobs.length})`
    throw invalidParams(`${path}.proofs`, `want ${wanted}, got ${proofs.length}`)
  }
  return { blobs, commitments, proofs }
}

function bytesOf(length: number): Parse<Uint8Array> {
  return (value, path) => {
    const bytes = data(value, path)
    if (bytes.length !== length) throw invalidParams(path, `expected ${length} bytes, got ${bytes.length}`)
    return bytes
  }
}

/** EIP-4844: SHA-256 of the commitment, its first byte replaced by the version. */
function versionedHash(commitment: Uint8Array): Uint8Array {
  const hash = new Uint8Array(createHash('sha256').update(commitment).digest())
  hash[0] = 1
  return hash
}

function sameHashes(a: readonly Uint8Array[], b: readonly Uint8Array[]): boolean {
  return a.length === b.length && a.every((hash, index) => bytesEqual(hash, b[index] ?? new Uint8Array(0)))
}
