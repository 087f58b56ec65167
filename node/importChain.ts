import { decodeBlock } from '../stateless/header.ts'
import { ChainError } from './errors.ts'
import type { Chain } from './types.ts'

/**
 * Imports a file of concatenated block RLPs (geth's `chain.rlp`), each executed and checked in full. The genesis block
 * and blocks that are already canonical are passed over. Returns how many blocks the file holds.
 *
 * @throws InvalidBlock for a bad block, ChainError BAD_CHAIN_FILE when the bytes are not a row of RLP items
 */
export async function importChain(chain: Chain, bytes: Uint8Array): Promise<number> {
  let count = 0
  for (let offset = 0; offset < bytes.length; count += 1) {
    const size = itemSize(bytes, offset)
    await chain.importBlock(decodeBlock(bytes.subarray(offset, offset + size)))
    offset += size
  }
  return count
}

/** Size of the RLP list at `offset`, prefix included. */
function itemSize(bytes: Uint8Array, offset: number): number {
  const prefix = bytes[offset] ?? 0
  const lengthBytes = prefix > 0xf7 ? prefix - 0xf7 : 0
  const short = prefix - 0xc0
  const long = Buffer.from(bytes.subarray(offset + 1, offset + 1 + Math.min(lengthBytes, 6))).toString('hex')
  const size = 1 + lengthBytes + (lengthBytes === 0 ? short : Number.parseInt(long, 16))
  if (prefix >= 0xc0 && lengthBytes <= 6 && offset + size <= bytes.length) return size
  throw new ChainError('BAD_CHAIN_FILE', `no complete block at byte ${offset} of the chain file`, { offset })
}
