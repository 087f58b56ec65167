import type { Clock } from '../node/types.ts'

type Hex = `0x${string}`

/** `notBeforeMs` by the node's clock; `reason` of the last failure. Forgotten with the process. */
export type Postponement = { attempts: number; notBeforeMs: number; reason?: string }

/** Hashes of what failed and is tried again later, each time after twice as long. */
export type Postponed = {
  readonly size: number
  /** is it too early? */
  has(hash: Hex): boolean
  /** undefined: it has not failed here */
  get(hash: Hex): Postponement | undefined
  /** one failure more; gives their number. `delayMs`: instead of the growing pause */
  add(hash: Hex, failure?: { reason?: string | undefined; delayMs?: number | undefined }): number
  keepOnly(hashes: ReadonlySet<Hex>): void
  /** gives the function that brings everything back to now */
  remember(): () => void
}

export function createPostponed(pause: { firstMs: number; lastMs: number }, clock: Clock): Postponed {
  const entries = new Map<Hex, Postponement & { sinceMs: number }>()
  return {
    get size() {
      return entries.size
    },
    has(hash) {
      const entry = entries.get(hash)
      if (entry === undefined) return false
      const nowMs = clock.nowMs()
      // before: the clock was set back since, and the pause would be longer by as much
      return nowMs >= entry.sinceMs && nowMs < entry.notBeforeMs
    },
    get: (hash) => entries.get(hash),
    add(hash, { reason, delayMs } = {}) {
      const attempts = (entries.get(hash)?.attempts ?? 0) + 1
      const growing = Math.min(pause.lastMs, pause.firstMs * 2 ** Math.min(attempts - 1, 16))
      const sinceMs = clock.nowMs()
      const notBeforeMs = sinceMs + (delayMs ?? growing)
      entries.set(hash, { attempts, sinceMs, notBeforeMs, ...(reason === undefined ? {} : { reason }) })
      return attempts
    },
    keepOnly(hashes) {
      for (const hash of entries.keys()) if (!hashes.has(hash)) entries.delete(hash)
    },
    remember() {
      const kept = [...entries]
      return () => {
        entries.clear()
        for (const [hash, entry] of kept) entries.set(hash, entry)
      }
    },
  }
}
