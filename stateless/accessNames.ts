import { countAccessListItems, decodeBlockAccessList } from './blockAccessList.ts'
import { bigintToMinimalBytes, bytesToHex } from './bytes.ts'
import { keccak256 } from './keccak.ts'
import { decodeRlpItem, RlpError, type RlpItem, rlpBytes, rlpFields, rlpItems } from './rlp.ts'
import type { ExecutionPayload } from './types.ts'

/** Lower-case hex without prefix. */
type Hex = string

/** The accounts that a payload names and their slots, each by the hash under which its trie has it. */
export type AccessNames = ReadonlyMap<Hex, { readonly address: Hex; readonly slots: ReadonlyMap<Hex, Hex> }>

/** Addresses and slots that are hashed, each time they are named: more than the gas of any block of a rollup pays for. */
export const MAX_NAMES = 32_768

/**
 * What the block access list names, and the recipients and access lists of the transactions: for those who read a trie,
 * which knows only hashes. Nothing is checked; what does not decode names nothing, and
 * neither does a block access list of more than MAX_NAMES items nor what comes behind so many names.
 */
export function readAccessNames(payload: ExecutionPayload): AccessNames {
  const accounts = new Map<Hex, { address: Hex; slots: Map<Hex, Hex> }>()
  let left = MAX_NAMES
  const add = (address: Uint8Array, slots: Iterable<Uint8Array>): void => {
    if (address.length !== 20 || left-- <= 0) return
    const key = bytesToHex(keccak256(address))
    const account = accounts.get(key) ?? { address: bytesToHex(address), slots: new Map<Hex, Hex>() }
    accounts.set(key, account)
    for (const slot of slots) {
      if (left-- <= 0) return
      account.slots.set(bytesToHex(keccak256(slot)), bytesToHex(slot))
    }
  }
  add(payload.feeRecipient, [])
  whereReadable(() => {
    if (countAccessListItems(payload.blockAccessList) > MAX_NAMES) return
    for (const { address, storageChanges, storageReads } of decodeBlockAccessList(payload.blockAccessList)) {
      add(address, [...storageChanges.map(({ slot }) => slot), ...storageReads].map(toSlotKey))
    }
  })
  for (const raw of payload.transactions) whereReadable(() => readTransaction(raw, add))
  return accounts
}

/** Where each type has its recipient and its access list; the type is the index. */
const RECIPIENT = [3, 4, 5, 5, 5]
const ACCESS_LIST = [undefined, 7, 8, 8, 8]

function readTransaction(raw: Uint8Array, add: (address: Uint8Array, slots: Iterable<Uint8Array>) => void): void {
  const type = (raw[0] ?? 0) >= 0xc0 ? 0 : (raw[0] ?? 0)
  const fields = rlpItems(decodeRlpItem(type === 0 ? raw : raw.subarray(1)))
  const at = (index: number | undefined): RlpItem | undefined => (index === undefined ? undefined : fields[index])
  const recipient = at(RECIPIENT[type])
  if (recipient !== undefined) add(rlpBytes(recipient), [])
  const accessList = at(ACCESS_LIST[type])
  for (const entry of accessList === undefined ? [] : rlpItems(accessList)) {
    const [address, keys] = rlpFields(entry, 2)
    add(rlpBytes(address), rlpItems(keys).map(rlpBytes))
  }
}

function toSlotKey(slot: bigint): Uint8Array {
  const bytes = bigintToMinimalBytes(slot)
  const key = new Uint8Array(32)
  key.set(bytes, 32 - bytes.length)
  return key
}

function whereReadable(read: () => void): void {
  try {
    read()
  } catch (error) {
    if (!(error instanceof RlpError)) throw error
  }
}
