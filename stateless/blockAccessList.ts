import { InvalidBlock } from './errors.ts'
import { decodeRlpList, RlpError, rlpFields, rlpItems } from './rlp.ts'

/** EIP-7928: gas of the block limit that one address or slot of the list takes. */
const ITEM_COST = 2_000n

/**
 * Refuses a block access list with more addresses and slots than gas limit / 2000 (EIP-7928), before anything runs.
 * Only the outer form is read here; contents are compared with what execution produces. Throws InvalidBlock
 * BLOCK_ACCESS_LIST_MISMATCH for a list that does not decode, BLOCK_ACCESS_LIST_TOO_LARGE.
 */
export function checkBlockAccessListSize(rlp: Uint8Array, gasLimit: bigint): void {
  const items = BigInt(countItems(rlp))
  const limit = gasLimit / ITEM_COST
  if (items > limit) {
    throw new InvalidBlock('BLOCK_ACCESS_LIST_TOO_LARGE', `${items} items, at most ${limit} allowed`, { items, limit })
  }
}

function countItems(rlp: Uint8Array): number {
  try {
    let items = 0
    for (const account of decodeRlpList(rlp)) {
      // [address, storage changes, storage reads, balance changes, nonce changes, code changes]
      const [, changes, reads] = rlpFields(account, 6)
      items += 1 + rlpItems(changes).length + rlpItems(reads).length
    }
    return items
  } catch (error) {
    if (!(error instanceof RlpError)) throw error
    const message = `block access list does not decode: ${error.message}`
    throw new InvalidBlock('BLOCK_ACCESS_LIST_MISMATCH', message, {}, error)
  }
}
