import { decodeAccount, decodeStorageValue, encodeAccount, encodeStorageValue } from './account.ts'
import { bytesToHex, EMPTY_BYTES, hexToBytes } from './bytes.ts'
import { keccak256 } from './keccak.ts'
import { toNibbles } from './nibbles.ts'
import { createTrie, EMPTY_TRIE_ROOT, type Trie } from './trie.ts'
import type { AccountState, Hash32, NodeSource, StateChanges, StateCommit } from './types.ts'

/** What a view remembers of one account: every answer is computed once. */
type AccountEntry = {
  readonly path: Uint8Array
  state: AccountState | undefined
  /** made when the first slot is read */
  storage: Trie | undefined
  /** values of slots that were read or written; most accounts have none */
  slots: Map<string, Uint8Array> | undefined
}

/** What a view has read, over the trie of its accounts. */
export type ViewCache = {
  readonly accountTrie: Trie
  entries: Map<string, AccountEntry>
  readonly source: NodeSource
  readonly held: HeldBytes
}

/** What views hold in memory, roughly and at most: what later blocks replaced is counted still. */
export type HeldBytes = { bytes: number }

/** Estimates: an entry or a node with its objects, beside the bytes of the node. */
const ENTRY_BYTES = 700
const SLOT_BYTES = 500
export const NODE_OVERHEAD_BYTES = 700

export function createViewCache(source: NodeSource, root: Hash32, held: HeldBytes): ViewCache {
  return { accountTrie: createTrie(source, root), entries: new Map(), source, held }
}

/** `bytes` spares the way back from hex where they are at hand. */
export function entryOf(cache: ViewCache, address: string, bytes?: Uint8Array): AccountEntry {
  const known = cache.entries.get(address)
  if (known !== undefined) return known
  const path = toNibbles(keccak256(bytes ?? hexToBytes(address)))
  const leaf = cache.accountTrie.get(path)
  const state = leaf === undefined ? undefined : Object.freeze(decodeAccount(leaf))
  const entry: AccountEntry = { path, state, storage: undefined, slots: undefined }
  cache.entries.set(address, entry)
  cache.held.bytes += ENTRY_BYTES
  return entry
}

export function readSlot(cache: ViewCache, entry: AccountEntry, account: AccountState, slot: Uint8Array): Uint8Array {
  if (slot.length !== 32) throw new Error('a slot key has 32 bytes')
  const key = bytesToHex(slot)
  const known = entry.slots?.get(key)
  if (known !== undefined) return known
  entry.storage ??= createTrie(cache.source, account.storageRoot)
  const leaf = entry.storage.get(toNibbles(keccak256(slot)))
  const value = leaf === undefined ? EMPTY_BYTES : decodeStorageValue(leaf)
  entry.slots ??= new Map()
  entry.slots.set(key, value)
  cache.held.bytes += SLOT_BYTES
  return value
}

/** A commit with what the view after it begins with. */
export type Committed = {
  readonly commit: StateCommit
  readonly changes: StateChanges
  readonly accountTrie: Trie
  /** of each live account whose storage changed */
  readonly storageTries: ReadonlyMap<string, Trie>
}

/** Storage tries first, then the account trie; in each the deletes come last. */
export function commitChanges(cache: ViewCache, changes: StateChanges): Committed {
  const nodes = new Map<string, Uint8Array>()
  const edit = cache.accountTrie.edit()
  const deleted: string[] = []
  const storageTries = changedStorage(cache, changes, nodes)
  for (const [address, account] of changes.accounts) {
    if (account === null) {
      deleted.push(address)
      continue
    }
    const entry = entryOf(cache, address)
    edit.put(entry.path, encodeAccount(accountAfter(entry.state, account, storageTries.get(address))))
  }
  for (const address of deleted) edit.delete(entryOf(cache, address).path)
  const accountTrie = edit.commit(nodes)
  return { commit: { root: accountTrie.root, nodes }, changes, accountTrie, storageTries }
}

function accountAfter(
  before: AccountState | undefined,
  { nonce, balance, codeHash }: Omit<AccountState, 'storageRoot'>,
  storage: Trie | undefined,
): AccountState {
  return { nonce, balance, storageRoot: storage?.root ?? before?.storageRoot ?? EMPTY_TRIE_ROOT, codeHash }
}

/** New storage of each live account whose storage was changed or wiped. */
function changedStorage(cache: ViewCache, changes: StateChanges, nodes: Map<string, Uint8Array>): Map<string, Trie> {
  const tries = new Map<string, Trie>()
  for (const address of changes.clearedStorage) {
    tries.set(requireAccount(changes, address), createTrie(cache.source, EMPTY_TRIE_ROOT))
  }
  for (const [address, slots] of changes.storage) {
    if (changes.accounts.get(requireAccount(changes, address)) === null) continue
    const entry = entryOf(cache, address)
    tries.set(address, storageAfter(tries.get(address) ?? storageOf(cache, entry), slots, nodes))
  }
  return tries
}

function storageOf(cache: ViewCache, entry: AccountEntry): Trie {
  entry.storage ??= createTrie(cache.source, entry.state?.storageRoot ?? EMPTY_TRIE_ROOT)
  return entry.storage
}

function storageAfter(trie: Trie, slots: ReadonlyMap<string, Uint8Array>, nodes: Map<string, Uint8Array>): Trie {
  const edit = trie.edit()
  const deleted: Uint8Array[] = []
  for (const [slot, value] of slots) {
    // Hashed again: paths of all slots that were ever read would take a seventh of the memory of this cache.
    const path = toNibbles(keccak256(hexToBytes(slot)))
    if (value.length === 0) deleted.push(path)
    else edit.put(path, encodeStorageValue(value))
  }
  for (const path of deleted) edit.delete(path)
  return edit.commit(nodes)
}

/**
 * History of blocks (EIP-2935, EIP-4788): each block writes slots that hardly anybody reads, 8,191 in a ring. Their decoded
 * tries would take more memory than everything else of a quiet chain, so each block reads their few nodes again.
 */
const RING_BUFFERS: ReadonlySet<string> = new Set([
  '0000f90827f1c53a10cb7a02335b175320002935',
  '000f3df6d732807ef1319fb7b8bb8522d0beac02',
])

/** Brings what was read before a block to what it is after it; the commit has made an entry for every changed account. */
export function applyChanges(entries: Map<string, AccountEntry>, committed: Committed, held: HeldBytes): void {
  const { changes, storageTries } = committed
  for (const [address, account] of changes.accounts) {
    const entry = entries.get(address)
    if (entry === undefined) continue
    const storage = storageTries.get(address)
    const forgets = account === null || RING_BUFFERS.has(address)
    if (forgets || changes.clearedStorage.has(address)) entry.slots = undefined
    if (entry.state === undefined && account !== null) held.bytes += NODE_OVERHEAD_BYTES
    entry.state = account === null ? undefined : Object.freeze(accountAfter(entry.state, account, storage))
    entry.storage = forgets ? undefined : (storage ?? entry.storage)
    for (const [slot, value] of (account && changes.storage.get(address)) ?? []) applySlot(entry, slot, value, held)
  }
}

function applySlot(entry: AccountEntry, slot: string, value: Uint8Array, held: HeldBytes): void {
  const known = entry.slots?.get(slot)
  if (known === undefined) return
  if (known.length === 0 && value.length > 0) held.bytes += NODE_OVERHEAD_BYTES
  // A copy: the value may be a view into something large.
  entry.slots?.set(slot, value.slice())
}

function requireAccount(changes: StateChanges, address: string): string {
  if (!changes.accounts.has(address))
    throw new Error(`storage of ${address} changed but the account is not in the changes`)
  return address
}
