import { LRUCache } from 'lru-cache'
import { bytesToHex } from '../stateless/bytes.ts'
import type { HeldBytes } from '../stateless/stateCache.ts'
import { createSteppingView, type SteppingView } from '../stateless/stateView.ts'
import type { Hash32, NodeSource, StateView } from '../stateless/types.ts'

/** States that are kept: the head's, and those that callers ask for beside it. */
const KEPT_STATES = 4
/** What all of them may hold together, by their own count; then everything is forgotten and read again as needed. */
export const MAX_STATE_BYTES = 24 * 1024 * 1024

export type SharedStates = {
  /** The state `root`. Throws what `requireStored` throws. */
  at(root: Hash32): StateView
  /** A block from `parent` to `root` has been stored: what is known of the one is carried over to the other. */
  follow(parent: Hash32, root: Hash32): void
}

/**
 * Views of states, each shared by everybody who asks for the same root: an account or slot that somebody has read is
 * not looked up again, nor is it in the block after. `requireStored` throws when there is no such state.
 */
export function createSharedStates(
  source: NodeSource,
  requireStored: (root: Hash32) => void,
  maxBytes = MAX_STATE_BYTES,
): SharedStates {
  const views = new LRUCache<string, SteppingView>({ max: KEPT_STATES })
  /** callers mostly ask for the head's, with the very bytes of its header */
  let last: { root: Hash32; view: StateView } | undefined
  let held: HeldBytes = { bytes: 0 }

  function forgetWhenFull(): void {
    if (held.bytes <= maxBytes) return
    views.clear()
    last = undefined
    held = { bytes: 0 }
  }

  function viewOf(root: Hash32): StateView {
    const key = bytesToHex(root)
    const known = views.get(key)
    if (known) return known
    requireStored(root)
    const view = createSteppingView(source, root, held)
    views.set(key, view)
    return view
  }

  return {
    at(root) {
      forgetWhenFull()
      if (last?.root === root) return last.view
      const view = viewOf(root)
      last = { root, view }
      return view
    },
    follow(parent, root) {
      forgetWhenFull()
      const next = views.peek(bytesToHex(parent))?.next(root)
      if (next !== undefined) views.set(bytesToHex(root), next)
    },
  }
}
