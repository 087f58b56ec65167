import type { Address, Hash, Hex } from 'viem'
import { l1MessengerAbi } from '../abis/l1Messenger.ts'
import { type NativeRollupChain, rollupOf } from '../chains.ts'
import type { Withdrawal } from '../types.ts'
import {
  ProofMismatchError,
  WithdrawalAlreadyClaimedError,
  WithdrawalFailingError,
  WithdrawalNotFinalError,
  WithdrawalNotSettledError,
} from '../withdrawalErrors.ts'
import {
  type ContractCall,
  estimateGas,
  type PreparedCall,
  prepareCall,
  type Refusals,
  type Sender,
  senderOf,
  sendPrepared,
  type TransactionOptions,
} from './sendCall.ts'

/** A withdrawal with its proof, as buildClaimWithdrawal makes it. */
export type WithdrawalClaim = {
  targetChain: NativeRollupChain
  withdrawal: Withdrawal
  /** the settled L2 block in whose state it is proven */
  l2BlockNumber: bigint
  path: readonly Hex[]
  accountProof: readonly Hex[]
  storageProof: readonly Hex[]
  /** who gets the fee of the withdrawal; default: who sends the claim */
  feeRecipient?: Address | undefined
}
export type ClaimWithdrawalParameters = WithdrawalClaim & TransactionOptions
export type ClaimWithdrawalReturnType = Hash
export type EstimateClaimWithdrawalGasParameters = ClaimWithdrawalParameters
export type EstimateClaimWithdrawalGasReturnType = bigint

/**
 * Claims a withdrawal on L1: its receiver is called and paid. Whoever likes may do it for others.
 *
 * @throws WithdrawalAlreadyClaimedError, WithdrawalNotSettledError, WithdrawalNotFinalError, WithdrawalFailingError,
 *   ProofMismatchError, and what prepareCall throws: before anything is sent
 * @example const hash = await claimWithdrawal(l1, await buildClaimWithdrawal(l2, { withdrawal, settlement }))
 */
export async function claimWithdrawal(
  client: Sender,
  parameters: ClaimWithdrawalParameters,
): Promise<ClaimWithdrawalReturnType> {
  return sendPrepared(client, await prepareClaimWithdrawal(client, parameters), parameters)
}

/** What claimWithdrawal sends, checked and tried. */
export async function prepareClaimWithdrawal(
  client: Sender,
  parameters: ClaimWithdrawalParameters,
): Promise<PreparedCall> {
  return prepareCall(client, claimCall(client, parameters), parameters)
}

/** Gas that claimWithdrawal takes on L1. Throws what it throws. */
export async function estimateClaimWithdrawalGas(
  client: Sender,
  parameters: EstimateClaimWithdrawalGasParameters,
): Promise<EstimateClaimWithdrawalGasReturnType> {
  return estimateGas(client, claimCall(client, parameters), parameters)
}

function claimCall(
  client: Sender,
  parameters: ClaimWithdrawalParameters,
): ContractCall<typeof l1MessengerAbi, 'claim'> {
  const { targetChain, withdrawal, path, l2BlockNumber, accountProof, storageProof, feeRecipient } = parameters
  const { l1ChainId, l1Messenger } = rollupOf(targetChain)
  const recipient = feeRecipient ?? senderOf(client, parameters).address
  return {
    chainId: l1ChainId,
    address: l1Messenger,
    abi: l1MessengerAbi,
    functionName: 'claim',
    // what is final in the next block is not yet so in the newest one
    blockTag: 'pending',
    args: [withdrawal, path, l2BlockNumber, accountProof, storageProof, recipient],
    refusals: refusalsOf(parameters),
  }
}

function refusalsOf({ withdrawal, l2BlockNumber }: WithdrawalClaim): Refusals {
  const { index, to } = withdrawal
  const mismatch: Refusals[string] = (_, options) =>
    new ProofMismatchError(`L1 does not accept the proof of withdrawal ${index}`, options)
  return {
    Messages_AlreadyDelivered: (_, options) => new WithdrawalAlreadyClaimedError({ index }, options),
    NativeRollup_UnknownBlock: (_, options) =>
      new WithdrawalNotSettledError({ l2BlockNumber: withdrawal.l2BlockNumber, settled: l2BlockNumber }, options),
    NativeRollup_NotFinal: (_, options) => new WithdrawalNotFinalError({ l2BlockNumber }, options),
    Messages_DeliveryFailed: (_, options) => new WithdrawalFailingError({ index, to }, options),
    WithdrawalVerifier_NotInOutbox: mismatch,
    Mpt_InvalidProof: mismatch,
    Rlp_Invalid: mismatch,
  }
}
