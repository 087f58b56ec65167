/** One reader's place in a feed. */
export type FeedReader<Change> = {
  /** what this reader has not taken yet, oldest first; nothing when it was forgotten or has left */
  unread(): Change[]
  /** the oldest `count` of them have been answered */
  take(count: number): void
  leave(): void
}

/** Changes in their order, kept once for all readers, each of whom takes them at its own pace. */
export type ChangeFeed<Change> = {
  hasReaders(): boolean
  /** `bytes`: about what keeping it costs */
  append(change: Change, bytes: number): void
  /** Reads what comes from now on. `forget` is called when the reader is so far behind that some of it is gone. */
  join(forget: () => void): FeedReader<Change>
}

export type FeedLimits = { maxChanges: number; maxBytes: number }

type Place = { next: number; forget: () => void }

/**
 * A change is kept until all readers have taken it. When too much is kept, those who are furthest behind lose their
 * place, so what one idle reader costs does not grow and what a thousand cost is the same.
 */
export function createChangeFeed<Change>({ maxChanges, maxBytes }: FeedLimits): ChangeFeed<Change> {
  const kept: Change[] = []
  /** of what is kept, in the same order */
  const sizes: number[] = []
  const places = new Set<Place>()
  /** number of the oldest change that is kept */
  let first = 0
  let bytes = 0
  const end = () => first + kept.length

  function slowest(): number {
    let next = end()
    for (const place of places) next = Math.min(next, place.next)
    return next
  }

  function dropTaken(): void {
    const count = slowest() - first
    if (count === 0) return
    kept.splice(0, count)
    for (const size of sizes.splice(0, count)) bytes -= size
    first += count
  }

  function forgetSlowest(): void {
    const next = slowest()
    for (const place of [...places]) {
      if (place.next > next) continue
      places.delete(place)
      place.forget()
    }
    dropTaken()
  }

  return {
    hasReaders: () => places.size > 0,
    append(change, size) {
      if (places.size === 0) return
      kept.push(change)
      sizes.push(size)
      bytes += size
      while (kept.length > maxChanges || bytes > maxBytes) forgetSlowest()
    },
    join(forget) {
      const place: Place = { next: end(), forget }
      places.add(place)
      return {
        unread: () => (places.has(place) ? kept.slice(place.next - first) : []),
        take(count) {
          const wasSlowest = place.next === first
          place.next += count
          if (wasSlowest) dropTaken()
        },
        leave() {
          places.delete(place)
          dropTaken()
        },
      }
    },
  }
}
