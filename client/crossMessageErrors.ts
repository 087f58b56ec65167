import type { Address } from 'viem'
import { RollupClientError } from './errors.ts'

/** The destination cannot be shown a message of another rollup yet. */
export class CrossMessageNotReadyError extends RollupClientError {
  override readonly name = 'CrossMessageNotReadyError'
  readonly code = 'CROSS_MESSAGE_NOT_READY'
  readonly index: bigint

  constructor({ index, reason }: { index: bigint; reason: string }, options?: ErrorOptions) {
    super(
      `The destination cannot verify message ${index} yet (${reason}): build the claim again after its next block (a chain that seals on demand makes one for any transaction).`,
      options,
    )
    this.index = index
  }
}

/** A message of another rollup was delivered before. */
export class CrossMessageAlreadyClaimedError extends RollupClientError {
  override readonly name = 'CrossMessageAlreadyClaimedError'
  readonly code = 'CROSS_MESSAGE_ALREADY_CLAIMED'
  readonly index: bigint

  constructor({ index }: { index: bigint }, options?: ErrorOptions) {
    super(`Message ${index} was delivered on this rollup before: there is nothing left to do.`, options)
    this.index = index
  }
}

/** The receiver of a message of another rollup fails when it is called, now; the message stays claimable. */
export class CrossMessageFailingError extends RollupClientError {
  override readonly name = 'CrossMessageFailingError'
  readonly code = 'CROSS_MESSAGE_FAILING'
  readonly index: bigint

  constructor({ index, to }: { index: bigint; to: Address }, options?: ErrorOptions) {
    super(
      `${to} refuses message ${index} at the moment: claim it again when the receiver accepts the call, it stays claimable for ever.`,
      options,
    )
    this.index = index
  }
}
