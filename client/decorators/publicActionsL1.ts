import type { Account, Chain, Client, Transport } from 'viem'
import { type GetL2HeadParameters, type GetL2HeadReturnType, getL2Head } from '../actions/getL2Head.ts'

/** What can be asked of an L1 about a native rollup on it. */
export type PublicActionsL1 = {
  /** The newest L2 block that L1 has accepted. */
  getL2Head: (parameters: GetL2HeadParameters) => Promise<GetL2HeadReturnType>
}

/** Adds questions about native rollups to a client of their L1: `createPublicClient(...).extend(publicActionsL1())`. */
export function publicActionsL1(): (
  client: Client<Transport, Chain | undefined, Account | undefined>,
) => PublicActionsL1 {
  return (client) => ({ getL2Head: (parameters) => getL2Head(client, parameters) })
}
