import type { RollupDeployment } from '../../genesis/types.ts'
import type { L1MessageRecord, L1View, Message } from '../types.ts'
import { createMessageTree, type MessageTree, messageHash } from './messages.ts'

type Hex = `0x${string}`

/** Messages that L1 had accepted by the end of a block. */
export function countUntil(view: L1View, l1Block: bigint): number {
  const records = view.messages()
  let count = records.length
  while (count > 0 && (records[count - 1]?.l1Block ?? 0n) > l1Block) count -= 1
  return count
}

/** The hash of a message from L1, its leaf in the tree. */
export function inboxLeaf({ l1ChainId, l2ChainId }: RollupDeployment, message: Message): Hex {
  return messageHash(message, BigInt(l1ChainId), BigInt(l2ChainId))
}

/** The inbox tree and the hashes in it, kept equal to the watcher's records. */
export type Inbox = {
  tree(): MessageTree
  /** where the message with this hash lies; undefined: there is none */
  indexOf(hash: Hex): number | undefined
}

export function createInbox(view: L1View): Inbox {
  const tree = createMessageTree()
  const seen: { record: L1MessageRecord; leaf: Hex }[] = []
  const indices = new Map<Hex, number>()

  function follow(): void {
    const records = view.messages()
    const same = seen.findIndex(({ record }, index) => record !== records[index])
    if (same !== -1) {
      for (const { leaf } of seen.splice(same)) indices.delete(leaf)
      tree.truncate(same)
    }
    for (const record of records.slice(seen.length)) {
      const leaf = inboxLeaf(view.deployment, record.message)
      tree.append(leaf)
      indices.set(leaf, seen.length)
      seen.push({ record, leaf })
    }
  }

  return {
    tree() {
      follow()
      return tree
    },
    indexOf(hash) {
      follow()
      return indices.get(hash)
    },
  }
}
