import { createCrypto } from '../../execution/crypto.ts'
import { defaultPaths } from '../../execution/paths.ts'
import { bytesToHex } from '../../stateless/bytes.ts'
import { createStateView } from '../../stateless/stateView.ts'
import type { Block, Hash32, NodeSource, StateView } from '../../stateless/types.ts'

export const silentLogger = {
  debug() {},
  info() {},
  warn() {},
  error() {},
  child: () => silentLogger,
}

/** What only the fast paths have is skipped then, with the reason as the note. */
export const onReference = defaultPaths() === 'reference'

/** Test runs share one; it holds no state but a memo. */
export const cryptoOnce = createCrypto({ logger: silentLogger })

type Writes = { nodes: ReadonlyMap<string, Uint8Array>; codes: ReadonlyMap<string, Uint8Array> }

/** Trie nodes, codes and block hashes of a chain in memory. */
export type MemoryChain = {
  readonly source: NodeSource
  view(root: Hash32): StateView
  write(writes: Writes): void
  append(block: Block): void
  blockHash(number: bigint): Hash32 | undefined
}

export function createMemoryChain(): MemoryChain {
  const nodes = new Map<string, Uint8Array>()
  const codes = new Map<string, Uint8Array>()
  const hashes = new Map<bigint, Hash32>()
  const source: NodeSource = { getNode: (hash) => nodes.get(hash), getCode: (hash) => codes.get(hash) }
  return {
    source,
    view: (root) => createStateView(source, root),
    write(writes) {
      for (const [hash, node] of writes.nodes) nodes.set(hash, node)
      for (const [hash, code] of writes.codes) codes.set(hash, code)
    },
    append: (block) => {
      hashes.set(block.header.number, block.hash)
    },
    blockHash: (number) => hashes.get(number),
  }
}

export const hex = (bytes: Uint8Array): string => `0x${bytesToHex(bytes)}`
