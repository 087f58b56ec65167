import { getBlock, readContract } from 'viem/actions'
import { l1MessengerAbi } from '../abis/l1Messenger.ts'
import { nativeRollupAbi } from '../abis/nativeRollup.ts'
import type { NativeRollupChain, Rollup } from '../chains.ts'
import { getWithdrawals, type WithdrawalReceipt } from '../getWithdrawals.ts'
import type { Withdrawal } from '../types.ts'
import { WithdrawalMovedError, WithdrawalNotFoundError } from '../withdrawalErrors.ts'
import { findFinality } from './finality.ts'
import { findSettlement } from './getSettlement.ts'
import type { Reader } from './reader.ts'

/** The withdrawal, or the receipt from L2 of the transaction that sent it: of several in it, the first. */
export type WithdrawalSource =
  | { receipt: WithdrawalReceipt; withdrawal?: undefined }
  | { withdrawal: Withdrawal; receipt?: undefined }

/** Which withdrawal, on which rollup. */
export type WithdrawalParameters = WithdrawalSource & { targetChain: NativeRollupChain }

/** Where a withdrawal stands, all of it as of one block of L1. */
export type WithdrawalState =
  | { status: 'waiting-to-settle'; headNumber: bigint }
  /** seconds since the epoch; undefined while a later block must be settled first */
  | { status: 'waiting-for-finality'; readyAt: bigint | undefined; now: bigint }
  /** the newest L2 block that proves it, and the L1 block up to which settlements count */
  | { status: 'ready-to-claim'; provable: bigint; l1BlockNumber: bigint }
  | { status: 'claimed' }

/** @throws WithdrawalNotFoundError when nothing in the receipt is sent to L1 */
export function withdrawalOf({ receipt, withdrawal }: WithdrawalSource, { l2Messenger }: Rollup): Withdrawal {
  if (withdrawal !== undefined) return withdrawal
  const [first] = getWithdrawals(receipt, { messenger: l2Messenger })
  if (first !== undefined) return first
  const { transactionHash, status } = receipt
  throw new WithdrawalNotFoundError({ transactionHash, reverted: status === 'reverted' })
}

/**
 * Asks L1 where a withdrawal stands.
 *
 * @throws WithdrawalMovedError when another block than its own was settled: its index may be somebody else's now
 */
export async function readWithdrawalState(
  client: Reader,
  withdrawal: Withdrawal,
  rollup: Rollup,
): Promise<WithdrawalState> {
  const { number: l1BlockNumber } = await getBlock(client)
  const contract = { address: rollup.rollup, abi: nativeRollupAbi, blockNumber: l1BlockNumber } as const
  const { l2BlockNumber } = withdrawal
  const headNumber = await readContract(client, { ...contract, functionName: 'headNumber' })
  if (headNumber < l2BlockNumber) return { status: 'waiting-to-settle', headNumber }
  const [settlement, isDelivered, delay] = await Promise.all([
    findSettlement(client, rollup, { l2BlockNumber, toBlock: l1BlockNumber }),
    readContract(client, {
      address: rollup.l1Messenger,
      abi: l1MessengerAbi,
      functionName: 'delivered',
      args: [withdrawal.index],
      blockNumber: l1BlockNumber,
    }),
    readContract(client, { ...contract, functionName: 'FINALITY_DELAY' }),
  ])
  // a node that is not of one mind: it will be when it is asked again
  if (settlement === null) return { status: 'waiting-to-settle', headNumber: l2BlockNumber - 1n }
  if (settlement.l2BlockHash !== withdrawal.l2BlockHash) throw new WithdrawalMovedError(withdrawal)
  if (isDelivered) return { status: 'claimed' }
  if (delay === 0n) return { status: 'ready-to-claim', provable: headNumber, l1BlockNumber }
  const finality = await findFinality(client, rollup, { l2BlockNumber, headNumber, delay, l1BlockNumber })
  return 'provable' in finality
    ? { status: 'ready-to-claim', l1BlockNumber, ...finality }
    : { status: 'waiting-for-finality', ...finality }
}
