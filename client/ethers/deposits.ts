import type { AddressLike, BytesLike, TransactionResponse } from 'ethers'
import { buildClaimMessage } from '../actions/buildClaimMessage.ts'
import { claimMessage } from '../actions/claimMessage.ts'
import { deposit } from '../actions/deposit.ts'
import { getMessageStatus } from '../actions/getMessageStatus.ts'
import type { WaitOptions } from '../actions/poll.ts'
import { type DepositQuote, quoteDeposit } from '../actions/quoteDeposit.ts'
import { type WaitForMessageReturnType, waitForMessage } from '../actions/waitForMessage.ts'
import type { NativeRollupChain } from '../chains.ts'
import { AccountRequiredError } from '../errors.ts'
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
  /** What a deposit costs on both chains, and when it arrives; `from` is who would send it, by default the signer. */
  quote(request: DepositRequest & { from?: AddressLike }): Promise<DepositQuote>
  /** Sends ETH, and a call if there is `data`, to L2. */
  create(request: DepositRequest & EthersSendOptions): Promise<TransactionResponse>
  status(deposit: Sent, choice?: MessageChoice): Promise<MessageStatus>
  /**
   * Waits until it is delivered on L2; `patience`: milliseconds for which it may fail or pay too little before that is an
   * error, by default 2,000.
   */
  wait(deposit: Sent, options?: WaitOptions & MessageChoice & { patience?: number }): Promise<WaitForMessageReturnType>
  /** Delivers one that the sequencer leaves, by a transaction on L2; `feeRecipient` gets its fee, by default who sends it. */
  claim(
    deposit: Sent,
    options?: EthersSendOptions & MessageChoice & { feeRecipient?: AddressLike },
  ): Promise<TransactionResponse>
}

export function createDeposits(l1: Connection, l2: Connection, targetChain: NativeRollupChain): EthersDeposits {
  return {
    quote: async ({ from, to, value = 0n, data, fee }) => {
      const account = await optionalAddress(from ?? l1.signer)
      if (account === undefined) throw new AccountRequiredError('say `from` whom it would come')
      const message = { account, to: await optionalAddress(to), value, data: optionalHex(data), fee }
      return l2.read((client) => quoteDeposit(client, message))
    },
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
    claim: async (sent, { index, feeRecipient, ...options } = {}) => {
      const l1Receipt = await receiptOf(l1, sent)
      const recipient = await optionalAddress(feeRecipient)
      const claim = await l2.read((client) =>
        buildClaimMessage(client, { l1Receipt, ...defined({ index }), feeRecipient: recipient }),
      )
      return l2.send(options, (client, rest) => claimMessage(client, { ...rest, ...claim }))
    },
  }
}
