import type { StoredBlock } from '../../node/types.ts'
import { type AccessListChange, type AccountAccess, decodeBlockAccessList } from '../../stateless/blockAccessList.ts'
import { bytesEqual } from '../../stateless/bytes.ts'
import { EMPTY_OMMERS_HASH } from '../../stateless/header.ts'
import { encodeRlp } from '../../stateless/rlp.ts'
import { blockParameter, readBlock } from '../blockParameter.ts'
import { RpcError } from '../errors.ts'
import { toData, toQuantity, toWord } from '../hex.ts'
import { method, required } from '../params.ts'
import { mapInSlices } from '../slices.ts'
import type { MethodTable } from '../types.ts'
import type { EthDeps } from './deps.ts'

/** eth_getBlockAccessList: null for an unknown block, RpcError UNKNOWN_BLOCK for one of before Amsterdam, which has none. */
export function blockAccessListMethods(deps: Pick<EthDeps, 'chain' | 'pending'>): MethodTable {
  return {
    eth_getBlockAccessList: method([required('block', blockParameter)], async ([parameter]) => {
      const found = await readBlock(deps, parameter)
      if (found === undefined) return null
      return mapInSlices(decodeBlockAccessList(requireAccessList(found)), formatAccount)
    }),
  }
}

/** The RLP of a block's list: stored with it, or empty when the header says so (genesis). Throws RpcError UNKNOWN_BLOCK. */
export function requireAccessList({ block, blockAccessList }: StoredBlock): Uint8Array {
  if (blockAccessList !== undefined) return blockAccessList
  const { blockAccessListHash } = block.header
  // The hash of the empty access list is that of any empty RLP list.
  const isEmpty = blockAccessListHash !== undefined && bytesEqual(blockAccessListHash, EMPTY_OMMERS_HASH)
  if (isEmpty) return encodeRlp([])
  throw new RpcError('UNKNOWN_BLOCK', `block ${block.header.number} has no block access list`)
}

function formatAccount(account: AccountAccess) {
  return {
    address: toData(account.address),
    storageChanges: account.storageChanges.map(({ slot, changes }) => ({
      key: toWord(slot),
      changes: changes.map((change) => ({ ...at(change), value: toWord(change.value) })),
    })),
    storageReads: account.storageReads.map(toWord),
    balanceChanges: account.balanceChanges.map(quantityChange),
    nonceChanges: account.nonceChanges.map(quantityChange),
    codeChanges: account.codeChanges.map((change) => ({ ...at(change), code: toData(change.value) })),
  }
}

function at({ index }: AccessListChange<unknown>) {
  return { index: toQuantity(index) }
}

function quantityChange(change: AccessListChange<bigint>) {
  return { ...at(change), value: toQuantity(change.value) }
}
