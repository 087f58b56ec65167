import { keccak256, type LocalAccount } from 'viem'
import type { Clock } from '../../node/types.ts'
import { RollupError } from '../errors.ts'
import type { L1Client } from '../l1/l1Client.ts'
import type { L1View } from '../types.ts'
import type { AttemptJournal } from './attempts.ts'
import type { Replacement } from './follow.ts'
import type { InFlight, InFlightStore, Version } from './inFlight.ts'
import type { L1Head } from './l1Head.ts'
import { marketFees, replacementFees } from './settlement.ts'

type Hex = `0x${string}`

export type SendCallDeps = {
  view: L1View
  l1: L1Client
  attempts: AttemptJournal
  inFlight: InFlightStore
  account: LocalAccount
  /** wei */
  priorityFee: bigint
  clock: Clock
}

/** A call of the rollup contract, and what is remembered of it. */
export type RollupCall = { data: Hex; gas: bigint } & Omit<Version, 'txHash'>
/** `replacement`: the transaction whose nonce it takes. */
export type Place = { head: L1Head; replacement: Replacement | undefined }
export type SentCall = { txHash: Hex; nonce: bigint }

/** Signs and sends a call of the rollup contract, with the nonce of the one that it replaces, and remembers it as in flight. */
export async function sendCall(
  { l1, account, view, attempts, inFlight, priorityFee, clock }: SendCallDeps,
  { data, gas, ...about }: RollupCall,
  { head, replacement }: Place,
): Promise<SentCall> {
  const previous = replacement?.inFlight
  const market = marketFees(head.block.baseFeePerGas, priorityFee)
  const fees = replacement?.isStuck === true ? replacementFees(market, replacement.inFlight) : market
  if (fees === undefined) throw new RollupError('L1_REFUSED', 'the settlement is stuck although it pays far too much')
  const nonce = previous?.nonce ?? (await l1.getTransactionCount(account.address))
  const signed = await account.signTransaction({
    type: 'eip1559',
    chainId: view.deployment.l1ChainId,
    nonce: Number(nonce),
    to: view.deployment.l1.rollup,
    gas,
    maxFeePerGas: fees.maxFeePerGas,
    maxPriorityFeePerGas: fees.priorityFee,
    data,
  })
  const txHash = keccak256(signed)
  // written before it is sent: after a crash in between there is a hash to look for, and nobody knowing it sends again
  const older = (previous?.versions ?? []).filter((version) => version.txHash !== txHash)
  const sent: InFlight = {
    nonce,
    ...fees,
    versions: [...older, { txHash, ...about }],
    sentAtMs: clock.nowMs(),
    sentAtL1Block: head.block.number,
    gas,
  }
  await inFlight.write(sent)
  const from = about.blocks[0]?.number ?? 0n
  const hashes = about.blocks.map(({ hash }) => hash)
  const fault = about.fault === undefined ? {} : { fault: about.fault }
  await attempts.sent({ txHash, nonce, from, hashes, sentAtMs: sent.sentAtMs, gas, ...fees, ...fault })
  await l1.sendRawTransaction(signed)
  return { txHash, nonce }
}
