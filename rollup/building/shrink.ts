import { calldataLength, settlementGas } from '../../precompiles/index.ts'
import type { Settleable } from '../settling/inputs.ts'
import type { SettlementLimits } from '../types.ts'
import type { L2BuilderDeps } from './builderTypes.ts'
import { discard, type Excess } from './discard.ts'
import type { Draft } from './draft.ts'

export function excessOf(
  settleable: Settleable,
  { assembly, demanded }: Pick<Draft, 'assembly' | 'demanded'>,
  limits: SettlementLimits,
): Excess | undefined {
  const { input, regularGas } = settleable
  if (regularGas > limits.maxRegularGas) return { what: 'regular gas', have: regularGas, limit: limits.maxRegularGas }
  const transactions = assembly.transactions.length
  const settled = { inputLength: input.length, regularGas, transactions, named: demanded }
  const bytes = calldataLength([settled])
  if (bytes > limits.maxCalldataBytes) {
    return { what: 'input bytes', have: BigInt(bytes), limit: BigInt(limits.maxCalldataBytes) }
  }
  const { executionGas } = settlementGas([settled])
  if (executionGas <= limits.maxTransactionGas) return undefined
  return { what: 'execution gas', have: executionGas, limit: limits.maxTransactionGas }
}

/** How many transactions the next attempt may have. What is alone in its block and still too large is given up. */
export async function shrink(draft: Draft, excess: Excess, deps: L2BuilderDeps): Promise<number> {
  const { single, delivered, assembly } = draft
  const count = assembly.transactions.length
  deps.logger.debug('the block is too large to settle', { transactions: count, ...excess })
  if (single !== undefined) {
    await discard(deps, single, excess)
    return Number.POSITIVE_INFINITY
  }
  const proofs = draft.claims?.proof === undefined ? 0 : 1
  if (delivered.length === 1 && count === 1 + proofs) {
    for (const message of delivered) deps.claims.postpone(message, 'no settlement has room for it')
  }
  const fitting = Math.floor((count * Number(excess.limit) * 0.9) / Number(excess.have))
  return Math.max(1, Math.min(count - 1, fitting))
}
