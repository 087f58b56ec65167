import type { LocalAccount } from 'viem'
import type { Clock, Logger } from '../../node/types.ts'
import { hexToBytes } from '../../stateless/bytes.ts'
import { RollupError } from '../errors.ts'
import type { L1Client } from '../l1/l1Client.ts'
import { advancedIn } from '../l1/l1Events.ts'
import type { L1Receipt } from '../l1/l1Types.ts'
import type { L1View } from '../types.ts'
import type { AttemptJournal } from './attempts.ts'
import type { InFlight, InFlightStore, Version } from './inFlight.ts'
import type { InputStore } from './inputs.ts'
import { settlementRefusal } from './settlementRefusal.ts'

export type FollowDeps = {
  view: L1View
  l1: L1Client
  inputs: InputStore
  attempts: AttemptJournal
  inFlight: InFlightStore
  account: LocalAccount
  /** a transaction that waited less is left alone */
  bumpAfterMs: number
  /** L1 judged a settlement that was broken on purpose */
  onRefused(reason: string): void
  clock: Clock
  logger: Logger
}

/** `isStuck`: L1 knows the old transaction, so that the new one must pay more. */
export type Replacement = { inFlight: InFlight; isStuck: boolean }

export type Followed = 'settled' | 'waiting' | Replacement

type Sent = Omit<Version, 'txHash'> & { gas: bigint }

/** L1 blocks that must have passed a transaction by before it counts as stuck, however slow L1 is */
const BLOCKS_BEFORE_BUMP = 3n

/** Looks after the transaction in flight; the answer says when another one must take its nonce. */
export async function follow(deps: FollowDeps, inFlight: InFlight): Promise<Followed> {
  // asked before the receipts: what is included in between must not look like somebody else's transaction
  const nextNonce = await deps.l1.getTransactionCount(deps.account.address)
  for (const { txHash, ...version } of inFlight.versions.toReversed()) {
    const receipt = await deps.l1.getReceipt(txHash)
    if (receipt !== undefined) return finish(deps, { ...version, gas: inFlight.gas }, receipt)
  }
  if (nextNonce !== inFlight.nonce) {
    // Lower: a reorg took an earlier transaction away, and what is in flight would wait for that one for ever. In both
    // cases the contract's head tells what is left to do.
    const what = nextNonce > inFlight.nonce ? 'was used by another transaction' : 'is ahead of L1 after a reorg'
    deps.logger.warn(`the settler's nonce ${what}`, { nonce: inFlight.nonce, nextNonce })
    await deps.attempts.abandoned(`nonce ${inFlight.nonce} ${what}`)
    await deps.inFlight.clear()
    return 'settled'
  }
  const waitedMs = deps.clock.nowMs() - inFlight.sentAtMs
  const newest = inFlight.versions.at(-1)
  const isStuck = newest !== undefined && (await deps.l1.getTransactionInput(newest.txHash)) !== undefined
  const passedBy = deps.view.head().number - inFlight.sentAtL1Block
  const isPatient = waitedMs < deps.bumpAfterMs || passedBy < BLOCKS_BEFORE_BUMP
  if (isStuck && isPatient) return 'waiting'
  const fields = { waitedMs, l1Blocks: passedBy, isStuck, nonce: inFlight.nonce }
  deps.logger.warn('the settlement is not included, sending it again', fields)
  return { inFlight, isStuck }
}

async function finish(deps: FollowDeps, sent: Sent, receipt: L1Receipt): Promise<'settled'> {
  const { transactionHash, blockNumber, gasUsed } = receipt
  const { rollup } = deps.view.deployment.l1
  const call = { from: deps.account.address, rollup, gas: sent.gas }
  const reason = receipt.succeeded || sent.posted ? undefined : await settlementRefusal(deps.l1, call, receipt)
  await deps.inFlight.clear()
  const advanced = advancedIn(receipt.logs, rollup)
  for (const { hash } of advanced) await deps.inputs.release(hexToBytes(hash))
  const outcome = receipt.succeeded ? 'settled' : 'reverted'
  const about = { l1Block: blockNumber, gasUsed, ...(reason === undefined ? {} : { reason }) }
  await deps.attempts.concluded(transactionHash, { outcome, ...about })
  judge(deps, sent, { receipt, advanced, reason })
  return 'settled'
}

/** Throws RollupError when this is not what an honest settlement of these blocks comes to. */
function judge(
  deps: FollowDeps,
  sent: Sent,
  {
    receipt,
    advanced,
    reason,
  }: { receipt: L1Receipt; advanced: ReturnType<typeof advancedIn>; reason: string | undefined },
): void {
  if (sent.posted) return
  if (sent.fault !== undefined) {
    deps.logger.warn('L1 has judged a broken settlement', {
      fault: sent.fault,
      outcome: receipt.succeeded ? 'settled' : 'reverted',
      reason,
      txHash: receipt.transactionHash,
    })
    deps.onRefused(sent.fault)
    return
  }
  if (reason !== undefined) {
    const data = { reason, txHash: receipt.transactionHash, blocks: sent.blocks.map(({ number }) => number) }
    throw new RollupError('SETTLEMENT_REVERTED', `L1 refused the settlement: ${reason}`, data)
  }
  for (const { number, hash } of sent.blocks) {
    if (!advanced.some((event) => event.number === number && event.hash === hash)) {
      throw new RollupError('BAD_L1_DATA', `the settlement of L2 block ${number} has no BlockAdvanced`, { number })
    }
  }
  const last = sent.blocks.at(-1)?.number
  deps.logger.info('settled on L1', {
    blocks: sent.blocks.length,
    upTo: last,
    l1Block: receipt.blockNumber,
    gasUsed: receipt.gasUsed,
  })
}
