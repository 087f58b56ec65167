import type { PrivateKeyAccount } from 'viem/accounts'
import { bytesToHex } from '../../stateless/bytes.ts'
import { constantBlob, signedBlobTransaction, withSidecar } from '../node/support/blobs.ts'

export const BLOB = constantBlob(7n)
export const BLOB_HASH: `0x${string}` = `0x${bytesToHex(BLOB.versionedHash)}`

/** A signed transaction with one blob, with cell proofs or the one proof of before Osaka, for libraries that cannot make one. */
export async function rawBlobTransaction(
  from: PrivateKeyAccount,
  fields: { chainId: number; nonce: number; version?: 0 | 1; proof?: Uint8Array },
): Promise<`0x${string}`> {
  const raw = await signedBlobTransaction(from, { ...fields, gwei: 20n, blobs: [BLOB] })
  return `0x${bytesToHex(withSidecar(raw, [BLOB], fields.version ?? 1, fields.proof))}`
}
