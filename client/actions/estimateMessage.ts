import type { Address, Hex } from 'viem'
import type { NativeRollupChain } from '../chains.ts'
import { estimateDeposit } from '../generated/rollupActions.ts'
import type { DepositEstimate } from '../generated/types.ts'
import {
  EstimateUnavailableError,
  ExcessiveFeeError,
  InsufficientFeeError,
  MessageFailingError,
} from '../messageErrors.ts'
import { isUnavailable, rpcCodeOf, rpcMessageOf } from '../rpcFailure.ts'
import { clientOf, type Reader } from './reader.ts'

/** A message before it is sent. Wei. */
export type UnsentMessage = { from: Address; to: Address; value: bigint; data: Hex; fee: bigint }

/** What a message takes on both chains. Gas, wei, seconds; `eta` is absent when the sequencer does not deliver it. */
export type MessageEstimate = DepositEstimate

const REVERTED = 3

/** Asks a node of L2 what a message takes. Throws MessageFailingError, MethodNotAvailableError, viem's errors. */
export async function estimateMessage(client: Reader, message: UnsentMessage): Promise<MessageEstimate> {
  return estimateDeposit(client, message).catch((cause: unknown) => {
    if (rpcCodeOf(cause) !== REVERTED) throw cause
    throw new MessageFailingError({ reason: rpcMessageOf(cause) }, { cause })
  })
}

/** `fee` and `l2GasLimit` are what the sender wants, if anything. */
export type MessageWish = Omit<UnsentMessage, 'fee'> & { fee?: bigint | undefined; l2GasLimit?: bigint | undefined }

/** Enough for what receives plain ETH, a wallet that is a contract included. */
const PLAIN_GAS_LIMIT = 100_000n
/** Wei. What a node asks nobody can check against L1: a wrong answer costs no more than this. */
const MOST_UNASKED = 100_000_000_000_000_000n

/**
 * Fills in gas limit and fee. Plain ETH is delivered for nothing; for a message with data a node of L2 is asked, whose
 * sequencer delivers it for the fee that it quotes. A fee of 0n is taken as it is: such a message is for whoever claims it.
 *
 * @throws MessageFailingError, InsufficientFeeError (a fee that buys nothing), ExcessiveFeeError, EstimateUnavailableError
 */
export async function completeMessage(
  targetChain: NativeRollupChain,
  { fee, l2GasLimit, ...message }: MessageWish,
  client: Reader = clientOf(targetChain),
): Promise<{ fee: bigint; l2GasLimit: bigint }> {
  const isPlain = message.data === '0x'
  if (l2GasLimit !== undefined && (isPlain || fee === 0n)) return { fee: fee ?? 0n, l2GasLimit }
  const estimate = await estimateMessage(client, { ...message, fee: fee ?? 0n }).catch((cause: unknown) => {
    if (fee !== undefined && l2GasLimit !== undefined) return undefined
    if (!isUnavailable(cause)) throw cause
    if (!isPlain) throw new EstimateUnavailableError(targetChain.id, { cause })
    return undefined
  })
  if (estimate === undefined) return { fee: fee ?? 0n, l2GasLimit: l2GasLimit ?? PLAIN_GAS_LIMIT }
  const { relayed, relayFee: needed, l2GasLimit: estimated } = estimate
  if (fee !== undefined && fee > 0n && !relayed) throw new InsufficientFeeError({ fee, needed })
  if (fee === undefined && !relayed && needed > MOST_UNASKED) {
    throw new ExcessiveFeeError({ chainId: targetChain.id, needed, most: MOST_UNASKED })
  }
  const enough = isPlain && estimated < PLAIN_GAS_LIMIT ? PLAIN_GAS_LIMIT : estimated
  return { fee: fee ?? (relayed ? 0n : needed), l2GasLimit: l2GasLimit ?? enough }
}
