import type { Hex } from 'viem'
import type { Message } from '../../../rollup/types.ts'

/**
 * What must be true of the contracts, kept apart from them: plain lists and sums that follow every call that succeeded.
 * All of it can be cloned, so that a reorg is an earlier clone.
 */
export type L1Model = {
  /** messages to L2 in order */
  sent: Message[]
  /** indices of L2's messages that were delivered here */
  delivered: Set<number>
  /** wei that messages brought and took, fees included */
  totalIn: bigint
  totalOut: bigint
  /** wei that came by other ways than a message */
  gift: bigint
  /** settled L2 blocks: their number, L1 time of settlement by number */
  head: number
  settledAt: Map<number, bigint>
  lastAdvance: bigint
  sequencer: Hex
  nominee: Hex
  forced: ForcedEntry[]
  bondsPaid: number
  /** settled blocks of the second rollup */
  twin: { number: bigint; hash: Hex; anchor: bigint; proven: TwinProof | undefined }
}

export type ForcedEntry = {
  tx: Hex
  payer: Hex
  since: bigint
  state: 'pending' | 'included' | 'expired' | 'reclaimed'
}

export type TwinProof = { block: bigint; size: number; accountProof: Hex[]; storageProof: Hex[] }

export type L2Model = {
  sent: Message[]
  delivered: Set<number>
  /** wei of all accounts but the messenger */
  outside: bigint
  gift: bigint
  /** size of the inbox under each proven root, the first id is 1 */
  roots: number[]
  /** L1 block of the newest one */
  provenBlock: bigint
}

export const emptyL1 = (twinGenesis: Hex, sequencer: Hex, now: bigint): L1Model => ({
  sent: [],
  delivered: new Set(),
  totalIn: 0n,
  totalOut: 0n,
  gift: 0n,
  head: 0,
  settledAt: new Map([[0, now]]),
  lastAdvance: now,
  sequencer,
  nominee: `0x${'00'.repeat(20)}`,
  forced: [],
  bondsPaid: 0,
  twin: { number: 0n, hash: twinGenesis, anchor: 0n, proven: undefined },
})

export const emptyL2 = (outside: bigint): L2Model => ({
  sent: [],
  delivered: new Set(),
  outside,
  gift: 0n,
  roots: [],
  provenBlock: 0n,
})

export const worth = ({ value, fee }: Message): bigint => value + fee

/** Messages of `from` that `to` has not delivered. */
export const undelivered = (from: { sent: Message[] }, to: { delivered: Set<number> }): Message[] =>
  from.sent.filter(({ index }) => !to.delivered.has(Number(index)))

export const sum = (values: Iterable<bigint>): bigint => {
  let total = 0n
  for (const value of values) total += value
  return total
}
