import { expect, it } from 'vitest'
import { followList } from '../../rollup/feeds/listFollower.ts'

function followed(items: string[]) {
  const list = { items }
  const changes = followList<string>({
    length: () => list.items.length,
    at: (index) => list.items[index],
    idOf: (item) => item,
  })
  return { list, changes }
}

it.each<[string, string[], string[], string[], string[]]>([
  ['nothing', ['a'], ['a'], [], []],
  ['what came', ['a'], ['a', 'b', 'c'], [], ['b', 'c']],
  ['what left, newest first', ['a', 'b', 'c'], ['a'], ['c', 'b'], []],
  ['another end', ['a', 'b', 'c'], ['a', 'x', 'y', 'z'], ['c', 'b'], ['x', 'y', 'z']],
  ['another beginning', ['a', 'b'], ['x'], ['b', 'a'], ['x']],
  ['the first of all', [], ['a'], [], ['a']],
])('tells %s', (_, before, after, removed, added) => {
  const { list, changes } = followed(before)
  expect(changes()).toEqual({ removed: [], added: [] })
  list.items = after
  expect(changes()).toEqual({ removed, added })
  expect(changes()).toEqual({ removed: [], added: [] })
})

it('remembers the end of a long list', () => {
  const long = Array.from({ length: 5_000 }, (_, index) => `${index}`)
  const { list, changes } = followed(long)
  list.items = [...long.slice(0, 4_990), 'x']
  const { removed, added } = changes()
  expect(removed).toEqual(long.slice(4_990).toReversed())
  expect(added).toEqual(['x'])
})
