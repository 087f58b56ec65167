import { expect, it } from 'vitest'
import type { Transaction } from '../../execution/types.ts'
import { createKeptSidecars } from '../../node/keptSidecars.ts'

const kept = (bytes: number) => ({ tx: { nonce: BigInt(bytes) } as unknown as Transaction, bytes })

it('keeps what fits, the newest longest, and gives each back once', () => {
  const sidecars = createKeptSidecars(100)
  sidecars.keep('a', kept(40), 1n)
  sidecars.keep('b', kept(41), 2n)
  sidecars.keep('c', kept(42), 3n)
  expect(sidecars.take('a')).toBeUndefined()
  expect(sidecars.take('b')).toEqual(kept(41))
  expect(sidecars.take('b')).toBeUndefined()
  // What was taken makes room again.
  sidecars.keep('d', kept(58), 4n)
  expect(sidecars.take('c')).toEqual(kept(42))
})

it('forgets blocks that will stay, and counts one that comes again from its new block on', () => {
  const sidecars = createKeptSidecars(100)
  sidecars.keep('a', kept(1), 1n)
  sidecars.keep('b', kept(2), 2n)
  sidecars.keep('a', kept(1), 3n)
  sidecars.forgetUntil(2n)
  expect(sidecars.take('b')).toBeUndefined()
  expect(sidecars.take('a')).toEqual(kept(1))
})

it('does not keep what is larger than everything', () => {
  const sidecars = createKeptSidecars(100)
  sidecars.keep('a', kept(101), 1n)
  expect(sidecars.take('a')).toBeUndefined()
})
