import type { WithdrawalStatus } from '../types.ts'
import type { Reader } from './reader.ts'
import { rollupFromL1 } from './rollupOfClient.ts'
import { readWithdrawalState, type WithdrawalParameters, withdrawalOf } from './withdrawalState.ts'

export type GetWithdrawalStatusParameters = WithdrawalParameters
export type GetWithdrawalStatusReturnType = WithdrawalStatus

/**
 * Where a withdrawal stands on L1.
 *
 * @throws WithdrawalNotFoundError, WithdrawalMovedError
 * @example const status = await getWithdrawalStatus(l1, { receipt, targetChain: l2Chain })
 */
export async function getWithdrawalStatus(
  client: Reader,
  { targetChain, ...source }: GetWithdrawalStatusParameters,
): Promise<GetWithdrawalStatusReturnType> {
  const rollup = rollupFromL1(client, targetChain)
  return (await readWithdrawalState(client, withdrawalOf(source, rollup), rollup)).status
}
