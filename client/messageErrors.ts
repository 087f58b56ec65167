import { formatEther } from 'viem'
import { RollupClientError } from './errors.ts'

/** There is no such message from L1, or not any more. */
export class MessageNotFoundError extends RollupClientError {
  override readonly name = 'MessageNotFoundError'
  readonly code = 'MESSAGE_NOT_FOUND'

  constructor(what: string, options?: ErrorOptions) {
    super(
      `${what}: pass the receipt of an L1 transaction that sent one to this rollup (sendMessage, deposit, depositErc20).`,
      options,
    )
  }
}

/** No L2 block has seen the L1 block with the message yet. */
export class MessageNotReadyError extends RollupClientError {
  override readonly name = 'MessageNotReadyError'
  readonly code = 'MESSAGE_NOT_READY'

  constructor(what: string, options?: ErrorOptions) {
    super(
      `No L2 block has seen ${what} yet: wait for the next one (a chain that seals on demand makes it for any transaction) and try again.`,
      options,
    )
  }
}

/** The message was delivered before. */
export class MessageAlreadyClaimedError extends RollupClientError {
  override readonly name = 'MessageAlreadyClaimedError'
  readonly code = 'MESSAGE_ALREADY_CLAIMED'
  readonly index: bigint

  constructor(index: bigint, options?: ErrorOptions) {
    super(
      `Message ${index} was delivered before: there is nothing left to do (waitForMessage tells by which transaction).`,
      options,
    )
    this.index = index
  }
}

/** Whoever delivered the message now would fail. `index` is absent for one that was not sent. */
export class MessageFailingError extends RollupClientError {
  override readonly name = 'MessageFailingError'
  readonly code = 'MESSAGE_FAILING'
  readonly reason: string
  readonly index: bigint | undefined

  constructor({ index, reason }: { index?: bigint; reason: string }, options?: ErrorOptions) {
    super(
      index === undefined
        ? `L2 could not deliver this message: ${reason}. Change what it calls, or pass \`l2GasLimit\` and \`fee\` to send it as it is.`
        : `Message ${index} cannot be delivered now: ${reason}. It stays claimable for ever: remove the cause, then wait again or deliver it with claimMessage.`,
      options,
    )
    this.reason = reason
    this.index = index
  }
}

/** The sequencer does not deliver a message for this fee. Wei; `index` is absent for one that was not sent. */
export class InsufficientFeeError extends RollupClientError {
  override readonly name = 'InsufficientFeeError'
  readonly code = 'INSUFFICIENT_FEE'
  readonly fee: bigint
  readonly needed: bigint
  readonly index: bigint | undefined

  constructor({ index, fee, needed }: { index?: bigint; fee: bigint; needed: bigint }) {
    super(
      index === undefined
        ? `For a fee of ${fee} wei the sequencer does not deliver this message, it asks ${needed}: leave \`fee\` out to pay what it asks, or pass 0n and deliver it yourself with claimMessage.`
        : `Message ${index} pays a fee of ${fee} wei and the sequencer asks ${needed} now: deliver it yourself with claimMessage on L2.`,
    )
    this.fee = fee
    this.needed = needed
    this.index = index
  }
}

/** A node of L2 asks more for a delivery than is paid without having been said. Wei. */
export class ExcessiveFeeError extends RollupClientError {
  override readonly name = 'ExcessiveFeeError'
  readonly code = 'EXCESSIVE_FEE'
  readonly needed: bigint

  constructor({ chainId, needed, most }: { chainId: number; needed: bigint; most: bigint }) {
    const [asks, limit] = [needed, most].map((wei) => formatEther(wei))
    super(
      `The node of chain ${chainId} asks ${asks} ETH for delivering this message, and no more than ${limit} is paid unasked: pass \`fee\` if that is right (0n if you will deliver it yourself with claimMessage).`,
    )
    this.needed = needed
  }
}

/** No node of L2 tells what a message needs. */
export class EstimateUnavailableError extends RollupClientError {
  override readonly name = 'EstimateUnavailableError'
  readonly code = 'ESTIMATE_UNAVAILABLE'

  constructor(chainId: number, options?: ErrorOptions) {
    super(
      `The node of chain ${chainId} does not tell what this message needs: pass \`l2GasLimit\`, and \`fee\` (0n if you will deliver it yourself with claimMessage).`,
      options,
    )
  }
}

/** L2 does not know the root that a message is proven under, not any more or not after a reorganisation. */
export class MessageProofStaleError extends RollupClientError {
  override readonly name = 'MessageProofStaleError'
  readonly code = 'MESSAGE_PROOF_STALE'
  readonly index: bigint

  constructor(index: bigint, options?: ErrorOptions) {
    super(
      `L2 does not accept this proof of message ${index} any more: build the claim again with buildClaimMessage.`,
      options,
    )
    this.index = index
  }
}
