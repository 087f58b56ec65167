import type { Hash } from 'viem'
import {
  type ClaimCrossMessageParameters,
  type ClaimCrossMessageReturnType,
  claimCrossMessage,
} from '../actions/claimCrossMessage.ts'
import { type ClaimMessageParameters, claimMessage } from '../actions/claimMessage.ts'
import {
  type InitiateWithdrawalParameters,
  type InitiateWithdrawalReturnType,
  initiateWithdrawal,
} from '../actions/initiateWithdrawal.ts'
import type { Sender } from '../actions/sendCall.ts'
import {
  type SendCrossMessageParameters,
  type SendCrossMessageReturnType,
  sendCrossMessage,
} from '../actions/sendCrossMessage.ts'
import { type WithdrawErc20Parameters, type WithdrawErc20ReturnType, withdrawErc20 } from '../actions/withdrawErc20.ts'

/** What an account can do on a native rollup. */
export type WalletActionsL2 = {
  /** Sends tokens to L1. */
  withdrawErc20: (parameters: WithdrawErc20Parameters) => Promise<WithdrawErc20ReturnType>
  /** Delivers a message from L1. */
  claimMessage: (parameters: ClaimMessageParameters) => Promise<Hash>
  /** Claims a message of another rollup on this one. */
  claimCrossMessage: (parameters: ClaimCrossMessageParameters) => Promise<ClaimCrossMessageReturnType>
  /** Sends a call, without ETH, to another rollup of the same L1. */
  sendCrossMessage: (parameters: SendCrossMessageParameters) => Promise<SendCrossMessageReturnType>
  /** Sends ETH, and a call if there is `data`, to L1. */
  initiateWithdrawal: (parameters: InitiateWithdrawalParameters) => Promise<InitiateWithdrawalReturnType>
}

/** Adds messages to L1 and other rollups to a wallet client of a native rollup: `createWalletClient(...).extend(walletActionsL2())`. */
export function walletActionsL2(): (client: Sender) => WalletActionsL2 {
  return (client) => ({
    withdrawErc20: (parameters) => withdrawErc20(client, parameters),
    claimMessage: (parameters) => claimMessage(client, parameters),
    claimCrossMessage: (parameters) => claimCrossMessage(client, parameters),
    sendCrossMessage: (parameters) => sendCrossMessage(client, parameters),
    initiateWithdrawal: (parameters) => initiateWithdrawal(client, parameters),
  })
}
