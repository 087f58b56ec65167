import { expect, test } from 'vitest'
import { createJsonCache } from '../../rpc/preparedJson.ts'

test('all who ask while a text is made share it, also when it is too long to be kept', async () => {
  const cache = createJsonCache(100_000)
  let made = 0
  const make = async () => {
    made++
    return 'x'.repeat(90_000)
  }
  const [first, ...others] = await Promise.all(Array.from({ length: 120 }, () => cache.get('block', make)))
  expect(made).toBe(1)
  expect(others.every((other) => other === first)).toBe(true)
  await cache.get('block', make)
  expect(made).toBe(2)
})

test('short texts count with their objects: the oldest of too many is made again', async () => {
  const cache = createJsonCache(100_000)
  const made: number[] = []
  const get = (n: number) =>
    cache.get(`block ${n}`, () => {
      made.push(n)
      return n
    })
  for (let n = 0; n < 300; n++) await get(n)
  await get(299)
  expect(made).toHaveLength(300)
  await get(0)
  expect(made.slice(300)).toEqual([0])
})

test('a text that cannot be made is tried again by the next who asks', async () => {
  const cache = createJsonCache(100_000)
  const failing = () => cache.get('block', () => Promise.reject(new Error('not now')))
  await expect(Promise.all([failing(), failing()])).rejects.toThrow('not now')
  expect(await cache.get('block', () => 'here')).toMatchObject({ text: '"here"' })
})
