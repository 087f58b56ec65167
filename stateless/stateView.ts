import { decodeAccount, decodeStorageValue, EMPTY_CODE_HASH, encodeAccount, encodeStorageValue } from './account.ts'
import { bytesToHex, EMPTY_BYTES, hexToBytes } from './bytes.ts'
import { InvalidWitness } from './errors.ts'
import { keccak256 } from './keccak.ts'
import { toNibbles } from './nibbles.ts'
import { createTrie, EMPTY_TRIE_ROOT, type Trie } from './trie.ts'
import type { AccountState, Hash32, NodeSource, StateChanges, StateCommit, StateView } from './types.ts'

const EMPTY_CODE_KEY = bytesToHex(EMPTY_CODE_HASH)

/** What a view remembers of one account: every answer is computed once. */
type AccountEntry = {
  readonly path: Uint8Array
  readonly state: AccountState | undefined
  /** made when the first slot is read */
  storage: Trie | undefined
  readonly slots: Map<string, Uint8Array>
}

type ViewCache = {
  readonly accountTrie: Trie
  readonly entries: Map<string, AccountEntry>
  readonly source: NodeSource
}

/**
 * The state with the given root over a source of nodes: the store of a full node, an overlay, a recorder or a witness.
 * Reads are remembered; the objects it returns are frozen or owned by it, so do not write into them.
 *
 * Secure tries: accounts at keccak256(address), slots at keccak256(slot key).
 *
 * @throws (from its methods) InvalidWitness MISSING_NODE, MISSING_CODE, MALFORMED_NODE, MALFORMED_ACCOUNT
 */
export function createStateView(source: NodeSource, root: Hash32): StateView {
  const cache: ViewCache = { accountTrie: createTrie(source, root), entries: new Map(), source }
  return {
    root,
    getAccount: (address) => entryOf(cache, bytesToHex(address), address).state,
    getStorage: (address, slot) => {
      const entry = entryOf(cache, bytesToHex(address), address)
      return entry.state === undefined ? EMPTY_BYTES : readSlot(cache, entry, entry.state, slot)
    },
    getCode: (codeHash) => {
      const key = bytesToHex(codeHash)
      if (key === EMPTY_CODE_KEY) return EMPTY_BYTES
      const code = source.getCode(key)
      if (code === undefined) throw new InvalidWitness('MISSING_CODE', `missing code ${key}`, { codeHash: key })
      return code
    },
    commit: (changes) => commit(cache, changes),
  }
}

/** `bytes` spares the way back from hex where they are at hand. */
function entryOf(cache: ViewCache, address: string, bytes?: Uint8Array): AccountEntry {
  const known = cache.entries.get(address)
  if (known !== undefined) return known
  const path = toNibbles(keccak256(bytes ?? hexToBytes(address)))
  const leaf = cache.accountTrie.get(path)
  const state = leaf === undefined ? undefined : Object.freeze(decodeAccount(leaf))
  const entry: AccountEntry = { path, state, storage: undefined, slots: new Map() }
  cache.entries.set(address, entry)
  return entry
}

function readSlot(cache: ViewCache, entry: AccountEntry, account: AccountState, slot: Uint8Array): Uint8Array {
  if (slot.length !== 32) throw new Error('a slot key has 32 bytes')
  const key = bytesToHex(slot)
  const known = entry.slots.get(key)
  if (known !== undefined) return known
  entry.storage ??= createTrie(cache.source, account.storageRoot)
  const leaf = entry.storage.get(toNibbles(keccak256(slot)))
  const value = leaf === undefined ? EMPTY_BYTES : decodeStorageValue(leaf)
  entry.slots.set(key, value)
  return value
}

/** Storage tries first, then the account trie; in each the deletes come last. */
function commit(cache: ViewCache, changes: StateChanges): StateCommit {
  const nodes = new Map<string, Uint8Array>()
  const edit = cache.accountTrie.edit()
  const deleted: string[] = []
  const roots = storageRoots(cache, changes, nodes)
  for (const [address, account] of changes.accounts) {
    if (account === null) {
      deleted.push(address)
      continue
    }
    const entry = entryOf(cache, address)
    const storageRoot = roots.get(address) ?? entry.state?.storageRoot ?? EMPTY_TRIE_ROOT
    const { nonce, balance, codeHash } = account
    edit.put(entry.path, encodeAccount({ nonce, balance, storageRoot, codeHash }))
  }
  for (const address of deleted) edit.delete(entryOf(cache, address).path)
  return { root: edit.commit(nodes), nodes }
}

/** New storage root of each live account whose storage was changed or wiped. */
function storageRoots(cache: ViewCache, changes: StateChanges, nodes: Map<string, Uint8Array>): Map<string, Hash32> {
  const roots = new Map<string, Hash32>()
  for (const address of changes.clearedStorage) roots.set(requireAccount(changes, address), EMPTY_TRIE_ROOT)
  for (const [address, slots] of changes.storage) {
    if (changes.accounts.get(requireAccount(changes, address)) === null) continue
    const base = roots.get(address) ?? entryOf(cache, address).state?.storageRoot ?? EMPTY_TRIE_ROOT
    roots.set(address, storageRootAfter(storageTrie(cache, address, base), slots, nodes))
  }
  return roots
}

/** The trie that reads have loaded already, unless the storage was wiped. */
function storageTrie(cache: ViewCache, address: string, base: Hash32): Trie {
  const entry = cache.entries.get(address)
  if (entry?.storage !== undefined && entry.state?.storageRoot === base) return entry.storage
  const trie = createTrie(cache.source, base)
  if (entry !== undefined && entry.state?.storageRoot === base) entry.storage = trie
  return trie
}

function storageRootAfter(trie: Trie, slots: ReadonlyMap<string, Uint8Array>, nodes: Map<string, Uint8Array>): Hash32 {
  const edit = trie.edit()
  const deleted: Uint8Array[] = []
  for (const [slot, value] of slots) {
    const path = toNibbles(keccak256(hexToBytes(slot)))
    if (value.length === 0) deleted.push(path)
    else edit.put(path, encodeStorageValue(value))
  }
  for (const path of deleted) edit.delete(path)
  return edit.commit(nodes)
}

function requireAccount(changes: StateChanges, address: string): string {
  if (!changes.accounts.has(address))
    throw new Error(`storage of ${address} changed but the account is not in the changes`)
  return address
}

/** What blocks that are not stored add to a source: new nodes and codes by hash (hex) come before those below. Both may grow. */
export function overlayNodes(
  below: NodeSource,
  nodes: ReadonlyMap<string, Uint8Array>,
  codes: ReadonlyMap<string, Uint8Array>,
): NodeSource {
  return {
    getNode: (hash) => nodes.get(hash) ?? below.getNode(hash),
    getCode: (hash) => codes.get(hash) ?? below.getCode(hash),
  }
}
