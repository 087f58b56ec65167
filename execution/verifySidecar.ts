import { CELLS_PER_BLOB } from './blobPolynomial.ts'
import { loadBlobProofs } from './blobProofs.ts'
import type { BlobSidecar } from './blobSidecar.ts'
import { TransactionRejected } from './errors.ts'
import { giveWay, isTurnOver } from './eventLoop.ts'
import { BadElement } from './mcl.ts'
import type { DecodedTransaction } from './transactions.ts'

const pause = (): Promise<void> | undefined => (isTurnOver() ? giveWay() : undefined)

/**
 * Checks every proof beside a blob transaction, one blob after the other, giving way to other work all the time. Counts
 * and versioned hashes were checked when the sidecar was decoded; a transaction without one passes.
 *
 * @throws TransactionRejected BAD_BLOB_PROOF naming the blob
 */
export async function verifySidecar(
  tx: DecodedTransaction,
  { sha256 }: { sha256(bytes: Uint8Array): Uint8Array },
): Promise<void> {
  if (tx.blobs === undefined) return
  for (let blob = 0; blob < tx.blobs.blobs.length; blob++) {
    if (await proves(tx.blobs, blob, sha256)) continue
    const what = tx.blobs.version === 1 ? 'cell' : 'blob'
    throw new TransactionRejected('BAD_BLOB_PROOF', `KZG verification error: invalid ${what} proof of blob ${blob}`, {
      blob,
    })
  }
}

async function proves(sidecar: BlobSidecar, index: number, sha256: (bytes: Uint8Array) => Uint8Array) {
  const { version, blobs, commitments, proofs } = sidecar
  const [blob, commitment] = [blobs[index], commitments[index]]
  if (blob === undefined || commitment === undefined) return false
  const { verifyBlob, verifyCells } = await loadBlobProofs()
  try {
    if (version === 1) {
      const cells = proofs.slice(index * CELLS_PER_BLOB, (index + 1) * CELLS_PER_BLOB)
      return await verifyCells(blob, commitment, cells, { sha256, pause })
    }
    const proof = proofs[index]
    return proof !== undefined && (await verifyBlob(blob, commitment, proof, { sha256, pause }))
  } catch (error) {
    if (error instanceof BadElement) return false
    throw error
  }
}
