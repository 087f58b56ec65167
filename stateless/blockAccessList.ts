import { InvalidBlock } from './errors.ts'
import { decodeRlpList, RlpError, type RlpItem, rlpBytes, rlpFields, rlpFixedBytes, rlpItems, rlpUint } from './rlp.ts'
import type { Address20 } from './types.ts'

/** EIP-7928: gas of the block limit that one address or slot of the list takes. */
const ITEM_COST = 2_000n

/**
 * Refuses a block access list with more addresses and slots than gas limit / 2000 (EIP-7928), before anything runs.
 * Only the outer form is read here; contents are compared with what execution produces. Throws InvalidBlock
 * BLOCK_ACCESS_LIST_MISMATCH for a list that does not decode, BLOCK_ACCESS_LIST_TOO_LARGE.
 */
export function checkBlockAccessListSize(rlp: Uint8Array, gasLimit: bigint): void {
  const items = BigInt(countOrRefuse(rlp))
  const limit = gasLimit / ITEM_COST
  if (items > limit) {
    throw new InvalidBlock('BLOCK_ACCESS_LIST_TOO_LARGE', `${items} items, at most ${limit} allowed`, { items, limit })
  }
}

function countOrRefuse(rlp: Uint8Array): number {
  try {
    return countAccessListItems(rlp)
  } catch (error) {
    if (!(error instanceof RlpError)) throw error
    const message = `block access list does not decode: ${error.message}`
    throw new InvalidBlock('BLOCK_ACCESS_LIST_MISMATCH', message, {}, error)
  }
}

/** Addresses and slots of an encoded list, of which only the outer form is read. Throws RlpError. */
export function countAccessListItems(rlp: Uint8Array): number {
  let items = 0
  for (const account of decodeRlpList(rlp)) {
    // [address, storage changes, storage reads, balance changes, nonce changes, code changes]
    const [, changes, reads] = rlpFields(account, 6)
    items += 1 + rlpItems(changes).length + rlpItems(reads).length
  }
  return items
}

/** A value that a transaction left behind; index 0 is before the transactions, n the n-th, and one more what follows them. */
export type AccessListChange<Value> = { index: number; value: Value }

/** One account of an EIP-7928 list. Slots are numbers of 256 bits. */
export type AccountAccess = {
  address: Address20
  storageChanges: readonly { slot: bigint; changes: readonly AccessListChange<bigint>[] }[]
  storageReads: readonly bigint[]
  balanceChanges: readonly AccessListChange<bigint>[]
  nonceChanges: readonly AccessListChange<bigint>[]
  codeChanges: readonly AccessListChange<Uint8Array>[]
}

/** The accounts of an encoded list, in its order. Throws RlpError. */
export function decodeBlockAccessList(rlp: Uint8Array): AccountAccess[] {
  return decodeRlpList(rlp).map((account) => {
    const [address, writes, reads, balances, nonces, codes] = rlpFields(account, 6)
    return {
      address: rlpFixedBytes(address, 20),
      storageChanges: rlpItems(writes).map((write) => {
        const [slot, changes] = rlpFields(write, 2)
        return { slot: rlpUint(slot), changes: decodeChanges(changes, rlpUint) }
      }),
      storageReads: rlpItems(reads).map((slot) => rlpUint(slot)),
      balanceChanges: decodeChanges(balances, rlpUint),
      nonceChanges: decodeChanges(nonces, rlpUint),
      codeChanges: decodeChanges(codes, rlpBytes),
    }
  })
}

function decodeChanges<Value>(item: RlpItem, decode: (item: RlpItem) => Value): AccessListChange<Value>[] {
  return rlpItems(item).map((change) => {
    const [index, value] = rlpFields(change, 2)
    return { index: Number(rlpUint(index, 4)), value: decode(value) }
  })
}
