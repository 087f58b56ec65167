import { bytesEqual } from '../stateless/bytes.ts'
import type { Hash32 } from '../stateless/types.ts'
import { canonicalOperations, uncanonicalOperations } from './blockCodec.ts'
import { ChainError } from './errors.ts'
import { giveWay, isTurnOver } from './eventLoop.ts'
import { HEAD_KEY } from './storeKeys.ts'
import type { HeadChange, StoredBlock, StoreOperation } from './types.ts'

type BlockByHash = (hash: Hash32) => StoredBlock | undefined

/** How the canonical chain changes when `next` replaces `head`: through their last common ancestor. Gives way to other work. */
export async function headChange(head: StoredBlock, next: StoredBlock, block: BlockByHash): Promise<HeadChange> {
  const removed: StoredBlock[] = []
  const added: StoredBlock[] = []
  let old = head
  let fresh = next
  while (!bytesEqual(old.block.hash, fresh.block.hash)) {
    if (old.block.header.number >= fresh.block.header.number) {
      removed.push(old)
      old = requireParent(old, block)
    } else {
      added.push(fresh)
      fresh = requireParent(fresh, block)
    }
    if (isTurnOver()) await giveWay()
  }
  return { head: next.block, added: added.reverse(), removed }
}

/** The canonical index rewritten for a change; deletions first, the head pointer last. */
export async function headChangeOperations({ head, added, removed }: HeadChange): Promise<StoreOperation[]> {
  const operations: StoreOperation[] = []
  for (const stored of removed) {
    operations.push(...uncanonicalOperations(stored))
    if (isTurnOver()) await giveWay()
  }
  for (const stored of added) {
    operations.push(...canonicalOperations(stored))
    if (isTurnOver()) await giveWay()
  }
  return [...operations, { type: 'put', key: HEAD_KEY, value: head.hash }]
}

function requireParent({ block: child }: StoredBlock, block: BlockByHash): StoredBlock {
  const parent = block(child.header.parentHash)
  if (parent !== undefined) return parent
  const number = child.header.number - 1n
  throw new ChainError('UNKNOWN_PARENT', `block ${number}, parent of a stored block, is missing`, {
    number,
    hash: child.header.parentHash,
  })
}
