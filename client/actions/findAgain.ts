import { TransactionReceiptNotFoundError } from 'viem'
import { getTransactionReceipt } from 'viem/actions'
import type { Rollup } from '../chains.ts'
import { getWithdrawals } from '../getWithdrawals.ts'
import type { Withdrawal } from '../types.ts'
import { WithdrawalMovedError } from '../withdrawalErrors.ts'
import type { Reader } from './reader.ts'

/**
 * A withdrawal as L2 has it now: a block that was not settled may have been built again, with other messages before this
 * one.
 *
 * @throws WithdrawalMovedError when its transaction is in no block, or sends it more than once
 */
export async function findAgain(client: Reader, withdrawal: Withdrawal, { l2Messenger }: Rollup): Promise<Withdrawal> {
  const receipt = await getTransactionReceipt(client, { hash: withdrawal.transactionHash }).catch((error: unknown) => {
    if (error instanceof TransactionReceiptNotFoundError) throw new WithdrawalMovedError(withdrawal)
    throw error
  })
  const sent = getWithdrawals(receipt, { messenger: l2Messenger })
  const unmoved = receipt.blockHash === withdrawal.l2BlockHash
  const [found, twin] = sent.filter((other) =>
    unmoved ? other.index === withdrawal.index : isSameExceptPlace(other, withdrawal),
  )
  if (found === undefined || twin !== undefined) throw new WithdrawalMovedError(withdrawal)
  return found
}

function isSameExceptPlace(one: Withdrawal, other: Withdrawal): boolean {
  return (['sender', 'to', 'value', 'fee', 'gasLimit', 'data'] as const).every((field) => one[field] === other[field])
}
