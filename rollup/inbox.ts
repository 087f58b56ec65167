import { createMessageTree, type MessageTree, messageHash } from './messages.ts'
import type { L1View } from './types.ts'

/** Messages that L1 had accepted by the end of a block. */
export function countUntil(view: L1View, l1Block: bigint): number {
  const records = view.messages()
  let count = records.length
  while (count > 0 && (records[count - 1]?.l1Block ?? 0n) > l1Block) count -= 1
  return count
}

/** The inbox tree, kept equal to the watcher's records. */
export function createInbox(view: L1View): { tree(): MessageTree } {
  const tree = createMessageTree()
  const seen: unknown[] = []
  const { l1ChainId, l2ChainId } = view.deployment
  return {
    tree() {
      const records = view.messages()
      const same = seen.findIndex((record, index) => record !== records[index])
      if (same !== -1) {
        seen.length = same
        tree.truncate(same)
      }
      for (const record of records.slice(seen.length)) {
        tree.append(messageHash(record.message, BigInt(l1ChainId), BigInt(l2ChainId)))
        seen.push(record)
      }
      return tree
    },
  }
}
