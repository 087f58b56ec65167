import { NodeError } from '../stateless/errors.ts'
import { lowerBoundGas } from '../stateless/lowerBoundGas.ts'
import { REQUEST_KINDS } from '../stateless/sszSchema.ts'
import type { TransactionFields } from '../stateless/transactionFields.ts'
import type { StatelessInput } from '../stateless/types.ts'

export type ConstraintCode =
  | 'BLOB_GAS_USED' // blob_gas_used is not zero
  | 'EXCESS_BLOB_GAS' // excess_blob_gas is not zero
  | 'WITHDRAWALS' // the payload has EIP-4895 withdrawals
  | 'EXECUTION_REQUESTS' // one of the five request lists is not empty; data: { kind }
  | 'VERSIONED_HASHES' // the request names blobs
  | 'EMPTY_TRANSACTION' // data: { index }
  | 'TRANSACTION_TYPE' // blob (3), frame (6), privileged (0x7e) or unknown; data: { index, type }

/** The block is not one that a native rollup may have. */
export class L2Constraint extends NodeError<ConstraintCode> {}

export type BoundCode =
  | 'GAS_LIMIT_TOO_LOW' // a transaction cannot even pay its lower bound; data: { index, gasLimit, lowerBound }
  | 'BOUND_OVER_BUDGET' // the lower bounds alone exceed the budget; data: { lowerBound, budget }

/** What can be refused before any signature is looked at. */
export class BoundExceeded extends NodeError<BoundCode> {}

/** First bytes of the transactions that an L2 block may hold besides legacy ones. */
const ALLOWED_TYPES: ReadonlySet<number> = new Set([1, 2, 4])

/**
 * The L2 constraints of EXECUTE (EIP-8079 draft, ethrex): nothing that only the consensus layer of an L1 could have
 * put there. Looks at first bytes of transactions only. Throws L2Constraint.
 */
export function checkConstraints(input: StatelessInput): void {
  const { executionPayload: payload, executionRequests, versionedHashes } = input.newPayloadRequest
  if (payload.blobGasUsed !== 0n) {
    throw new L2Constraint('BLOB_GAS_USED', `blob gas used is ${payload.blobGasUsed}, must be 0`, {
      actual: payload.blobGasUsed,
      expected: 0n,
    })
  }
  if (payload.excessBlobGas !== 0n) {
    throw new L2Constraint('EXCESS_BLOB_GAS', `excess blob gas is ${payload.excessBlobGas}, must be 0`, {
      actual: payload.excessBlobGas,
      expected: 0n,
    })
  }
  if (payload.withdrawals.length > 0) {
    throw noneAllowed('WITHDRAWALS', payload.withdrawals.length, 'withdrawals')
  }
  for (const kind of REQUEST_KINDS) {
    const count = executionRequests[kind].length
    if (count > 0) throw noneAllowed('EXECUTION_REQUESTS', count, kind)
  }
  if (versionedHashes.length > 0) {
    throw noneAllowed('VERSIONED_HASHES', versionedHashes.length, 'versioned hashes')
  }
  payload.transactions.forEach(checkType)
}

function noneAllowed(code: ConstraintCode, count: number, kind: string): L2Constraint {
  return new L2Constraint(code, `${count} ${kind}, none allowed`, { kind, maximum: 0, actual: count })
}

function checkType(raw: Uint8Array, index: number): void {
  const first = raw[0]
  if (first === undefined) throw new L2Constraint('EMPTY_TRANSACTION', `transaction ${index} is empty`, { index })
  if (first >= 0xc0 || ALLOWED_TYPES.has(first)) return
  const shown = first.toString(16).padStart(2, '0')
  const message = `transaction ${index} of type 0x${shown} is not allowed on a rollup`
  throw new L2Constraint('TRANSACTION_TYPE', message, { index, type: first })
}

/**
 * Bounds that hold whoever signed: every gas limit pays its lower bound L, and the sum of all L fits the budget. After
 * this, each signature recovery that follows is paid for. Throws BoundExceeded.
 */
export function checkBounds(transactions: readonly TransactionFields[], budget: bigint): void {
  const bounds = transactions.map(lowerBoundGas)
  transactions.forEach(({ gasLimit }, index) => {
    const lowerBound = bounds[index] ?? 0n
    if (gasLimit >= lowerBound) return
    const message = `transaction ${index}: gas limit ${gasLimit} below its lower bound ${lowerBound}`
    throw new BoundExceeded('GAS_LIMIT_TOO_LOW', message, { index, gasLimit, lowerBound })
  })
  const sum = bounds.reduce((total, bound) => total + bound, 0n)
  if (sum > budget) {
    const message = `transactions need at least ${sum} regular gas, the budget is ${budget}`
    throw new BoundExceeded('BOUND_OVER_BUDGET', message, { lowerBound: sum, budget })
  }
}
