import { bytesEqual } from '../../stateless/bytes.ts'
import { INPUT_LAYOUT, INPUT_LAYOUT_VALUES } from '../../stateless/inputLayout.ts'
import { keccak256 } from '../../stateless/keccak.ts'
import type { Hash32 } from '../../stateless/types.ts'
import { uint32At } from './layoutChecks.ts'

/** Where the list begins: behind the fixed part of the payload, since there is no extra data. */
const LIST_START = INPUT_LAYOUT.executionPayload + INPUT_LAYOUT_VALUES.extraDataOffset
const OFFSET_SIZE = 4

/** What a search comes to. `misplaced`: position of an offset that leads out of the list, where the contract reverts. */
export type Found = { index: number } | 'not found' | { misplaced: number }

/**
 * Looks for a transaction as the contract does (contracts/lib/TransactionList.sol): from a place in the list to its end, in
 * the very bytes that are forwarded.
 */
export function findTransaction(input: Uint8Array, from: number, hash: Hash32, length: number): Found {
  const list = measure(input)
  if ('misplaced' in list) return list
  for (let index = from; index < list.count; index++) {
    const position = LIST_START + OFFSET_SIZE * index
    const start = uint32At(input, position)
    const end = index === list.count - 1 ? list.size : uint32At(input, position + OFFSET_SIZE)
    if (end < start || end > list.size) return { misplaced: position }
    if (end - start !== length) continue
    if (bytesEqual(keccak256(input.subarray(LIST_START + start, LIST_START + end)), hash)) return { index }
  }
  return 'not found'
}

function measure(input: Uint8Array): { count: number; size: number } | { misplaced: number } {
  const end = uint32At(input, INPUT_LAYOUT.offsetWithdrawals)
  const payloadEnd = INPUT_LAYOUT.newPayloadRequest + uint32At(input, INPUT_LAYOUT.offsetVersionedHashes)
  if (end < INPUT_LAYOUT_VALUES.extraDataOffset || INPUT_LAYOUT.executionPayload + end > payloadEnd) {
    return { misplaced: INPUT_LAYOUT.offsetWithdrawals }
  }
  const size = end - INPUT_LAYOUT_VALUES.extraDataOffset
  if (size === 0) return { count: 0, size }
  const first = size < OFFSET_SIZE ? 0 : uint32At(input, LIST_START)
  if (first === 0 || first % OFFSET_SIZE !== 0 || first > size) return { misplaced: LIST_START }
  return { count: first / OFFSET_SIZE, size }
}
