import type { Transaction } from '../execution/types.ts'
import { bytesToHex } from '../stateless/bytes.ts'
import { effectiveTip } from './fees.ts'
import type { PooledTransaction, SenderQueue } from './senderQueue.ts'

/**
 * What a full pool gives up for `tx`: the last transaction of another sender, one that waits before one that could run,
 * then the one with the lowest tip. Undefined when everything there is worth at least as much.
 */
export function leastWorth(
  queues: Iterable<SenderQueue>,
  tx: Transaction,
  baseFeePerGas: bigint | undefined,
): PooledTransaction | undefined {
  let worst: { entry: PooledTransaction; waits: boolean; tip: bigint } | undefined
  const own = bytesToHex(tx.sender)
  for (const { entries, pendingCount } of queues) {
    const entry = entries.at(-1)
    if (entry === undefined || entry.senderKey === own) continue
    const waits = entries.length > pendingCount
    const tip = effectiveTip(entry.tx, baseFeePerGas)
    const isWorse = worst === undefined || (waits === worst.waits ? tip < worst.tip : waits)
    if (isWorse) worst = { entry, waits, tip }
  }
  if (worst === undefined) return undefined
  return worst.waits || worst.tip < effectiveTip(tx, baseFeePerGas) ? worst.entry : undefined
}
