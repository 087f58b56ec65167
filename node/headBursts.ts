import type { Timers } from './clock.ts'
import type { Chain, HeadChange } from './types.ts'

/** Empty blocks in a row are told of together, this often. */
const BURST_MS = 500

/**
 * Tells a listener that asks for the rest itself of new heads: at once, but of empty blocks in a row (a run of mined
 * blocks) only now and then, so that following them costs less than making them. The last one is always told of.
 *
 * Returns the function that stops.
 */
export function onHeadBursts(chain: Pick<Chain, 'onHead'>, timers: Timers, listener: () => void): () => void {
  let cancelTimer: (() => void) | undefined
  let isUntold = false

  const tell = (): void => {
    cancelTimer?.()
    isUntold = false
    cancelTimer = timers.after(BURST_MS, () => {
      cancelTimer = undefined
      if (isUntold) tell()
    })
    listener()
  }
  const stopFollowing = chain.onHead((change) => {
    if (cancelTimer === undefined || !isEmpty(change)) tell()
    else isUntold = true
  })
  return () => {
    stopFollowing()
    cancelTimer?.()
  }
}

/** Nothing was sent, changed by hand or taken back. */
function isEmpty({ added, removed }: HeadChange): boolean {
  return removed.length === 0 && added.every(({ block, changes }) => block.transactions.length === 0 && !changes)
}
