import type { Hash } from 'viem'
import {
  type ClaimWithdrawalParameters,
  type ClaimWithdrawalReturnType,
  claimWithdrawal,
} from '../actions/claimWithdrawal.ts'
import { type DepositParameters, deposit } from '../actions/deposit.ts'
import type { Sender } from '../actions/sendCall.ts'
import { type SendMessageParameters, sendMessage } from '../actions/sendMessage.ts'

/** What an account can do on L1 with a native rollup. */
export type WalletActionsL1 = {
  /** Claims a withdrawal on L1: its receiver is called and paid. */
  claimWithdrawal: (parameters: ClaimWithdrawalParameters) => Promise<ClaimWithdrawalReturnType>
  /** Brings ETH to L2. */
  deposit: (parameters: DepositParameters) => Promise<Hash>
  /** Sends a message to L2: a call there with ETH, from the same address. */
  sendMessage: (parameters: SendMessageParameters) => Promise<Hash>
}

/** Adds transactions to native rollups to a wallet client of their L1: `createWalletClient(...).extend(walletActionsL1())`. */
export function walletActionsL1(): (client: Sender) => WalletActionsL1 {
  return (client) => ({
    claimWithdrawal: (parameters) => claimWithdrawal(client, parameters),
    deposit: (parameters) => deposit(client, parameters),
    sendMessage: (parameters) => sendMessage(client, parameters),
  })
}
