import { TransactionRejected } from '../../execution/errors.ts'
import type { Transaction } from '../../execution/types.ts'
import type { BuiltL2Block, Displaced, L2BuilderDeps } from './builderTypes.ts'

/** What no longer fits the rebuilt chain goes back to the pool, or is reported as lost. */
export async function finishReplay(
  deps: L2BuilderDeps,
  { replayed, displaced }: Pick<BuiltL2Block, 'replayed' | 'displaced'>,
): Promise<void> {
  const waiting = await giveToPool(deps, displaced)
  if (waiting.length > 0) await deps.replay.setAside([...deps.replay.aside(), ...waiting])
  if (replayed.length > 0) await deps.replay.remove(replayed)
}

/** Gives those that the pool has now. */
export async function giveToPool(
  { pool, logger, onLeftOut }: L2BuilderDeps,
  displaced: readonly Displaced[],
): Promise<Transaction[]> {
  const waiting: Transaction[] = []
  for (const { tx, reason } of displaced) {
    const fields = { hash: tx.hash, reason }
    onLeftOut?.(tx, reason)
    try {
      await pool.add(tx.raw)
      logger.warn('a transaction of the old chain went back to the pool', fields)
      waiting.push(tx)
    } catch (error) {
      if (!(error instanceof TransactionRejected)) throw error
      if (error.code === 'ALREADY_KNOWN') {
        logger.warn('a transaction of the old chain waits in the pool', fields)
        waiting.push(tx)
      } else {
        logger.warn('a transaction of the old chain is no longer valid', { ...fields, refusal: error.message })
      }
    }
  }
  return waiting
}
