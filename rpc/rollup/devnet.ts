import * as z from 'zod'
import type { L1Reorg, reorgL1 } from '../../node/l1Reorg.ts'
import type { RollupReorg } from '../../rollup/control/reorgReport.ts'
import type { ChainPoint } from '../../rollup/types.ts'
import { RpcError } from '../errors.ts'
import type { RpcContext } from '../types.ts'
import type { RollupDeps } from './deps.ts'
import { hash, named, quantity } from './wire.ts'

export type DevnetHeads = {
  l1: ChainPoint
  rollups: readonly { l2ChainId: bigint; head: ChainPoint }[]
}

/** What reaches across all chains of a devnet. Aborted calls change nothing. Throws RollupError STARTING. */
export type DevnetControl = {
  /** remembers L1 and all rollups; the id is also one of evm_revert on L1, which takes L1 alone back */
  snapshot(signal: AbortSignal): Promise<bigint>
  /** all chains as they were then; undefined: there is no such snapshot (any more) */
  revert(id: bigint, signal: AbortSignal): Promise<DevnetHeads | undefined>
  /** node/l1Reorg.ts, and what the rollups made of it; throws ChainError, TransactionRejected, RollupError */
  reorgL1(request: Parameters<typeof reorgL1>[1], signal: AbortSignal): Promise<DevnetReorg>
  /** moves the clock of all chains ahead and makes a block on each; throws ChainError BAD_TIMESTAMP */
  setTime(target: { seconds: bigint } | { timestamp: bigint }, signal: AbortSignal): Promise<DevnetHeads>
  /** on L1, by hand */
  addBalance(address: Uint8Array, value: bigint): Promise<void>
  /** as eth_sendTransaction and eth_sendUnsignedTransaction on L1 */
  sendOnL1(transaction: L1TransactionObject, context: RpcContext): Promise<`0x${string}`>
  sendUnsignedOnL1(transaction: L1TransactionObject, context: RpcContext): Promise<`0x${string}`>
}

export type DevnetReorg = { l1: L1Reorg; rollups: readonly RollupReorg[] }
/** `from`: default the first test account */
export type L1TransactionObject = {
  from?: `0x${string}`
  to: `0x${string}`
  value?: `0x${string}`
  data: `0x${string}`
}

/** A block by what everybody asks for. `timestamp`: seconds since the epoch. */
export const DevnetPoint = named('DevnetPoint', { number: quantity, hash, timestamp: quantity })

/** Heads of all chains of a devnet, its rollups in their order. */
export const DevnetChains = named('DevnetChains', {
  l1: DevnetPoint,
  rollups: z.array(named('DevnetRollup', { l2ChainId: quantity, head: DevnetPoint })),
})
export type DevnetChains = z.infer<typeof DevnetChains>

/** Throws RpcError METHOD_REFUSED where L1 is another process. */
export function requireDevnet(deps: RollupDeps, method: string): DevnetControl {
  const { devnet } = deps.rollup()
  if (devnet !== undefined) return devnet
  const reason = 'it reaches across both chains, so they must run in one process: start a devnet with `reenact`'
  throw new RpcError('METHOD_REFUSED', `${method}: refused on this node, ${reason}`)
}
