import type { Address, Hash } from 'viem'
import { RollupClientError } from './errors.ts'

/** A receipt in which nothing is sent to L1. */
export class WithdrawalNotFoundError extends RollupClientError {
  override readonly name = 'WithdrawalNotFoundError'
  readonly code = 'WITHDRAWAL_NOT_FOUND'
  /** absent when no receipt was given */
  readonly transactionHash: Hash | undefined

  constructor({ transactionHash, reverted = false }: { transactionHash?: Hash; reverted?: boolean }) {
    const what =
      transactionHash === undefined ? 'This is no receipt' : `Transaction ${transactionHash} sends no message to L1`
    super(
      reverted
        ? `Transaction ${transactionHash} failed, so it withdrew nothing: send it again.`
        : `${what}: pass the receipt, from L2, of a withdrawal.`,
    )
    this.transactionHash = transactionHash
  }
}

/** L1 does not know the L2 block of a withdrawal yet. */
export class WithdrawalNotSettledError extends RollupClientError {
  override readonly name = 'WithdrawalNotSettledError'
  readonly code = 'WITHDRAWAL_NOT_SETTLED'
  readonly l2BlockNumber: bigint
  /** the newest L2 block that L1 was asked to prove with, or knows */
  readonly settled: bigint

  constructor({ l2BlockNumber, settled }: { l2BlockNumber: bigint; settled: bigint }, options?: ErrorOptions) {
    super(
      `The withdrawal is in L2 block ${l2BlockNumber}, and L1 cannot prove it with block ${settled}: wait for it with waitToClaim.`,
      options,
    )
    this.l2BlockNumber = l2BlockNumber
    this.settled = settled
  }
}

/** Settled, but not for as long as the rollup's finality delay. */
export class WithdrawalNotFinalError extends RollupClientError {
  override readonly name = 'WithdrawalNotFinalError'
  readonly code = 'WITHDRAWAL_NOT_FINAL'
  readonly l2BlockNumber: bigint

  constructor({ l2BlockNumber }: { l2BlockNumber: bigint }, options?: ErrorOptions) {
    super(
      `L2 block ${l2BlockNumber} is settled but not final yet: wait with waitToClaim, or ask getTimeToClaim how long it takes.`,
      options,
    )
    this.l2BlockNumber = l2BlockNumber
  }
}

/** Somebody has delivered the withdrawal on L1 already: its receiver has what was sent. */
export class WithdrawalAlreadyClaimedError extends RollupClientError {
  override readonly name = 'WithdrawalAlreadyClaimedError'
  readonly code = 'WITHDRAWAL_ALREADY_CLAIMED'
  readonly index: bigint

  constructor({ index }: { index: bigint }, options?: ErrorOptions) {
    super(`Withdrawal ${index} was claimed already: there is nothing left to do, its receiver was paid on L1.`, options)
    this.index = index
  }
}

/** The receiver of a withdrawal fails when it is called, now. `index` is absent for one that was not sent. */
export class WithdrawalFailingError extends RollupClientError {
  override readonly name = 'WithdrawalFailingError'
  readonly code = 'WITHDRAWAL_FAILING'
  readonly to: Address
  readonly index: bigint | undefined

  constructor({ index, to, reason }: { index?: bigint; to: Address; reason?: string }, options?: ErrorOptions) {
    const why = reason === undefined ? '' : ` (${reason})`
    super(
      index === undefined
        ? `${to} would refuse this withdrawal${why}: change what it calls, or pass \`l1GasLimit\` to send it as it is.`
        : `${to} refuses withdrawal ${index} at the moment${why}: claim it again when the receiver accepts the call, it stays claimable for ever.`,
      options,
    )
    this.to = to
    this.index = index
  }
}

/** The block of a withdrawal was built again before it was settled: it is in another block now, or in none. */
export class WithdrawalMovedError extends RollupClientError {
  override readonly name = 'WithdrawalMovedError'
  readonly code = 'WITHDRAWAL_MOVED'
  readonly transactionHash: Hash

  constructor({ transactionHash, l2BlockNumber }: { transactionHash: Hash; l2BlockNumber: bigint }) {
    super(
      `L1 has settled another L2 block ${l2BlockNumber} than the one of this receipt: ask L2 for the receipt of ${transactionHash} again, and send the transaction again if it has none. Is the receipt from this rollup?`,
    )
    this.transactionHash = transactionHash
  }
}

/** What the L2 node says and what L1 has settled do not fit together. */
export class ProofMismatchError extends RollupClientError {
  override readonly name = 'ProofMismatchError'
  readonly code = 'PROOF_MISMATCH'

  constructor(what: string, options?: ErrorOptions) {
    super(`${what}: use an L2 node that has followed this L1 to its head, and build the claim again.`, options)
  }
}
