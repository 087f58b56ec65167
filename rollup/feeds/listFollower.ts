/** A list of which a reorganisation replaces the end; `idOf` tells one item from another at the same place. */
export type FollowedList<Item> = {
  length(): number
  at(index: number): Item | undefined
  idOf(item: Item): string
}

/** What happened to a list: items that left its end, newest first, then those that came, oldest first. */
export type ListChange<Item> = { removed: readonly Item[]; added: readonly Item[] }

/** Items whose leaving is noticed: more than any reorganisation takes. */
const REMEMBERED = 1_024

/** Compares a list with what it was at the last call, or when this was made. */
export function followList<Item>(list: FollowedList<Item>): () => ListChange<Item> {
  let length = list.length()
  let first = Math.max(0, length - REMEMBERED)
  let known = read(list, first, length)

  return () => {
    const isSame = (item: Item, offset: number): boolean => {
      const now = list.at(first + offset)
      return now !== undefined && list.idOf(now) === list.idOf(item)
    }
    // what an entry follows never changes without it
    let kept = Math.min(known.length, Math.max(0, list.length() - first))
    while (kept > 0 && !isSame(known[kept - 1] as Item, kept - 1)) kept--
    const removed = known.slice(kept).reverse()
    const added = read(list, first + kept, list.length())
    length = list.length()
    known = [...known.slice(0, kept), ...added].slice(-REMEMBERED)
    first = length - known.length
    return { removed, added }
  }
}

function read<Item>(list: FollowedList<Item>, from: number, to: number): Item[] {
  const items: Item[] = []
  for (let index = from; index < to; index++) {
    const item = list.at(index)
    if (item !== undefined) items.push(item)
  }
  return items
}
