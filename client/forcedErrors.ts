import { RollupClientError } from './errors.ts'

/** A transaction that no L2 block could contain: forcing it would cost its bond. */
export class InvalidForcedTransactionError extends RollupClientError {
  override readonly name = 'InvalidForcedTransactionError'
  readonly code = 'INVALID_FORCED_TRANSACTION'

  constructor(what: string, options?: ErrorOptions) {
    super(
      `This transaction cannot be forced, ${what}: pass one that is signed for the rollup (signTransaction).`,
      options,
    )
  }
}

/** Nobody has forced such a transaction. */
export class ForcedTransactionNotFoundError extends RollupClientError {
  override readonly name = 'ForcedTransactionNotFoundError'
  readonly code = 'FORCED_TRANSACTION_NOT_FOUND'

  constructor(what: string) {
    super(`${what}: pass the receipt of forceTransaction from L1, an id, or the hash that the transaction has on L2.`)
  }
}

/** There is no bond to pay back. */
export class NoBondError extends RollupClientError {
  override readonly name = 'NoBondError'
  readonly code = 'NO_BOND'
  readonly id: bigint

  constructor(id: bigint, options?: ErrorOptions) {
    super(
      `Forced transaction ${id} has no bond to reclaim: it is in no settled block yet, has expired, or its bond was paid back. getForcedTransaction tells which.`,
      options,
    )
    this.id = id
  }
}
