import { createHash } from 'node:crypto'
import { fromRlp, type Hex, numberToHex, toRlp } from 'viem'
import type { Sender } from './load.ts'

/** Cells of one blob (EIP-7594). */
const CELLS = 128
const FIELD_ELEMENTS = 4096
/** Of the constant polynomial 1: the commitment is the generator of G1, and every proof the point at infinity. */
const BLOB: Hex = `0x${`${'00'.repeat(31)}01`.repeat(FIELD_ELEMENTS)}`
const COMMITMENT: Hex =
  '0x97f1d3a73197d7942695638c4fa9ac0fc3688c4f9774b905a14e3a3f171bac586c55e83ff97a1aeffb3af00adb22c6bb'
const PROOF: Hex = `0xc0${'00'.repeat(47)}`

/** A signed blob transaction with its sidecar of cell proofs, as eth_sendRawTransaction takes it. */
export async function signedBlobs({ account }: Sender, chainId: number, nonce: number, count: number): Promise<Hex> {
  const hash = createHash('sha256')
    .update(Buffer.from(COMMITMENT.slice(2), 'hex'))
    .digest('hex')
  const each = <T>(value: T): T[] => Array.from({ length: count }, () => value)
  const signed = await account.signTransaction({
    type: 'eip4844',
    chainId,
    nonce,
    to: account.address,
    gas: 21_000n,
    maxFeePerGas: 10n ** 11n,
    maxPriorityFeePerGas: 10n ** 9n,
    maxFeePerBlobGas: 10n ** 9n,
    blobVersionedHashes: each<Hex>(`0x01${hash.slice(2)}`),
  })
  const body = fromRlp(`0x${signed.slice(4)}`, 'hex')
  const proofs = Array.from({ length: count * CELLS }, () => PROOF)
  const wrapped = toRlp([body, numberToHex(1), each(BLOB), each(COMMITMENT), proofs])
  return `0x03${wrapped.slice(2)}`
}
