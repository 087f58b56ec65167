import { type Address, isAddressEqual, type Log, parseEventLogs, type TransactionReceipt } from 'viem'
import { l2MessengerAbi } from './abis/l2Messenger.ts'
import { L2_CONTRACTS } from './chains.ts'
import type { Withdrawal } from './types.ts'
import { WithdrawalNotFoundError } from './withdrawalErrors.ts'

/** What is read of a receipt from L2. */
export type WithdrawalReceipt = Pick<TransactionReceipt, 'blockHash' | 'blockNumber' | 'status' | 'transactionHash'> & {
  logs: readonly Log[]
}

/**
 * The messages to L1 that a transaction on L2 sent, in their order; `messenger` of L2, where it is another one than usual.
 *
 * @throws WithdrawalNotFoundError for what is no receipt, a hash for instance
 */
export function getWithdrawals(
  receipt: Pick<WithdrawalReceipt, 'logs'>,
  { messenger = L2_CONTRACTS.messenger }: { messenger?: Address } = {},
): Withdrawal[] {
  if (!Array.isArray(receipt?.logs)) throw new WithdrawalNotFoundError({})
  const logs = receipt.logs.filter(({ address }) => isAddressEqual(address, messenger))
  return parseEventLogs({ abi: l2MessengerAbi, eventName: 'MessageSent', logs }).flatMap(
    ({ args, blockNumber, blockHash, transactionHash }) =>
      // a log of a pending block is in no block yet
      blockNumber === null || blockHash === null || transactionHash === null
        ? []
        : [{ ...args, l2BlockNumber: blockNumber, l2BlockHash: blockHash, transactionHash }],
  )
}
