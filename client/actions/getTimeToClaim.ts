import type { Reader } from './reader.ts'
import { rollupFromL1 } from './rollupOfClient.ts'
import { readWithdrawalState, type WithdrawalParameters, withdrawalOf } from './withdrawalState.ts'

export type GetTimeToClaimParameters = WithdrawalParameters
/** Both are undefined while nobody can know: before its block is settled, or another block has to be. */
export type GetTimeToClaimReturnType = {
  /** from now on; 0 for what can be claimed or was claimed */
  seconds: bigint | undefined
  /** seconds since the epoch at which it can be claimed; undefined once it can */
  timestamp: bigint | undefined
}

/**
 * How long a withdrawal has to wait until it can be claimed on L1.
 *
 * @throws WithdrawalNotFoundError, WithdrawalMovedError
 * @example const { seconds } = await getTimeToClaim(l1, { receipt, targetChain: l2Chain })
 */
export async function getTimeToClaim(
  client: Reader,
  { targetChain, ...source }: GetTimeToClaimParameters,
): Promise<GetTimeToClaimReturnType> {
  const rollup = rollupFromL1(client, targetChain)
  const state = await readWithdrawalState(client, withdrawalOf(source, rollup), rollup)
  if (state.status === 'waiting-to-settle') return { seconds: undefined, timestamp: undefined }
  if (state.status !== 'waiting-for-finality') return { seconds: 0n, timestamp: undefined }
  const { readyAt, now } = state
  return { seconds: readyAt === undefined ? undefined : readyAt - now, timestamp: readyAt }
}
