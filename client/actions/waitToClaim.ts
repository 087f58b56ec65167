import type { Rollup } from '../chains.ts'
import type { Settlement, Withdrawal } from '../types.ts'
import { WithdrawalAlreadyClaimedError, WithdrawalMovedError } from '../withdrawalErrors.ts'
import { findAgain } from './findAgain.ts'
import { findSettlement } from './getSettlement.ts'
import { type Look, poll, type WaitOptions } from './poll.ts'
import type { Reader } from './reader.ts'
import { rollupFromL1 } from './rollupOfClient.ts'
import { settlementAdvice } from './waitForSettlement.ts'
import {
  readWithdrawalState,
  type WithdrawalParameters,
  type WithdrawalState,
  withdrawalOf,
} from './withdrawalState.ts'

export type WaitToClaimParameters = WithdrawalParameters &
  WaitOptions & {
    /** asked again for the receipt when the block of the withdrawal was replaced before it was settled */
    l2Client?: Reader | undefined
  }
/** `settlement` is of the newest L2 block that proves the withdrawal: what buildClaimWithdrawal takes. */
export type WaitToClaimReturnType = { withdrawal: Withdrawal; settlement: Settlement }

/**
 * Waits until a withdrawal can be claimed on L1.
 *
 * @throws WithdrawalAlreadyClaimedError, WithdrawalNotFoundError, WaitTimeoutError, and WithdrawalMovedError when its block
 *   was replaced and there is no `l2Client`
 * @example const { withdrawal, settlement } = await waitToClaim(l1, { receipt, targetChain: l2Chain })
 */
export async function waitToClaim(
  client: Reader,
  { targetChain, l2Client, pollingInterval, timeout, signal, ...source }: WaitToClaimParameters,
): Promise<WaitToClaimReturnType> {
  const rollup = rollupFromL1(client, targetChain)
  let withdrawal = withdrawalOf(source, rollup)
  const awaited = {
    what: `withdrawal ${withdrawal.index} of L2 block ${withdrawal.l2BlockNumber} to become claimable`,
    advice: settlementAdvice(rollup),
  }
  return poll(client, { pollingInterval, timeout, signal }, awaited, async () => {
    if (l2Client === undefined) return look(client, withdrawal, rollup)
    const seen = await look(client, withdrawal, rollup).catch((error: unknown) => {
      if (!(error instanceof WithdrawalMovedError)) throw error
    })
    if (seen !== undefined && 'found' in seen) return seen
    // while it is not settled too: it may be in an earlier block now, and none may follow that one
    const found = await findAgain(l2Client, withdrawal, rollup).catch((error: unknown) => {
      // its transaction waits for another block
      if (!(error instanceof WithdrawalMovedError)) throw error
    })
    const isUnmoved = found?.l2BlockHash === withdrawal.l2BlockHash
    withdrawal = found ?? withdrawal
    if (seen !== undefined && isUnmoved) return seen
    return {
      reached: `its block was replaced, ${found === undefined ? 'and it is in no other' : 'now it is in another'}`,
    }
  })
}

async function look(client: Reader, withdrawal: Withdrawal, rollup: Rollup): Promise<Look<WaitToClaimReturnType>> {
  const state = await readWithdrawalState(client, withdrawal, rollup)
  if (state.status === 'claimed') throw new WithdrawalAlreadyClaimedError({ index: withdrawal.index })
  if (state.status !== 'ready-to-claim') return { reached: wordsOf(state) }
  const { provable: l2BlockNumber, l1BlockNumber: toBlock } = state
  const settlement = await findSettlement(client, rollup, { l2BlockNumber, toBlock })
  return settlement === null ? { reached: wordsOf(state) } : { found: { withdrawal, settlement } }
}

function wordsOf(state: WithdrawalState): string {
  if (state.status === 'waiting-to-settle') return `the newest block that L1 has settled is ${state.headNumber}`
  if (state.status !== 'waiting-for-finality') return state.status
  const { readyAt, now } = state
  return readyAt === undefined ? 'it is settled, but not final' : `it is settled, and final in ${readyAt - now} s`
}
