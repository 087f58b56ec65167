import type { NodeSource } from '../stateless/types.ts'
import { codeKey, nodeKey } from './storeKeys.ts'
import type { Store, StoreOperation } from './types.ts'

/** Nodes are 100 to 550 bytes; the overhead of an entry is counted in. For older states: the head's is decoded, see sharedState.ts. */
export const NODE_CACHE_BYTES = 4 * 1024 * 1024
const CODE_CACHE_BYTES = 8 * 1024 * 1024
/** Key, array, its buffer and the place in the map, as a heap snapshot counts them. */
const ENTRY_OVERHEAD_BYTES = 400

/** Trie nodes and codes of a store behind bounded caches. Both are content-addressed, so nothing ever goes stale. */
export type StateNodes = NodeSource & {
  /** nodes and codes that have just been stored */
  remember(nodes: ReadonlyMap<string, Uint8Array>, codes: ReadonlyMap<string, Uint8Array>): void
}

export function createStateNodes(store: Store): StateNodes {
  const nodes = byteCache(NODE_CACHE_BYTES)
  const codes = byteCache(CODE_CACHE_BYTES)
  return {
    getNode: (hash) => read(nodes, hash, () => store.get(nodeKey(hash))),
    getCode: (hash) => read(codes, hash, () => store.get(codeKey(hash))),
    remember(newNodes, newCodes) {
      for (const [hash, node] of newNodes) nodes.set(hash, node)
      for (const [hash, code] of newCodes) codes.set(hash, code)
    },
  }
}

export function stateOperations(
  nodes: ReadonlyMap<string, Uint8Array>,
  codes: ReadonlyMap<string, Uint8Array>,
): StoreOperation[] {
  const operations: StoreOperation[] = []
  for (const [hash, value] of nodes) operations.push({ type: 'put', key: nodeKey(hash), value })
  for (const [hash, value] of codes) operations.push({ type: 'put', key: codeKey(hash), value })
  return operations
}

type ByteCache = { get(hash: string): Uint8Array | undefined; set(hash: string, value: Uint8Array): void }

/**
 * At most `maxBytes` in two generations: when the young one has half of them it becomes the old one, which is dropped,
 * but for what is asked for again. Cheaper at each use than a list in order of use.
 */
function byteCache(maxBytes: number): ByteCache {
  let young = new Map<string, Uint8Array>()
  let old = young
  let bytes = 0
  const set = (hash: string, value: Uint8Array): void => {
    if (young.has(hash)) return
    young.set(hash, value)
    bytes += value.length + ENTRY_OVERHEAD_BYTES
    if (bytes <= maxBytes / 2) return
    old = young
    young = new Map()
    bytes = 0
  }
  return {
    set,
    get(hash) {
      const fresh = young.get(hash)
      if (fresh !== undefined) return fresh
      const value = old.get(hash)
      if (value !== undefined) set(hash, value)
      return value
    },
  }
}

function read(cache: ByteCache, hash: string, load: () => Uint8Array | undefined): Uint8Array | undefined {
  const cached = cache.get(hash)
  if (cached !== undefined) return cached
  const value = load()
  if (value !== undefined) cache.set(hash, value)
  return value
}
