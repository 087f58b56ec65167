import type { AddressLike, BytesLike, TransactionResponse } from 'ethers'
import { deposit } from '../actions/deposit.ts'
import { getMessageStatus } from '../actions/getMessageStatus.ts'
import type { WaitOptions } from '../actions/poll.ts'
import { type WaitForMessageReturnType, waitForMessage } from '../actions/waitForMessage.ts'
import type { NativeRollupChain } from '../chains.ts'
import type { MessageStatus } from '../types.ts'
import type { Connection, EthersSendOptions } from './connection.ts'
import { receiptOf } from './receipts.ts'
import { defined, optionalAddress, optionalHex, type Sent } from './values.ts'

/** What is sent to L2. Wei and gas; what is left out is asked of the L2 node. */
export type DepositRequest = {
  /** who gets it, and is called if there is `data`; default: who sends it */
  to?: AddressLike
  value?: bigint
  data?: BytesLike
  /** for whoever delivers it, on top of `value`; default: what the sequencer asks */
  fee?: bigint
  /** for the call on L2, state gas included */
  l2GasLimit?: bigint
}

/** Which message of a transaction that sent several; default: the first. */
export type MessageChoice = { index?: bigint }

/** ETH and calls from L1 to L2. */
export type EthersDeposits = {
  /** Sends ETH, and a call if there is `data`, to L2. */
  create(request: DepositRequest & EthersSendOptions): Promise<TransactionResponse>
  status(deposit: Sent, choice?: MessageChoice): Promise<MessageStatus>
  /** Waits until it is delivered on L2. */
  wait(deposit: Sent, options?: WaitOptions & MessageChoice): Promise<WaitForMessageReturnType>
}

export function createDeposits(l1: Connection, l2: Connection, targetChain: NativeRollupChain): EthersDeposits {
  return {
    create: async ({ to, value = 0n, data, fee, l2GasLimit, ...options }) => {
      const message = defined({ to: await optionalAddress(to), data: optionalHex(data), fee, l2GasLimit })
      return l2.read((l2Client) =>
        l1.send(options, (client, rest) => deposit(client, { ...rest, ...message, value, targetChain, l2Client })),
      )
    },
    status: async (sent, choice) => {
      const l1Receipt = await receiptOf(l1, sent)
      return l2.read((client) => getMessageStatus(client, { ...choice, l1Receipt }))
    },
    wait: async (sent, options) => {
      const l1Receipt = await receiptOf(l1, sent, options ?? {})
      return l2.read((client) => waitForMessage(client, { ...options, l1Receipt }))
    },
  }
}
