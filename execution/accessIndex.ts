import { bytesEqual, EMPTY_BYTES, hexToBytes } from '../stateless/bytes.ts'
import type { Hash32 } from '../stateless/types.ts'
import type { BlockAccessList } from './accessList.ts'

type AccountValues = { readonly nonce: bigint; readonly balance: bigint; readonly codeHash: Hash32 }

/** The state as it is when an index ends. */
export type StateNow = {
  account(key: string): AccountValues | null
  /** a slot that was written and not wiped since; undefined: nothing to compare */
  writtenSlot(key: string, slot: string): Uint8Array | undefined
  code(codeHash: Hash32): Uint8Array
  readonly emptyCodeHash: Hash32
}

/**
 * What one block access index reads and changes, seen from the state (EELS state_tracker.py, block_access_lists.py
 * update_builder_from_tx): every account and slot that is read is listed, whatever becomes of the frame; changes are the
 * difference between the beginning and the end of the index.
 */
export type AccessIndex = {
  readAccount(key: string): void
  readSlot(key: string, slot: Uint8Array): void
  /** before the first write of the index; later calls do nothing */
  beforeAccount(key: string, value: AccountValues | null): void
  beforeSlot(key: string, slot: string, value: () => Uint8Array): void
  /** before the storage of an account goes: how its slots read now */
  beforeWipe(key: string, slotValue: (slot: string) => Uint8Array): void
  begin(): void
  end(now: StateNow): void
}

export function createAccessIndex(list: BlockAccessList): AccessIndex {
  const accounts = new Map<string, AccountValues | null>()
  const slots = new Map<string, Map<string, Uint8Array>>()
  const wiped = new Map<string, (slot: string) => Uint8Array>()
  return {
    readAccount: (key) => list.readAccount(key),
    readSlot: (key, slot) => list.readSlot(key, slot),
    beforeAccount(key, value) {
      if (!accounts.has(key)) accounts.set(key, value)
    },
    beforeSlot(key, slot, value) {
      let known = slots.get(key)
      if (known === undefined) {
        known = new Map()
        slots.set(key, known)
      }
      if (!known.has(slot)) known.set(slot, wiped.get(key)?.(slot) ?? value())
    },
    beforeWipe(key, slotValue) {
      if (!wiped.has(key)) wiped.set(key, slotValue)
    },
    begin() {
      for (const map of [accounts, slots, wiped]) if (map.size > 0) map.clear()
    },
    end(now) {
      for (const [key, before] of accounts) recordAccount(list, key, before, now)
      for (const [key, values] of slots) recordSlots(list, key, values, now)
    },
  }
}

function recordAccount(list: BlockAccessList, key: string, before: AccountValues | null, now: StateNow): void {
  const after = now.account(key)
  const balance = after?.balance ?? 0n
  if (balance !== (before?.balance ?? 0n)) list.changeBalance(key, balance)
  const nonce = after?.nonce ?? 0n
  if (nonce !== (before?.nonce ?? 0n)) list.changeNonce(key, nonce)
  const codeHash = after?.codeHash ?? now.emptyCodeHash
  if (bytesEqual(codeHash, before?.codeHash ?? now.emptyCodeHash)) return
  list.changeCode(key, bytesEqual(codeHash, now.emptyCodeHash) ? EMPTY_BYTES : now.code(codeHash))
}

function recordSlots(list: BlockAccessList, key: string, values: ReadonlyMap<string, Uint8Array>, now: StateNow): void {
  for (const [slot, before] of values) {
    const after = now.writtenSlot(key, slot)
    if (after === undefined || bytesEqual(after, before)) continue
    list.changeSlot(key, hexToBytes(slot), after)
  }
}
