import type { BlockEnv } from '../execution/types.ts'
import type { Clock } from '../node/types.ts'
import { bytesToHex } from '../stateless/bytes.ts'
import type { Block } from '../stateless/types.ts'
import type { Anchor } from './anchor.ts'
import { l2Env } from './building/l2Env.ts'
import { timestampAfter } from './timestamps.ts'
import type { L1View } from './types.ts'

/**
 * What the next block would begin with. Before L1 was read it keeps the anchor of its parent. Claims of messages are no
 * part of a pending block: each needs a proof that has to be asked of L1.
 */
export function pendingEnv(
  parent: Block,
  {
    view,
    clock,
    ...environment
  }: { view: Pick<L1View, 'head'>; clock: Clock; gasLimit: bigint; coinbase(): Uint8Array },
): BlockEnv {
  const newest = view.head()
  const anchor = newest.hash === '0x' ? anchorOf(parent) : newest
  return l2Env({ parent, anchor, timestamp: timestampAfter(parent, anchor, clock) }, environment)
}

function anchorOf({ header }: Block): Pick<Anchor, 'hash' | 'timestamp'> {
  return { hash: `0x${bytesToHex(header.parentBeaconBlockRoot ?? new Uint8Array(32))}`, timestamp: 0n }
}
