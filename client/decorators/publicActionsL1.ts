import type { Account, Chain, Client, Transport } from 'viem'
import {
  type BuildInitiateWithdrawalParameters,
  type BuildInitiateWithdrawalReturnType,
  buildInitiateWithdrawal,
} from '../actions/buildInitiateWithdrawal.ts'
import {
  type EstimateClaimWithdrawalGasParameters,
  type EstimateClaimWithdrawalGasReturnType,
  estimateClaimWithdrawalGas,
} from '../actions/claimWithdrawal.ts'
import { type DepositParameters, estimateDepositGas } from '../actions/deposit.ts'
import {
  type GetForcedTransactionParameters,
  type GetForcedTransactionReturnType,
  getForcedTransaction,
} from '../actions/getForcedTransaction.ts'
import {
  type GetL1MessageStatusParameters,
  type GetL1MessageStatusReturnType,
  getL1MessageStatus,
} from '../actions/getL1MessageStatus.ts'
import { type GetL2HeadParameters, type GetL2HeadReturnType, getL2Head } from '../actions/getL2Head.ts'
import { type GetSettlementParameters, type GetSettlementReturnType, getSettlement } from '../actions/getSettlement.ts'
import {
  type GetTimeToClaimParameters,
  type GetTimeToClaimReturnType,
  getTimeToClaim,
} from '../actions/getTimeToClaim.ts'
import {
  type GetWithdrawalStatusParameters,
  type GetWithdrawalStatusReturnType,
  getWithdrawalStatus,
} from '../actions/getWithdrawalStatus.ts'
import {
  type VerifyWithdrawalProofParameters,
  type VerifyWithdrawalProofReturnType,
  verifyWithdrawalProof,
} from '../actions/verifyWithdrawalProof.ts'
import {
  type WaitForSettlementParameters,
  type WaitForSettlementReturnType,
  waitForSettlement,
} from '../actions/waitForSettlement.ts'
import { type WaitToClaimParameters, type WaitToClaimReturnType, waitToClaim } from '../actions/waitToClaim.ts'

/** What can be asked of an L1 about a native rollup on it. */
export type PublicActionsL1 = {
  /** Gas that a deposit takes on L1. */
  estimateDepositGas: (parameters: DepositParameters) => Promise<bigint>
  /** How far a forced transaction is. */
  getForcedTransaction: (parameters: GetForcedTransactionParameters) => Promise<GetForcedTransactionReturnType>
  /** Where the message of an L1 transaction stands on L2, whose node is asked. */
  getMessageStatus: (parameters: GetL1MessageStatusParameters) => Promise<GetL1MessageStatusReturnType>
  /** What initiateWithdrawal needs: a gas limit that was tried on L1. */
  buildInitiateWithdrawal: (parameters: BuildInitiateWithdrawalParameters) => Promise<BuildInitiateWithdrawalReturnType>
  /** Gas that claimWithdrawal takes. */
  estimateClaimWithdrawalGas: (
    parameters: EstimateClaimWithdrawalGasParameters,
  ) => Promise<EstimateClaimWithdrawalGasReturnType>
  /** How long a withdrawal has to wait until it can be claimed. */
  getTimeToClaim: (parameters: GetTimeToClaimParameters) => Promise<GetTimeToClaimReturnType>
  /** Asks L1's verifier whether the proof of a withdrawal holds. */
  verifyWithdrawalProof: (parameters: VerifyWithdrawalProofParameters) => Promise<VerifyWithdrawalProofReturnType>
  /** Waits until L1 has accepted an L2 block. */
  waitForSettlement: (parameters: WaitForSettlementParameters) => Promise<WaitForSettlementReturnType>
  /** The newest L2 block that L1 has accepted. */
  getL2Head: (parameters: GetL2HeadParameters) => Promise<GetL2HeadReturnType>
  /** How an L2 block got to L1; null when it has not. */
  getSettlement: (parameters: GetSettlementParameters) => Promise<GetSettlementReturnType>
  /** Where a withdrawal stands on L1. */
  getWithdrawalStatus: (parameters: GetWithdrawalStatusParameters) => Promise<GetWithdrawalStatusReturnType>
  /** Waits until a withdrawal can be claimed on L1. */
  waitToClaim: (parameters: WaitToClaimParameters) => Promise<WaitToClaimReturnType>
}

/** Adds questions about native rollups to a client of their L1: `createPublicClient(...).extend(publicActionsL1())`. */
export function publicActionsL1(): (
  client: Client<Transport, Chain | undefined, Account | undefined>,
) => PublicActionsL1 {
  return (client) => ({
    estimateDepositGas: (parameters) => estimateDepositGas(client, parameters),
    getForcedTransaction: (parameters) => getForcedTransaction(client, parameters),
    getMessageStatus: (parameters) => getL1MessageStatus(client, parameters),
    buildInitiateWithdrawal: (parameters) => buildInitiateWithdrawal(client, parameters),
    estimateClaimWithdrawalGas: (parameters) => estimateClaimWithdrawalGas(client, parameters),
    getTimeToClaim: (parameters) => getTimeToClaim(client, parameters),
    verifyWithdrawalProof: (parameters) => verifyWithdrawalProof(client, parameters),
    waitForSettlement: (parameters) => waitForSettlement(client, parameters),
    getL2Head: (parameters) => getL2Head(client, parameters),
    getSettlement: (parameters) => getSettlement(client, parameters),
    getWithdrawalStatus: (parameters) => getWithdrawalStatus(client, parameters),
    waitToClaim: (parameters) => waitToClaim(client, parameters),
  })
}
