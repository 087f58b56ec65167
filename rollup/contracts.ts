import { crossMessenger } from '../genesis/generated/CrossMessenger.ts'
import { l1Messenger } from '../genesis/generated/L1Messenger.ts'
import { l1TokenBridge } from '../genesis/generated/L1TokenBridge.ts'
import { l2Messenger } from '../genesis/generated/L2Messenger.ts'
import { nativeRollup } from '../genesis/generated/NativeRollup.ts'
import { bytesToBigint, bytesToHex, concatBytes, hexToBytes } from '../stateless/bytes.ts'
import { keccak256 } from '../stateless/keccak.ts'
import type { StateView } from '../stateless/types.ts'

export const nativeRollupAbi = nativeRollup.abi
export const l1MessengerAbi = l1Messenger.abi
export const l1TokenBridgeAbi = l1TokenBridge.abi
export const l2MessengerAbi = l2Messenger.abi
export const crossMessengerAbi = crossMessenger.abi

/** Slots of L2Messenger; a test compares them with the compiler's storage layout. */
export const L2_MESSENGER_SLOTS = { delivered: 34n, provenRoots: 36n, latestRoot: 100n } as const
/** Slot 0 of every messenger: the root of its message tree, the one slot that another chain proves. */
export const ROOT_SLOT = slotKey(0n)
/** contracts/l2/L2Messenger.sol::ROOT_HISTORY */
const ROOT_HISTORY = 64n
/** contracts/l1/NativeRollup.sol: ring of state roots, by block number; the first slot as the compiler placed it. */
export const STATE_ROOT_HISTORY = 8192n
const STATE_ROOTS_SLOT = 6n
const UINT64_MASK = 0xffff_ffff_ffff_ffffn

/** A 32-byte slot key. */
export function slotKey(slot: bigint): Uint8Array {
  return hexToBytes(slot.toString(16).padStart(64, '0'))
}

/** NativeRollup's slot of the state root of an L2 block. */
export function stateRootSlot(l2Block: bigint): Uint8Array {
  return slotKey(STATE_ROOTS_SLOT + (l2Block % STATE_ROOT_HISTORY))
}

/** `0x` and 64 digits of a minimal big-endian storage value. */
export function slotValueToHash(value: Uint8Array): `0x${string}` {
  return `0x${bytesToHex(value).padStart(64, '0')}`
}

export type ProvenInbox = { rootId: bigint; root: `0x${string}`; l1Block: bigint }

/** The newest inbox root that L2 has proven, read from L2 state; undefined before the first. */
export function readProvenInbox(state: StateView, messenger: Uint8Array): ProvenInbox | undefined {
  const packed = bytesToBigint(state.getStorage(messenger, slotKey(L2_MESSENGER_SLOTS.latestRoot)))
  const rootId = packed & UINT64_MASK
  if (rootId === 0n) return undefined
  const root = state.getStorage(messenger, slotKey(L2_MESSENGER_SLOTS.provenRoots + (rootId % ROOT_HISTORY)))
  return { rootId, root: slotValueToHash(root), l1Block: (packed >> 64n) & UINT64_MASK }
}

/** The slots of L2Messenger that say this, by 64 hex digits: the other way round. */
export function provenInboxSlots({ rootId, root, l1Block }: ProvenInbox): ReadonlyMap<string, Uint8Array> {
  return new Map([
    [bytesToHex(slotKey(L2_MESSENGER_SLOTS.latestRoot)), slotKey((l1Block << 64n) | rootId)],
    [bytesToHex(slotKey(L2_MESSENGER_SLOTS.provenRoots + (rootId % ROOT_HISTORY))), hexToBytes(root)],
  ])
}

/** Which of `count` messages from L1 have not been delivered on L2, ascending. One storage read for 256 messages. */
export function readUndelivered(state: StateView, messenger: Uint8Array, count: number): number[] {
  const undelivered: number[] = []
  for (let first = 0; first < count; first += 256) {
    const slot = keccak256(concatBytes([slotKey(BigInt(first) >> 8n), slotKey(L2_MESSENGER_SLOTS.delivered)]))
    const word = bytesToBigint(state.getStorage(messenger, slot))
    for (let index = first; index < Math.min(first + 256, count); index++) {
      if (((word >> BigInt(index - first)) & 1n) === 0n) undelivered.push(index)
    }
  }
  return undelivered
}
