import type { Hash } from 'viem'
import {
  type ClaimWithdrawalParameters,
  type ClaimWithdrawalReturnType,
  claimWithdrawal,
} from '../actions/claimWithdrawal.ts'
import { type DepositParameters, deposit } from '../actions/deposit.ts'
import { type DepositErc20Parameters, depositErc20 } from '../actions/depositErc20.ts'
import { type ForceTransactionParameters, forceTransaction } from '../actions/forceTransaction.ts'
import { type ReclaimBondParameters, reclaimBond } from '../actions/reclaimBond.ts'
import type { Sender } from '../actions/sendCall.ts'
import { type SendMessageParameters, sendMessage } from '../actions/sendMessage.ts'

/** What an account can do on L1 with a native rollup. */
export type WalletActionsL1 = {
  /** Claims a withdrawal on L1: its receiver is called and paid. */
  claimWithdrawal: (parameters: ClaimWithdrawalParameters) => Promise<ClaimWithdrawalReturnType>
  /** Brings ETH to L2. */
  deposit: (parameters: DepositParameters) => Promise<Hash>
  /** Brings tokens to L2; they are approved first, when that is needed. */
  depositErc20: (parameters: DepositErc20Parameters) => Promise<Hash>
  /** Puts a signed L2 transaction into the queue that the sequencer must not pass by. */
  forceTransaction: (parameters: ForceTransactionParameters) => Promise<Hash>
  /** Pays back the bond of a forced transaction that is in a settled block. */
  reclaimBond: (parameters: ReclaimBondParameters) => Promise<Hash>
  /** Sends a message to L2: a call there with ETH, from the same address. */
  sendMessage: (parameters: SendMessageParameters) => Promise<Hash>
}

/** Adds transactions to native rollups to a wallet client of their L1: `createWalletClient(...).extend(walletActionsL1())`. */
export function walletActionsL1(): (client: Sender) => WalletActionsL1 {
  return (client) => ({
    claimWithdrawal: (parameters) => claimWithdrawal(client, parameters),
    depositErc20: (parameters) => depositErc20(client, parameters),
    forceTransaction: (parameters) => forceTransaction(client, parameters),
    reclaimBond: (parameters) => reclaimBond(client, parameters),
    deposit: (parameters) => deposit(client, parameters),
    sendMessage: (parameters) => sendMessage(client, parameters),
  })
}
