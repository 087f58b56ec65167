import type { Transaction } from '../execution/types.ts'

/** A blob transaction with its sidecar, after a block took it; `bytes` is the size of its network form. */
export type KeptTransaction = { tx: Transaction; bytes: number }

/** Blob transactions of recent blocks, which hold no blobs: a reorganisation can bring them back whole. */
export type KeptSidecars = {
  keep(key: string, kept: KeptTransaction, blockNumber: bigint): void
  /** removes it, if it is still here */
  take(key: string): KeptTransaction | undefined
  /** blocks up to this number will stay */
  forgetUntil(blockNumber: bigint): void
}

export function createKeptSidecars(maxBytes: number): KeptSidecars {
  // In the order of arrival, which is that of blocks: the oldest goes first.
  const entries = new Map<string, KeptTransaction & { blockNumber: bigint }>()
  let held = 0
  const remove = (key: string) => {
    const entry = entries.get(key)
    if (entry === undefined) return undefined
    entries.delete(key)
    held -= entry.bytes
    return { tx: entry.tx, bytes: entry.bytes }
  }
  return {
    keep(key, kept, blockNumber) {
      remove(key)
      entries.set(key, { ...kept, blockNumber })
      held += kept.bytes
      for (const oldest of entries.keys()) {
        if (held <= maxBytes) return
        remove(oldest)
      }
    },
    take: remove,
    forgetUntil(blockNumber) {
      for (const [key, entry] of entries) {
        if (entry.blockNumber > blockNumber) return
        remove(key)
      }
    },
  }
}
