import { nativeRollup } from '../../genesis/generated/NativeRollup.ts'
import { bytesToHex, concatBytes } from '../../stateless/bytes.ts'
import { keccak256 } from '../../stateless/keccak.ts'
import { slotKey } from '../contracts.ts'
import type { ForcedEntry, RollupRules, RollupStorage } from './advanceTypes.ts'
import { OVERDUE_STEPS } from './forcedChecks.ts'

type Hex = `0x${string}`

/** Reads words of the contract's storage, in the order asked for. */
export type ReadSlots = (slots: readonly bigint[]) => Promise<readonly bigint[]>

const HEAD_HASH = slotOf('_headHash')
const HEAD = slotOf('_head')
const SEQUENCER = slotOf('_sequencer')
const QUEUE = slotOf('_queue')
/** the mapping of its entries is the second slot of the queue */
const ENTRIES = QUEUE + 1n

/** The names of the getters of the contract's immutables. */
export const RULE_GETTERS = {
  chainId: 'CHAIN_ID',
  gasLimit: 'GAS_LIMIT',
  feeRecipient: 'FEE_RECIPIENT',
  maxAnchorAge: 'MAX_ANCHOR_AGE',
  maxTimestampLag: 'MAX_TIMESTAMP_LAG',
  sequencerTimeout: 'SEQUENCER_TIMEOUT',
  forcedDeadline: 'FORCED_DEADLINE',
  forcedExpiry: 'FORCED_EXPIRY',
} as const satisfies Record<keyof RollupRules, string>

/** Head, sequencer and the part of the queue that a call may look at; `ids`: forced transactions that it names. */
export async function readRollupStorage(read: ReadSlots, ids: readonly bigint[]): Promise<RollupStorage> {
  const [hash = 0n, head = 0n, sequencer = 0n, bounds = 0n] = await read([HEAD_HASH, HEAD, SEQUENCER, QUEUE])
  const [first = 0n, tail = 0n] = uint64s(bounds)
  const front = Array.from({ length: OVERDUE_STEPS }, (_, i) => first + BigInt(i))
  const wanted = [...new Set([...front, ...ids])].filter((id) => id < tail)
  const words = await read(wanted.flatMap(entrySlots))
  const entries = wanted.map((id, i) => [id, entryOf(words[2 * i] ?? 0n, words[2 * i + 1] ?? 0n)] as const)
  const [number = 0n, timestamp = 0n, anchorBlock = 0n, lastAdvance = 0n] = uint64s(head)
  return {
    head: { hash: hex(hash, 64), number, timestamp, anchorBlock, lastAdvance },
    sequencer: hex(sequencer, 40),
    queue: { head: first, tail, entries: new Map(entries) },
  }
}

function entrySlots(id: bigint): [bigint, bigint] {
  const first = BigInt(`0x${bytesToHex(keccak256(concatBytes([slotKey(id), slotKey(ENTRIES)])))}`)
  return [first, first + 1n]
}

/** Second slot, from the lowest bits: payer (160), since (64), length (32). */
function entryOf(txHash: bigint, packed: bigint): ForcedEntry {
  return { txHash: hex(txHash, 64), since: (packed >> 160n) & UINT64_MASK, length: Number(packed >> 224n) }
}

const UINT64_MASK = 0xffff_ffff_ffff_ffffn

/** Four of them share a slot, the first in the lowest bits. */
const uint64s = (word: bigint): bigint[] => [0n, 64n, 128n, 192n].map((shift) => (word >> shift) & UINT64_MASK)

const hex = (word: bigint, digits: number): Hex => `0x${word.toString(16).padStart(digits, '0')}`

function slotOf(label: string): bigint {
  const found = nativeRollup.storageLayout.storage.find((entry) => entry.label === label)
  if (found === undefined) throw new Error(`NativeRollup has no ${label}`)
  return BigInt(found.slot)
}
