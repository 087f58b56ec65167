import { MerklePatriciaTrie } from '@ethereumjs/mpt'
import { type NestedUint8Array, RLP } from '@ethereumjs/rlp'
import { Account, type BatchDBOp, bytesToUnprefixedHex, unprefixedHexToBytes } from '@ethereumjs/util'
import { bytesToHex, hexToBytes } from '../../stateless/bytes.ts'
import { InvalidWitness } from '../../stateless/errors.ts'
import { EMPTY_TRIE_ROOT } from '../../stateless/trie.ts'
import type { AccountState, Hash32, NodeSource, StateChanges, StateCommit } from '../../stateless/types.ts'
import { giveWay, isTurnOver } from '../eventLoop.ts'

type AccountOf = (address: Uint8Array) => AccountState | undefined

/** The tries of a state as the library walks them. Reads and commits look up the same nodes as ours, in the same order. */
export type ReferenceTries = {
  /** the RLP of the account, null when there is none */
  account(address: Uint8Array): Promise<Uint8Array | null>
  /** the RLP of the slot's value, null when it is zero */
  slot(storageRoot: Hash32, slot: Uint8Array): Promise<Uint8Array | null>
  /** `accountOf` gives the accounts before the changes. Throws InvalidWitness MISSING_NODE. */
  commit(changes: StateChanges, accountOf: AccountOf): Promise<StateCommit>
}

export function createReferenceTries(source: NodeSource, root: Hash32): ReferenceTries {
  return {
    account: (address) => openTrie(source, root).trie.get(address),
    slot: (storageRoot, slot) => openTrie(source, storageRoot).trie.get(slot),
    commit: (changes, accountOf) => commit(source, root, changes, accountOf),
  }
}

/** Root of the trie that maps rlp(index) to values[index]. */
export async function referenceOrderedRoot(values: readonly Uint8Array[]): Promise<Hash32> {
  const trie = new MerklePatriciaTrie()
  for (const [index, value] of values.entries()) {
    await trie.put(RLP.encode(index), value)
    if (isTurnOver()) await giveWay()
  }
  return trie.root()
}

const EMPTY_ROOT_KEY = bytesToHex(EMPTY_TRIE_ROOT)

type OpenTrie = { trie: MerklePatriciaTrie; written: ReadonlyMap<string, Uint8Array> }

/** What is written stays beside the source. After any error the trie is of no use: the library keeps its lock. */
function openTrie(source: NodeSource, root: Hash32): OpenTrie {
  const written = new Map<string, Uint8Array>()
  const toHex = (key: string | Uint8Array) => (typeof key === 'string' ? key : bytesToUnprefixedHex(key))
  const put = (key: string | Uint8Array, value: string | Uint8Array) =>
    written.set(toHex(key), typeof value === 'string' ? unprefixedHexToBytes(value) : value)
  const db = {
    // The library takes a missing node for an absent value; an error of ours it hands on.
    get: async (key: string | Uint8Array) => written.get(toHex(key)) ?? requireNode(source, toHex(key)),
    put: async (key: string | Uint8Array, value: string | Uint8Array) => {
      put(key, value)
    },
    del: async () => {},
    batch: async (operations: BatchDBOp<string | Uint8Array, string | Uint8Array>[]) => {
      for (const operation of operations) if (operation.type === 'put') put(operation.key, operation.value)
    },
    shallowCopy: () => db,
    open: async () => {},
  }
  const empty = bytesToHex(root) === EMPTY_ROOT_KEY
  const trie = new MerklePatriciaTrie({
    db,
    useKeyHashing: true,
    valueEncoding: 'view',
    ...(empty ? {} : { root }),
  })
  return { trie, written }
}

function requireNode(source: NodeSource, hash: string): Uint8Array | undefined {
  // An empty trie has no node, and the library looks for it all the same.
  if (hash === EMPTY_ROOT_KEY) return undefined
  const node = source.getNode(hash)
  if (node !== undefined) return node
  throw new InvalidWitness('MISSING_NODE', `missing trie node ${hash}`, { hash })
}

async function commit(
  source: NodeSource,
  root: Hash32,
  changes: StateChanges,
  accountOf: AccountOf,
): Promise<StateCommit> {
  const nodes = new Map<string, Uint8Array>()
  const roots = new Map<string, Hash32>()
  for (const address of changes.clearedStorage) roots.set(address, EMPTY_TRIE_ROOT)
  for (const [address, slots] of changes.storage) {
    if (changes.accounts.get(address) === null) continue
    const base = roots.get(address) ?? accountOf(hexToBytes(address))?.storageRoot ?? EMPTY_TRIE_ROOT
    const encoded = [...slots].map(([slot, value]) => entryOf(slot, value.length === 0 ? null : RLP.encode(value)))
    roots.set(address, await write(openTrie(source, base), encoded, nodes))
  }
  const encoded = [...changes.accounts].map(([address, account]) => {
    if (account === null) return entryOf(address, null)
    const { nonce, balance, codeHash } = account
    const storageRoot = roots.get(address) ?? accountOf(hexToBytes(address))?.storageRoot ?? EMPTY_TRIE_ROOT
    return entryOf(address, new Account(nonce, balance, storageRoot, codeHash).serialize())
  })
  return { root: await write(openTrie(source, root), encoded, nodes), nodes }
}

type Entry = { key: Uint8Array; value: Uint8Array | null }

function entryOf(key: string, value: Uint8Array | null): Entry {
  return { key: hexToBytes(key), value }
}

/** Deletes come last: their order decides which siblings are looked up. */
async function write({ trie, written }: OpenTrie, entries: readonly Entry[], nodes: Map<string, Uint8Array>) {
  for (const { key, value } of [
    ...entries.filter((e) => e.value !== null),
    ...entries.filter((e) => e.value === null),
  ]) {
    await trie.put(key, value)
    if (isTurnOver()) await giveWay()
  }
  keepReachable(bytesToHex(trie.root()), written, nodes)
  return trie.root()
}

/**
 * Every write leaves the nodes of the states between behind. A node that another trie has written too is not the end: below it
 * may be some that were old there and are new here.
 */
function keepReachable(hash: string, written: ReadonlyMap<string, Uint8Array>, nodes: Map<string, Uint8Array>): void {
  const seen = new Set<string>()
  const keep = (from: string): void => {
    const node = written.get(from)
    if (node === undefined || seen.has(from)) return
    seen.add(from)
    nodes.set(from, node)
    for (const child of childHashes(RLP.decode(node))) keep(child)
  }
  keep(hash)
}

function* childHashes(item: Uint8Array | NestedUint8Array): Generator<string> {
  if (item instanceof Uint8Array) {
    if (item.length === 32) yield bytesToHex(item)
    return
  }
  for (const part of item) yield* childHashes(part)
}
