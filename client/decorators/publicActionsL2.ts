import type { Account, Chain, Client, Transport } from 'viem'
import {
  type BuildClaimWithdrawalParameters,
  type BuildClaimWithdrawalReturnType,
  buildClaimWithdrawal,
} from '../actions/buildClaimWithdrawal.ts'
import {
  type GetMessageStatusParameters,
  type GetMessageStatusReturnType,
  getMessageStatus,
} from '../actions/getMessageStatus.ts'
import {
  type WaitForMessageParameters,
  type WaitForMessageReturnType,
  waitForMessage,
} from '../actions/waitForMessage.ts'

/** What can be asked of a native rollup itself. */
export type PublicActionsL2 = {
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
    buildClaimWithdrawal: (parameters) => buildClaimWithdrawal(client, parameters),
    getMessageStatus: (parameters) => getMessageStatus(client, parameters),
    waitForMessage: (parameters) => waitForMessage(client, parameters),
  })
}
