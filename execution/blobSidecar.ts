import { bytesEqual } from '../stateless/bytes.ts'
import { type RlpItem, rlpFixedBytes, rlpItems, rlpUint } from '../stateless/rlp.ts'
import { RlpReader } from '../stateless/rlpReader.ts'
import { BLOB_BYTES, CELLS_PER_BLOB, FIELD_BYTES } from './blobPolynomial.ts'
import { TransactionRejected } from './errors.ts'

/** What travels beside a blob transaction in its network wrapper and never enters a block. */
export type BlobSidecar = {
  /** 0: one proof per blob (EIP-4844); 1: 128 cell proofs per blob (EIP-7594) */
  version: 0 | 1
  /** 131,072 bytes each */
  blobs: readonly Uint8Array[]
  /** 48 bytes each */
  commitments: readonly Uint8Array[]
  /** 48 bytes each */
  proofs: readonly Uint8Array[]
}

/** `rlp([transaction, ...])` behind the type byte instead of the transaction itself: then the first item is a list. */
export function isBlobWrapper(raw: Uint8Array): boolean {
  return RlpReader.ofList(raw, 1).isAtList
}

/**
 * The sidecar of a network wrapper: `[tx, blobs, commitments, proofs]` or `[tx, 1, blobs, commitments, cell proofs]`.
 *
 * Checks counts, sizes, and that every versioned hash is that of its commitment. The proofs themselves take longer:
 * execution/verifySidecar.ts.
 * @throws RlpError, TransactionRejected
 */
export function decodeBlobSidecar(
  items: readonly RlpItem[],
  versionedHashes: readonly Uint8Array[],
  rules: { cellProofs: boolean; sha256(bytes: Uint8Array): Uint8Array },
): BlobSidecar {
  const version = items.length === 5 ? wrapperVersion(items[1]) : 0
  const [blobs, commitments, proofs] = items.slice(-3)
  if ((items.length !== 4 && items.length !== 5) || !blobs || !commitments || !proofs) {
    throw new TransactionRejected('UNDECODABLE', `blob transaction wrapper has ${items.length} fields`)
  }
  // Most libraries still make version 0 after Osaka. Nobody asks this node for cells, so it takes both.
  if (version === 1 && !rules.cellProofs) {
    throw new TransactionRejected('INVALID', `blob sidecar version ${version} is not valid in this fork, want 0`, {
      version,
    })
  }
  const sidecar: BlobSidecar = {
    version,
    blobs: rlpItems(blobs).map((item) => rlpFixedBytes(item, BLOB_BYTES)),
    commitments: rlpItems(commitments).map((item) => rlpFixedBytes(item, 48)),
    proofs: rlpItems(proofs).map((item) => rlpFixedBytes(item, 48)),
  }
  requireConsistent(sidecar, versionedHashes, rules.sha256)
  return sidecar
}

function wrapperVersion(item: RlpItem | undefined): 0 | 1 {
  const version = item === undefined ? 0n : rlpUint(item, 1)
  if (version === 1n) return 1
  throw new TransactionRejected('INVALID', `unsupported blob sidecar version ${version}`)
}

function requireConsistent(
  sidecar: BlobSidecar,
  hashes: readonly Uint8Array[],
  sha256: (bytes: Uint8Array) => Uint8Array,
): void {
  const { blobs, commitments, proofs } = sidecar
  const proofCount = blobs.length * (sidecar.version === 1 ? CELLS_PER_BLOB : 1)
  if (blobs.length !== hashes.length || commitments.length !== hashes.length || proofs.length !== proofCount) {
    throw new TransactionRejected(
      'INVALID',
      `invalid number of blobs, commitments or proofs for ${hashes.length} blob hashes: ` +
        `${blobs.length}, ${commitments.length}, ${proofs.length}`,
    )
  }
  commitments.forEach((commitment, i) => {
    const versioned = sha256(commitment)
    versioned[0] = 1
    if (bytesEqual(versioned, hashes[i] ?? new Uint8Array())) return
    throw new TransactionRejected('INVALID', `blob ${i}: commitment does not match its versioned hash`, { blob: i })
  })
  blobs.forEach((blob, i) => {
    for (let offset = 0; offset < BLOB_BYTES; offset += 32) {
      if (isFieldElement(blob, offset)) continue
      throw new TransactionRejected('INVALID', `blob ${i}: not a list of field elements`, { blob: i })
    }
  })
}

function isFieldElement(blob: Uint8Array, offset: number): boolean {
  for (let i = 0; i < 32; i++) {
    const difference = (blob[offset + i] ?? 0) - (FIELD_BYTES[i] ?? 0)
    if (difference !== 0) return difference < 0
  }
  return false
}
