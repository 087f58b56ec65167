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
 * not looked up again. `requireStored` throws when there is no such state.
 */
export function createSharedStates(source: NodeSource, requireStored: (root: Hash32) => void) {
  const views = new LRUCache<string, StateView>({ max: KEPT_STATES })
  /** callers mostly ask for the head's, with the very bytes of its header */
  let last: { root: Hash32; view: StateView } | undefined

  function viewOf(root: Hash32): StateView {
    const key = bytesToHex(root)
    const known = views.get(key)
    if (known) return known
    requireStored(root)
    const view = counted(createStateView(source, root), () => {
      if (views.peek(key) === view) views.delete(key)
      if (last?.view === view) last = undefined
    })
    views.set(key, view)
    return view
  }

  return (root: Hash32): StateView => {
    if (last?.root === root) return last.view
    const view = viewOf(root)
    last = { root, view }
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
