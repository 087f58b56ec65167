import type { Settlement, Withdrawal } from '../types.ts'
import { WithdrawalAlreadyClaimedError } from '../withdrawalErrors.ts'
import { rollupFromL1 } from './clientRollup.ts'
import { findSettlement } from './getSettlement.ts'
import { poll, type WaitOptions } from './poll.ts'
import type { Reader } from './rollupRpc.ts'
import {
  readWithdrawalState,
  type WithdrawalParameters,
  type WithdrawalState,
  withdrawalOf,
} from './withdrawalState.ts'

export type WaitToClaimParameters = WithdrawalParameters & WaitOptions
/** `settlement` is of the newest L2 block that proves the withdrawal: what buildClaimWithdrawal takes. */
export type WaitToClaimReturnType = { withdrawal: Withdrawal; settlement: Settlement }

/**
 * Waits until a withdrawal can be claimed on L1.
 *
 * @throws WithdrawalAlreadyClaimedError, WithdrawalNotFoundError, WithdrawalMovedError, WaitTimeoutError
 * @example const { withdrawal, settlement } = await waitToClaim(l1, { receipt, targetChain: l2Chain })
 */
export async function waitToClaim(
  client: Reader,
  { targetChain, pollingInterval, timeout, signal, ...source }: WaitToClaimParameters,
): Promise<WaitToClaimReturnType> {
  const rollup = rollupFromL1(client, targetChain)
  const withdrawal = withdrawalOf(source, rollup)
  const awaited = {
    what: `withdrawal ${withdrawal.index} of L2 block ${withdrawal.l2BlockNumber} to become claimable`,
    advice: `Is settlement going on, and is the client on L1 (chain ${rollup.l1ChainId})?`,
  }
  return poll(client, { pollingInterval, timeout, signal }, awaited, async () => {
    const state = await readWithdrawalState(client, withdrawal, rollup)
    if (state.status === 'claimed') throw new WithdrawalAlreadyClaimedError({ index: withdrawal.index })
    if (state.status !== 'ready-to-claim') return { reached: wordsOf(state) }
    const { provable: l2BlockNumber, l1BlockNumber: toBlock } = state
    const settlement = await findSettlement(client, rollup, { l2BlockNumber, toBlock })
    return settlement === null ? { reached: wordsOf(state) } : { found: { withdrawal, settlement } }
  })
}

function wordsOf(state: WithdrawalState): string {
  if (state.status === 'waiting-to-settle') return `the newest block that L1 has settled is ${state.headNumber}`
  if (state.status !== 'waiting-for-finality') return state.status
  const { readyAt, now } = state
  return readyAt === undefined ? 'it is settled, but not final' : `it is settled, and final in ${readyAt - now} s`
}
