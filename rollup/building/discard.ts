import type { Transaction } from '../../execution/types.ts'
import { RollupError } from '../errors.ts'
import { unsettleable } from '../limits.ts'
import type { L2BuilderDeps } from './builderTypes.ts'

export type Excess = { what: string; have: bigint; limit: bigint }

export function tooLarge({ what, have, limit }: Excess): RollupError {
  return new RollupError('CANNOT_BUILD', `the block needs ${have} ${what}, one settlement carries ${limit}`, {
    have,
    limit,
  })
}

/** A transaction that alone is more than one settlement can carry leaves pool and queue. */
export async function discard(deps: L2BuilderDeps, tx: Transaction, excess: Excess): Promise<void> {
  const { pool, replay, forced, onLeftOut, logger } = deps
  const { message } = unsettleable(excess.what, excess.have, excess.limit)
  logger.warn('a transaction can never be settled', { hash: tx.hash, reason: message })
  pool.drop(tx.hash, message)
  onLeftOut?.(tx, message)
  forced.postpone(tx.hash, message, true)
  await replay.remove([tx])
}
