import { describe, expect, test } from 'vitest'
import { createChangeFeed } from '../../rpc/eth/changeFeed.ts'

const never = () => {
  throw new Error('nobody is to be forgotten')
}

describe('a feed of changes', () => {
  test('each reader gets all that came since it joined, at its own pace', () => {
    const feed = createChangeFeed<number>({ maxChanges: 10, maxBytes: 1_000 })
    expect(feed.hasReaders()).toBe(false)
    feed.append(0, 1)
    const quick = feed.join(never)
    feed.append(1, 1)
    const slow = feed.join(never)
    feed.append(2, 1)
    expect(quick.unread()).toEqual([1, 2])
    quick.take(2)
    feed.append(3, 1)
    expect(quick.unread()).toEqual([3])
    expect(slow.unread()).toEqual([2, 3])
    slow.take(1)
    expect(slow.unread()).toEqual([3])
  })

  test('too many: who is furthest behind is forgotten, the others keep their place', () => {
    const feed = createChangeFeed<number>({ maxChanges: 3, maxBytes: 1_000 })
    const forgotten: string[] = []
    const [idle, alsoIdle] = ['idle', 'also idle'].map((name) => feed.join(() => forgotten.push(name)))
    const busy = feed.join(never)
    for (const change of [1, 2, 3]) feed.append(change, 1)
    busy.take(2)
    expect(idle?.unread()).toEqual([1, 2, 3])
    feed.append(4, 1)
    expect(forgotten).toEqual(['idle', 'also idle'])
    expect([idle?.unread(), alsoIdle?.unread()]).toEqual([[], []])
    expect(busy.unread()).toEqual([3, 4])
  })

  test('too large: the same by size; what all have taken or nobody waits for does not count', () => {
    const feed = createChangeFeed<number>({ maxChanges: 1_000, maxBytes: 100 })
    const forgotten: string[] = []
    const reader = feed.join(() => forgotten.push('reader'))
    for (let change = 0; change < 20; change++) {
      feed.append(change, 60)
      reader.take(1)
    }
    const gone = feed.join(() => forgotten.push('gone'))
    feed.append(20, 60)
    reader.take(1)
    gone.leave()
    feed.append(21, 100)
    expect(forgotten).toEqual([])
    feed.append(22, 1)
    expect(forgotten).toEqual(['reader'])
    expect(feed.hasReaders()).toBe(false)
    const next = feed.join(() => forgotten.push('next'))
    feed.append(23, 101)
    expect(next.unread()).toEqual([])
    expect(forgotten).toEqual(['reader', 'next'])
  })
})
