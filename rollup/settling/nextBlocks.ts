import type { Chain, Clock } from '../../node/types.ts'
import { bytesEqual, bytesToHex, hexToBytes } from '../../stateless/bytes.ts'
import { forcedIdsIn, MAX_FORCED_PER_BLOCK } from '../forcedTransactions.ts'
import type { L1View, SettlementLimits } from '../types.ts'
import type { InputStore } from './inputs.ts'
import { type L1Head, nextL1Time } from './l1Head.ts'
import { executionGasOf, fits, type PackedBlock } from './settlement.ts'

export type NextBlocksDeps = { chain: Chain; view: L1View; inputs: InputStore; clock: Clock; limits: SettlementLimits }

/** The blocks for the next transaction, or 'idle', or why there are none. */
export async function nextBlocks(
  { chain, view, inputs, clock, limits }: NextBlocksDeps,
  head: L1Head,
  upTo: bigint | undefined,
): Promise<PackedBlock[] | string> {
  const settledHash = chain.getHashByNumber(head.number)
  if (settledHash === undefined || !bytesEqual(settledHash, hexToBytes(head.hash))) {
    return `the head on L1, block ${head.number}, is not in this chain yet`
  }
  const newest = chain.head().header.number
  const tip = upTo !== undefined && upTo < newest ? upTo : newest
  if (tip <= head.number) return 'idle'
  const l1Time = nextL1Time(head, clock)
  const packed: PackedBlock[] = []
  for (let number = head.number + 1n; number <= tip; number++) {
    const block = chain.getBlockByNumber(number)?.block
    if (block === undefined || block.header.timestamp > l1Time) break
    const ids = forcedIdsIn(view, block.transactions)
    // named ones go with a call of their own
    if (packed.length > 0 && ids.length > 0) break
    const transactions = block.transactions.length
    const facts = { number, hash: `0x${bytesToHex(block.hash)}` as const, transactions }
    const next: PackedBlock = { ...(await inputs.require(block.hash)), ...facts, forced: [] }
    if (packed.length > 0 && !fits([...packed, next], limits)) break
    packed.push({ ...next, forced: nameable(next, ids, limits) })
    if (ids.length > 0) break
  }
  return packed.length > 0 ? packed : `L2 block ${head.number + 1n} is ahead of the time of L1`
}

/**
 * As many ids as the settlement can pay for. The builder leaves room for what it puts in; more are copies that somebody
 * forced afterwards, and the queue's own steps or expiry get rid of them.
 */
function nameable(block: PackedBlock, ids: readonly bigint[], limits: SettlementLimits): readonly bigint[] {
  let count = Math.min(ids.length, 2 * MAX_FORCED_PER_BLOCK)
  const gasWith = (forced: readonly bigint[]) => executionGasOf([{ ...block, forced }])
  while (count > 0 && gasWith(ids.slice(0, count)) > limits.maxTransactionGas) count -= 1
  return ids.slice(0, count)
}
