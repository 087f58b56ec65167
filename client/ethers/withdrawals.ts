import type { AddressLike, BytesLike, TransactionResponse } from 'ethers'
import { buildClaimWithdrawal } from '../actions/buildClaimWithdrawal.ts'
import { claimWithdrawal } from '../actions/claimWithdrawal.ts'
import { getL2Head } from '../actions/getL2Head.ts'
import { type GetTimeToClaimReturnType, getTimeToClaim } from '../actions/getTimeToClaim.ts'
import { getWithdrawalStatus } from '../actions/getWithdrawalStatus.ts'
import { initiateWithdrawal } from '../actions/initiateWithdrawal.ts'
import type { WaitOptions } from '../actions/poll.ts'
import { type WaitToClaimReturnType, waitToClaim } from '../actions/waitToClaim.ts'
import type { WithdrawalSource } from '../actions/withdrawalState.ts'
import { type NativeRollupChain, rollupOf } from '../chains.ts'
import { getWithdrawals } from '../getWithdrawals.ts'
import type { Withdrawal, WithdrawalStatus } from '../types.ts'
import { WithdrawalNotFinalError, WithdrawalNotSettledError } from '../withdrawalErrors.ts'
import type { Connection, EthersSendOptions } from './connection.ts'
import { receiptOf } from './receipts.ts'
import { optionalAddress, optionalHex, type Sent } from './values.ts'

/** The transaction on L2 that withdrew (of several withdrawals in it: the first), or one of `list`. */
export type WithdrawalLike = Sent | Withdrawal

/** What is sent to L1. Wei and gas. */
export type WithdrawalRequest = {
  /** who is called on L1; default: who sends it */
  to?: AddressLike
  value?: bigint
  data?: BytesLike
  /** for whoever claims it, on top of `value` */
  fee?: bigint
  /** for the call on L1, state gas included */
  l1GasLimit?: bigint
}

/** ETH and calls from L2 to L1. */
export type EthersWithdrawals = {
  /** Sends ETH, and a call if there is `data`, to L1. */
  create(request: WithdrawalRequest & EthersSendOptions): Promise<TransactionResponse>
  /** All withdrawals of a transaction on L2. */
  list(sent: Sent): Promise<Withdrawal[]>
  status(withdrawal: WithdrawalLike): Promise<WithdrawalStatus>
  /** How long it takes until it can be claimed. */
  time(withdrawal: WithdrawalLike): Promise<GetTimeToClaimReturnType>
  /** Waits until it can be claimed. */
  waitToClaim(withdrawal: WithdrawalLike, options?: WaitOptions): Promise<WaitToClaimReturnType>
  /** Claims it on L1, for whoever it is for; `feeRecipient` gets its fee, by default who sends the claim. */
  claim(
    withdrawal: WithdrawalLike,
    options?: EthersSendOptions & { feeRecipient?: AddressLike },
  ): Promise<TransactionResponse>
}

export function createWithdrawals(l1: Connection, l2: Connection, targetChain: NativeRollupChain): EthersWithdrawals {
  const messenger = rollupOf(targetChain).l2Messenger
  const sourceOf = async (withdrawal: WithdrawalLike, options?: WaitOptions): Promise<WithdrawalSource> =>
    isWithdrawal(withdrawal) ? { withdrawal } : { receipt: await receiptOf(l2, withdrawal, options) }

  /** With both chains: an L2 block that was not settled may be built again, and the transaction is in another one then. */
  async function waitOnBoth(withdrawal: WithdrawalLike, options?: WaitOptions): Promise<WaitToClaimReturnType> {
    const source = await sourceOf(withdrawal, options)
    return l2.read((l2Client) =>
      l1.read((client) => waitToClaim(client, { ...options, ...source, targetChain, l2Client })),
    )
  }

  async function readyToClaim(withdrawal: WithdrawalLike): Promise<WaitToClaimReturnType> {
    const source = await sourceOf(withdrawal)
    const status = await l1.read((client) => getWithdrawalStatus(client, { ...source, targetChain }))
    const l2BlockNumber = source.withdrawal === undefined ? source.receipt.blockNumber : source.withdrawal.l2BlockNumber
    if (status === 'waiting-for-finality') throw new WithdrawalNotFinalError({ l2BlockNumber })
    if (status === 'waiting-to-settle') {
      const { blockNumber: settled } = await l1.read((client) => getL2Head(client, { targetChain }))
      throw new WithdrawalNotSettledError({ l2BlockNumber, settled })
    }
    return l1.read((client) => waitToClaim(client, { ...source, targetChain }))
  }

  return {
    create: async ({ to, value, data, fee, l1GasLimit, ...options }) => {
      const receiver = await optionalAddress(to)
      return l2.send(options, (client, rest) =>
        initiateWithdrawal(client, { ...rest, to: receiver, value, data: optionalHex(data), fee, l1GasLimit }),
      )
    },
    list: async (sent) => getWithdrawals(await receiptOf(l2, sent), { messenger }),
    status: async (withdrawal) => {
      const source = await sourceOf(withdrawal)
      return l1.read((client) => getWithdrawalStatus(client, { ...source, targetChain }))
    },
    time: async (withdrawal) => {
      const source = await sourceOf(withdrawal)
      return l1.read((client) => getTimeToClaim(client, { ...source, targetChain }))
    },
    waitToClaim: (withdrawal, options = {}) => waitOnBoth(withdrawal, options),
    claim: async (withdrawal, { feeRecipient, ...options } = {}) => {
      const ready = await readyToClaim(withdrawal)
      const recipient = await optionalAddress(feeRecipient)
      const claim = await l2.read((client) => buildClaimWithdrawal(client, { ...ready, feeRecipient: recipient }))
      return l1.send(options, (client, rest) => claimWithdrawal(client, { ...rest, ...claim }))
    },
  }
}

function isWithdrawal(withdrawal: WithdrawalLike): withdrawal is Withdrawal {
  return typeof withdrawal === 'object' && 'transactionHash' in withdrawal
}
