import { EMPTY_CODE_HASH } from './account.ts'
import { bytesEqual, bytesToHex, EMPTY_BYTES } from './bytes.ts'
import { InvalidWitness } from './errors.ts'
import {
  applyChanges,
  type Committed,
  commitChanges,
  createViewCache,
  entryOf,
  type HeldBytes,
  NODE_OVERHEAD_BYTES,
  readSlot,
  type ViewCache,
} from './stateCache.ts'
import type { Hash32, NodeSource, StateView } from './types.ts'

const EMPTY_CODE_KEY = bytesToHex(EMPTY_CODE_HASH)

/**
 * The state with the given root over a source of nodes: the store of a full node, an overlay, a recorder or a witness.
 * Reads are remembered; the objects it returns are frozen or owned by it, so do not write into them.
 *
 * Secure tries: accounts at keccak256(address), slots at keccak256(slot key).
 *
 * @throws (from its methods) InvalidWitness MISSING_NODE, MISSING_CODE, MALFORMED_NODE, MALFORMED_ACCOUNT
 */
export function createStateView(source: NodeSource, root: Hash32): StateView {
  const cache = createViewCache(source, root, { bytes: 0 })
  return { ...reader(cache), commit: (changes) => commitChanges(cache, changes).commit }
}

/** A view that hands what it has in memory on to the state after a block. */
export type SteppingView = StateView & {
  /**
   * The state `root`, when one of the last commits here led to it and its nodes have reached the source by now. It
   * shares the decoded tries with this view and takes over the accounts and slots that were read; this view stays right.
   */
  next(root: Hash32): SteppingView | undefined
}

/** As `createStateView`, over a source that keeps its nodes; what it and the views after it hold is added to `held`. */
export function createSteppingView(source: NodeSource, root: Hash32, held: HeldBytes): SteppingView {
  const counted: NodeSource = {
    getNode: (hash) => {
      const node = source.getNode(hash)
      held.bytes += NODE_OVERHEAD_BYTES + (node?.length ?? 0)
      return node
    },
    getCode: source.getCode,
  }
  return stepping(createViewCache(counted, root, held))
}

/** A pending block and a trace may commit on the same view while a block is sealed. */
const KEPT_COMMITS = 4

function stepping(cache: ViewCache): SteppingView {
  let commits: readonly Committed[] = []
  return {
    ...reader(cache),
    commit(changes) {
      const committed = commitChanges(cache, changes)
      commits = [committed, ...commits].slice(0, KEPT_COMMITS)
      return committed.commit
    },
    next(root) {
      const committed = commits.find(({ accountTrie }) => bytesEqual(accountTrie.root, root))
      if (committed === undefined) return undefined
      commits = []
      const { entries, source, held } = cache
      cache.entries = new Map()
      applyChanges(entries, committed, held)
      return stepping({ accountTrie: committed.accountTrie, entries, source, held })
    },
  }
}

function reader(cache: ViewCache): Omit<StateView, 'commit'> {
  return {
    root: cache.accountTrie.root,
    nodes: cache.source,
    getAccount: (address) => entryOf(cache, bytesToHex(address), address).state,
    getStorage: (address, slot) => {
      const entry = entryOf(cache, bytesToHex(address), address)
      return entry.state === undefined ? EMPTY_BYTES : readSlot(cache, entry, entry.state, slot)
    },
    getCode: (codeHash) => {
      const key = bytesToHex(codeHash)
      if (key === EMPTY_CODE_KEY) return EMPTY_BYTES
      const code = cache.source.getCode(key)
      if (code === undefined) throw new InvalidWitness('MISSING_CODE', `missing code ${key}`, { codeHash: key })
      return code
    },
  }
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
