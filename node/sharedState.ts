import { LRUCache } from 'lru-cache'
import { bytesToHex } from '../stateless/bytes.ts'
import { createStateView } from '../stateless/stateView.ts'
import type { Hash32, NodeSource, StateView } from '../stateless/types.ts'

/** States that are kept: the head's, and those that callers ask for beside it. */
const KEPT_STATES = 4
/** A view remembers all that was read through it, so it is given up after so many reads. */
const MAX_READS = 50_000

/**
 * Views of states, each shared by everybody who asks for the same root: an account or slot that somebody has read is
 * not looked up again.
 */
export function createSharedStates(source: NodeSource): (root: Hash32) => StateView {
  const views = new LRUCache<string, StateView>({ max: KEPT_STATES })
  return (root) => {
    const key = bytesToHex(root)
    const known = views.get(key)
    if (known) return known
    const view = counted(createStateView(source, root), () => {
      if (views.peek(key) === view) views.delete(key)
    })
    views.set(key, view)
    return view
  }
}

/** `onWorn` is called at every read after the last that counts. */
function counted(view: StateView, onWorn: () => void): StateView {
  let left = MAX_READS
  const count = () => {
    if (--left <= 0) onWorn()
  }
  return {
    ...view,
    getAccount: (address) => {
      count()
      return view.getAccount(address)
    },
    getStorage: (address, slot) => {
      count()
      return view.getStorage(address, slot)
    },
  }
}
