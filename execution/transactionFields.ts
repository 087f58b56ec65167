import { type RlpItem, rlpBytes, rlpFixedBytes, rlpItems, rlpUint } from '../stateless/rlp.ts'
import { TransactionRejected } from './errors.ts'
import type { Authorization, Transaction } from './types.ts'

/** A transaction's own content, without what follows from it. */
export type TransactionFields = Omit<Transaction, 'raw' | 'hash' | 'sender'>

/** How many list items a transaction has before its three signature items. */
export const UNSIGNED_ITEMS: Readonly<Record<Transaction['type'], number>> = { 0: 6, 1: 8, 2: 9, 3: 11, 4: 10 }

const U64 = 8

/**
 * The fields of a transaction from the items of its RLP list, without any rule of a fork.
 *
 * Integers are canonical and of the width the transaction's EIP gives; addresses are 20 bytes, keys and hashes 32.
 * @throws RlpError for a wrong shape, TransactionRejected for a wrong count of items
 */
export function decodeFields(type: Transaction['type'], items: readonly RlpItem[]): TransactionFields {
  if (items.length !== UNSIGNED_ITEMS[type] + 3) {
    throw new TransactionRejected(
      'UNDECODABLE',
      `transaction of type ${type} has ${items.length} fields instead of ${UNSIGNED_ITEMS[type] + 3}`,
      { type, fields: items.length },
    )
  }
  const next = itemReader(items)
  return type === 0 ? legacyFields(next) : typedFields(type, next)
}

type NextItem = () => RlpItem

function itemReader(items: readonly RlpItem[]): NextItem {
  let index = 0
  return () => {
    const item = items[index++]
    if (item === undefined) throw new Error('read past the last transaction field')
    return item
  }
}

function legacyFields(next: NextItem): TransactionFields {
  const nonce = rlpUint(next(), U64)
  const gasPrice = rlpUint(next())
  const gasLimit = rlpUint(next(), U64)
  const body = { ...recipient(next()), value: rlpUint(next()), data: rlpBytes(next()) }
  const signature = { v: rlpUint(next()), r: rlpUint(next()), s: rlpUint(next()) }
  const chain = signature.v >= 35n ? { chainId: (signature.v - 35n) / 2n } : {}
  return { type: 0, ...chain, nonce, gasPrice, gasLimit, ...body, ...signature }
}

function typedFields(type: 1 | 2 | 3 | 4, next: NextItem): TransactionFields {
  const chainId = rlpUint(next())
  const nonce = rlpUint(next(), U64)
  const prices =
    type === 1
      ? { gasPrice: rlpUint(next()) }
      : { maxPriorityFeePerGas: rlpUint(next()), maxFeePerGas: rlpUint(next()) }
  const gasLimit = rlpUint(next(), U64)
  const body = { ...recipient(next()), value: rlpUint(next()), data: rlpBytes(next()) }
  const accessList = rlpItems(next()).map(accessListEntry)
  const extra =
    type === 3
      ? {
          maxFeePerBlobGas: rlpUint(next()),
          blobVersionedHashes: rlpItems(next()).map((item) => rlpFixedBytes(item, 32)),
        }
      : type === 4
        ? { authorizationList: rlpItems(next()).map(authorization) }
        : {}
  const signature = { v: rlpUint(next(), 1), r: rlpUint(next()), s: rlpUint(next()) }
  return { type, chainId, nonce, ...prices, gasLimit, ...body, accessList, ...extra, ...signature }
}

function recipient(item: RlpItem): { to?: Uint8Array } {
  return rlpBytes(item).length === 0 ? {} : { to: rlpFixedBytes(item, 20) }
}

function accessListEntry(item: RlpItem): { address: Uint8Array; storageKeys: readonly Uint8Array[] } {
  const [address, keys] = exactly(rlpItems(item), 2, 'access list entry')
  return {
    address: rlpFixedBytes(required(address), 20),
    storageKeys: rlpItems(required(keys)).map((key) => rlpFixedBytes(key, 32)),
  }
}

/** EIP-7702: [chain_id, address, nonce, y_parity, r, s]; an impossible signature makes the entry void, not the list. */
function authorization(item: RlpItem): Authorization {
  const [chainId, address, nonce, yParity, r, s] = exactly(rlpItems(item), 6, 'authorization')
  return {
    chainId: rlpUint(required(chainId)),
    address: rlpFixedBytes(required(address), 20),
    nonce: rlpUint(required(nonce), U64),
    yParity: Number(rlpUint(required(yParity), 1)),
    r: rlpUint(required(r)),
    s: rlpUint(required(s)),
  }
}

function exactly(items: RlpItem[], count: number, what: string): RlpItem[] {
  if (items.length === count) return items
  throw new TransactionRejected('UNDECODABLE', `${what} has ${items.length} fields instead of ${count}`)
}

function required(item: RlpItem | undefined): RlpItem {
  if (item === undefined) throw new Error('list was checked to be long enough')
  return item
}
