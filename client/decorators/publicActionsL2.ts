import type { Account, Chain, Client, Transport } from 'viem'
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
  /** Where a message from L1 stands. */
  getMessageStatus: (parameters: GetMessageStatusParameters) => Promise<GetMessageStatusReturnType>
  /** Waits until a message from L1 is delivered. */
  waitForMessage: (parameters: WaitForMessageParameters) => Promise<WaitForMessageReturnType>
}

/** Adds questions about messages to a client of a native rollup: `createPublicClient(...).extend(publicActionsL2())`. */
export function publicActionsL2(): (
  client: Client<Transport, Chain | undefined, Account | undefined>,
) => PublicActionsL2 {
  return (client) => ({
    getMessageStatus: (parameters) => getMessageStatus(client, parameters),
    waitForMessage: (parameters) => waitForMessage(client, parameters),
  })
}
