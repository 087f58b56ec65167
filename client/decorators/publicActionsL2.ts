import type { Account, Address, Chain, Client, Transport } from 'viem'
import {
  type BuildClaimCrossMessageParameters,
  type BuildClaimCrossMessageReturnType,
  buildClaimCrossMessage,
} from '../actions/buildClaimCrossMessage.ts'
import {
  type BuildClaimMessageParameters,
  type BuildClaimMessageReturnType,
  buildClaimMessage,
} from '../actions/buildClaimMessage.ts'
import {
  type BuildClaimWithdrawalParameters,
  type BuildClaimWithdrawalReturnType,
  buildClaimWithdrawal,
} from '../actions/buildClaimWithdrawal.ts'
import { type BuildDepositParameters, type BuildDepositReturnType, buildDeposit } from '../actions/buildDeposit.ts'
import {
  type GetExecutionWitnessParameters,
  type GetExecutionWitnessReturnType,
  getExecutionWitness,
} from '../actions/getExecutionWitness.ts'
import { type GetL2TokenAddressParameters, getL2TokenAddress } from '../actions/getL2TokenAddress.ts'
import {
  type GetMessageStatusParameters,
  type GetMessageStatusReturnType,
  getMessageStatus,
} from '../actions/getMessageStatus.ts'
import {
  type EstimateInitiateWithdrawalGasParameters,
  type EstimateInitiateWithdrawalGasReturnType,
  estimateInitiateWithdrawalGas,
} from '../actions/initiateWithdrawal.ts'
import { type QuoteDepositParameters, type QuoteDepositReturnType, quoteDeposit } from '../actions/quoteDeposit.ts'
import {
  type WaitForMessageParameters,
  type WaitForMessageReturnType,
  waitForMessage,
} from '../actions/waitForMessage.ts'

/** What can be asked of a native rollup itself. */
export type PublicActionsL2 = {
  /** What claimMessage needs to deliver a message from L1. */
  buildClaimMessage: (parameters: BuildClaimMessageParameters) => Promise<BuildClaimMessageReturnType>
  /** What a deposit needs: gas limit and fee. */
  buildDeposit: (parameters: BuildDepositParameters) => Promise<BuildDepositReturnType>
  /** Where a token of L1 is on L2, or will be. */
  getL2TokenAddress: (parameters: GetL2TokenAddressParameters) => Promise<Address>
  /** What a deposit would cost on both chains, and when it would arrive. */
  quoteDeposit: (parameters: QuoteDepositParameters) => Promise<QuoteDepositReturnType>
  /** What claimCrossMessage needs on another rollup. */
  buildClaimCrossMessage: (parameters: BuildClaimCrossMessageParameters) => Promise<BuildClaimCrossMessageReturnType>
  /** Gas that initiateWithdrawal takes. */
  estimateInitiateWithdrawalGas: (
    parameters: EstimateInitiateWithdrawalGasParameters,
  ) => Promise<EstimateInitiateWithdrawalGasReturnType>
  /** What is needed to run a block without a state. */
  getExecutionWitness: (parameters: GetExecutionWitnessParameters) => Promise<GetExecutionWitnessReturnType>
  /** What claimWithdrawal needs, from L2. */
  buildClaimWithdrawal: (parameters: BuildClaimWithdrawalParameters) => Promise<BuildClaimWithdrawalReturnType>
  /** Where a message from L1 stands. */
  getMessageStatus: (parameters: GetMessageStatusParameters) => Promise<GetMessageStatusReturnType>
  /** Waits until a message from L1 is delivered. */
  waitForMessage: (parameters: WaitForMessageParameters) => Promise<WaitForMessageReturnType>
}

/** Adds questions about messages and blocks to a client of a native rollup: `createPublicClient(...).extend(publicActionsL2())`. */
export function publicActionsL2(): (
  client: Client<Transport, Chain | undefined, Account | undefined>,
) => PublicActionsL2 {
  return (client) => ({
    buildClaimMessage: (parameters) => buildClaimMessage(client, parameters),
    buildDeposit: (parameters) => buildDeposit(client, parameters),
    getL2TokenAddress: (parameters) => getL2TokenAddress(client, parameters),
    quoteDeposit: (parameters) => quoteDeposit(client, parameters),
    buildClaimCrossMessage: (parameters) => buildClaimCrossMessage(client, parameters),
    estimateInitiateWithdrawalGas: (parameters) => estimateInitiateWithdrawalGas(client, parameters),
    getExecutionWitness: (parameters) => getExecutionWitness(client, parameters),
    buildClaimWithdrawal: (parameters) => buildClaimWithdrawal(client, parameters),
    getMessageStatus: (parameters) => getMessageStatus(client, parameters),
    waitForMessage: (parameters) => waitForMessage(client, parameters),
  })
}
