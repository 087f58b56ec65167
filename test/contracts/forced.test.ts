import { keccak256, toHex } from 'viem'
import { beforeEach, describe, expect, it } from 'vitest'
import { abi, BOND, createForced, DEADLINE, EXPIRY, type Forced, NO_ENTRY, transaction } from './forced.ts'
import { SEQUENCER } from './setup.ts'
import { ALICE, BOB, type Outcome } from './vm.ts'

let rollup: Forced
beforeEach(async () => {
  rollup = await createForced()
})

const [one, two, three, four] = [transaction(1), transaction(2), transaction(3, 200), transaction(4, 40_960)]
const others = [transaction('a'), transaction('b', 300), transaction('c', 90, 0xf8)]
const names = (outcome: Outcome) => outcome.events.map(({ name }) => name)

async function refused(error: string, attempt: () => Promise<Outcome>): Promise<Outcome> {
  const before = await rollup.chain.stateRoot()
  const outcome = await attempt()
  expect(outcome.error).toBe(error)
  expect(await rollup.chain.stateRoot()).toBe(before)
  return outcome
}

describe('forceTransaction', () => {
  it('queues the hash and tells the bytes', async () => {
    const outcome = await rollup.force(one)
    const hash = keccak256(one)
    expect(outcome.events).toEqual([
      { name: 'TransactionForced', args: { id: 0n, txHash: hash, payer: expect.any(String), signedTx: toHex(one) } },
    ])
    expect(await rollup.entry(0n)).toEqual({
      txHash: hash,
      payer: ALICE,
      since: rollup.chain.block.timestamp,
      length: 110,
    })
    expect(await rollup.bounds()).toEqual({ head: 0n, tail: 1n })
    expect(await rollup.chain.balance(rollup.rollup)).toBe(BOND)
  })

  it.each([
    [0xc0, 1],
    [0xf8, 40_960],
    [0xff, 110],
    [1, 110],
    [2, 110],
    [4, 110],
  ])('takes first byte %i, %i bytes', async (first, length) => {
    expect((await rollup.force(transaction(7, length, first))).error).toBeUndefined()
  })

  it.each([0, 3, 5, 6, 0x7e, 0x7f, 0x80, 0xbf])('86 refuses first byte %i', async (first) => {
    const outcome = await refused('NativeRollup_BadForcedType', () => rollup.force(transaction(7, 110, first)))
    expect(outcome.errorArgs).toEqual([first])
  })

  it.each([0, 40_961])('86 refuses %i bytes', async (length) => {
    const outcome = await refused('NativeRollup_BadForcedLength', () => rollup.force(transaction(7, length)))
    expect(outcome.errorArgs).toEqual([BigInt(length)])
  })

  it.each([0n, BOND - 1n, BOND + 1n])('refuses a bond of %i wei', async (value) => {
    const outcome = await refused('NativeRollup_WrongBond', () => rollup.force(one, { value }))
    expect(outcome.errorArgs).toEqual([BOND])
  })
})

describe('86 inclusion', () => {
  it.each([
    ['first', [one, ...others]],
    ['in the middle', [others[0], one, others[1]]],
    ['last', [...others, one]],
    ['alone', [one]],
  ])('86 %s: popped by a plain advance', async (_, transactions) => {
    await rollup.force(one)
    const outcome = await rollup.advance(transactions as Uint8Array[])
    expect(names(outcome)).toEqual(['BlockAdvanced', 'ForcedIncluded'])
    expect(outcome.events[1]?.args).toEqual({ id: 0n, number: 1n })
    expect(await rollup.bounds()).toEqual({ head: 1n, tail: 1n })
    expect((await rollup.entry(0n)).txHash).toBe(NO_ENTRY.txHash)
  })

  it('pops several that are in the order of the queue, and one entry for each copy', async () => {
    for (const tx of [one, two, two, three]) await rollup.force(tx)
    const outcome = await rollup.advance([others[0], one, others[1], two, three, others[2]] as Uint8Array[])
    expect(outcome.events.slice(1).map(({ args }) => args)).toEqual([0n, 1n, 2n, 3n].map((id) => ({ id, number: 1n })))
    expect(await rollup.bounds()).toEqual({ head: 4n, tail: 4n })
  })

  it('stops at the first that is missing', async () => {
    for (const tx of [one, two, three]) await rollup.force(tx)
    expect(names(await rollup.advance([one, three]))).toEqual(['BlockAdvanced', 'ForcedIncluded'])
    expect(await rollup.bounds()).toEqual({ head: 1n, tail: 3n })
    expect((await rollup.entry(2n)).txHash).toBe(keccak256(three))
  })

  it('in another order than the queue is resolved when named', async () => {
    for (const tx of [one, two, three, four]) await rollup.force(tx)
    const outcome = await rollup.advanceNamed([three, one, two, four], [2n, 0n, 1n, 3n])
    expect(outcome.events.slice(1).map(({ args }) => args)).toEqual([2n, 0n, 1n, 3n].map((id) => ({ id, number: 1n })))
    expect(await rollup.bounds()).toEqual({ head: 4n, tail: 4n })
  })

  it('named in any order is found all the same', async () => {
    for (const tx of [one, two, three]) await rollup.force(tx)
    const outcome = await rollup.advanceNamed([three, ...others, two, one], [0n, 1n, 2n])
    expect(names(outcome)).toEqual(['BlockAdvanced', 'ForcedIncluded', 'ForcedIncluded', 'ForcedIncluded'])
  })

  it('behind one that no block can include', async () => {
    for (const tx of [one, two, three]) await rollup.force(tx)
    await rollup.advanceNamed([three], [2n])
    expect(await rollup.bounds()).toEqual({ head: 0n, tail: 3n })
    expect((await rollup.entry(2n)).txHash).toBe(NO_ENTRY.txHash)
    // the front passes what was resolved already
    await rollup.advance([one, two])
    expect(await rollup.bounds()).toEqual({ head: 3n, tail: 3n })
  })

  it('goes on behind named ones without names', async () => {
    for (const tx of [one, two, three]) await rollup.force(tx)
    await rollup.advanceNamed([two, one, three], [1n, 0n])
    expect(await rollup.bounds()).toEqual({ head: 3n, tail: 3n })
  })

  it('a named one that the block lacks', async () => {
    for (const tx of [one, two]) await rollup.force(tx)
    const outcome = await refused('NativeRollup_ForcedTxMissing', () => rollup.advanceNamed([one, ...others], [0n, 1n]))
    expect(outcome.errorArgs).toEqual([1n])
  })

  it('an id that nobody has', async () => {
    await rollup.force(one)
    const outcome = await refused('NativeRollup_ForcedTxMissing', () => rollup.advanceNamed([one], [0n, 1n]))
    expect(outcome.errorArgs).toEqual([1n])
    await refused('NativeRollup_ForcedTxMissing', () => rollup.advanceNamed([one], [2n ** 64n - 1n]))
  })

  it('a named one that is resolved or dropped already is no error', async () => {
    for (const tx of [one, two]) await rollup.force(tx)
    await rollup.advance([one])
    expect(names(await rollup.advanceNamed([two], [0n, 1n, 1n]))).toEqual(['BlockAdvanced', 'ForcedIncluded'])
    await rollup.force(three)
    rollup.wait(EXPIRY)
    await rollup.drop(1n)
    expect(names(await rollup.advanceNamed([three], [2n]))).toEqual(['BlockAdvanced'])
  })

  it('needs equal bytes: the same length or a prefix is not enough', async () => {
    await rollup.force(one)
    const altered = one.slice()
    altered[109] = 255 - (altered[109] ?? 0)
    await rollup.advance([altered, one.slice(0, 109), new Uint8Array([...one, 0])])
    expect(await rollup.bounds()).toEqual({ head: 0n, tail: 1n })
  })

  it('in a batch, each block is looked at', async () => {
    for (const tx of [one, two, three]) await rollup.force(tx)
    const outcome = await rollup.advanceBatch([[others[0]], [one, two], [], [three]] as Uint8Array[][])
    const included = outcome.events.filter(({ name }) => name === 'ForcedIncluded')
    expect(included.map(({ args }) => args)).toEqual([
      { id: 0n, number: 2n },
      { id: 1n, number: 2n },
      { id: 2n, number: 4n },
    ])
  })
})

describe('86 bond', () => {
  it('goes to the payer whoever asks, once', async () => {
    await rollup.force(one, { from: ALICE })
    await rollup.advance([one])
    const before = await rollup.chain.balance(ALICE)
    const outcome = await rollup.reclaim(0n, { from: BOB })
    expect(outcome.events).toEqual([{ name: 'BondReclaimed', args: { id: 0n, payer: expect.any(String) } }])
    expect((await rollup.chain.balance(ALICE)) - before).toBe(BOND)
    expect(await rollup.chain.balance(rollup.rollup)).toBe(0n)
    expect(await rollup.entry(0n)).toEqual(NO_ENTRY)
    await refused('NativeRollup_NoBond', () => rollup.reclaim(0n))
  })

  it('is not to be had before inclusion, after expiry, or without an entry', async () => {
    await rollup.force(one)
    await refused('NativeRollup_NoBond', () => rollup.reclaim(0n))
    await refused('NativeRollup_NoBond', () => rollup.reclaim(1n))
    rollup.wait(EXPIRY)
    await rollup.drop(1n)
    await refused('NativeRollup_NoBond', () => rollup.reclaim(0n))
    expect(await rollup.chain.balance(rollup.rollup)).toBe(BOND)
  })

  it('covers every bond owed', async () => {
    for (const tx of [one, two, three, four]) await rollup.force(tx)
    await rollup.advance([one])
    rollup.wait(EXPIRY)
    await rollup.drop(1n)
    await rollup.force(one)
    await rollup.advanceNamed([one], [4n])
    expect(await rollup.chain.balance(rollup.rollup)).toBe(5n * BOND)
    await rollup.reclaim(0n)
    await rollup.reclaim(4n)
    // three expired
    expect(await rollup.chain.balance(rollup.rollup)).toBe(3n * BOND)
  })

  it('stays reclaimable while the payer refuses it, and nothing else suffers', async () => {
    // reverts while its slot 0 is zero
    await rollup.chain.setCode(BOB, '0x5f54600657fe5b00')
    await rollup.chain.setBalance(BOB, 10n ** 18n)
    await rollup.force(one, { from: BOB })
    await rollup.force(two)
    await rollup.advance([one, two])
    await refused('NativeRollup_BondPaymentFailed', () => rollup.reclaim(0n))
    expect((await rollup.reclaim(1n)).error).toBeUndefined()
    await rollup.chain.setStorage(BOB, 0n, '0x01')
    expect((await rollup.reclaim(0n)).error).toBeUndefined()
    expect(await rollup.chain.balance(rollup.rollup)).toBe(0n)
  })

  it('is paid once to a payer that calls again in between', async () => {
    // forwards the calldata of its first slots: calls reclaimBond(0) on whoever pays it, and ignores the outcome
    const reenter = '0x'.concat(
      '63', // PUSH4 selector, left-aligned by the shift below
      toHexSelector(),
      '60e01b5f52', // SHL 224, MSTORE at 0
      '5f5f60245f5f335af1', // CALL(gas, caller, 0, 0, 36, 0, 0)
      '5000', // POP, STOP
    ) as `0x${string}`
    await rollup.chain.setCode(BOB, reenter)
    await rollup.chain.setBalance(BOB, BOND)
    await rollup.force(one, { from: BOB })
    await rollup.force(two)
    await rollup.advance([one, two])
    expect((await rollup.reclaim(0n)).error).toBeUndefined()
    expect(await rollup.chain.balance(BOB)).toBe(BOND)
    expect(await rollup.chain.balance(rollup.rollup)).toBe(BOND)
  })

  it('of zero needs no value', async () => {
    rollup = await createForced({ forcedBond: 0n })
    await refused('NativeRollup_WrongBond', () => rollup.force(one, { value: 1n }))
    await rollup.force(one, { value: 0n })
    await rollup.advance([one])
    expect((await rollup.reclaim(0n)).error).toBeUndefined()
  })
})

function toHexSelector(): string {
  return keccak256(toHex('reclaimBond(uint64)')).slice(2, 10)
}

describe('overdue', () => {
  /** A sequencer that advances without the forced transaction, so that only the queue can open the rollup. */
  async function censor(seconds: bigint) {
    for (let left = seconds; left > 0n; left -= 1_800n) {
      rollup.wait(left < 1_800n ? left : 1_800n)
      await rollup.keepAlive(others)
    }
  }

  it('35, 86 opens at the deadline and stays open while the sequencer goes on without it', async () => {
    await rollup.force(one)
    await censor(DEADLINE - 1n)
    expect(await rollup.isOpen()).toBe(false)
    await refused('NativeRollup_NotSequencer', () => rollup.advance([one], { from: BOB }))
    rollup.wait(1n)
    await rollup.keepAlive(others)
    expect(await rollup.isOpen()).toBe(true)
    await censor(DEADLINE)
    expect(await rollup.isOpen()).toBe(true)
    expect((await rollup.advance([one], { from: BOB })).error).toBeUndefined()
    expect(await rollup.isOpen()).toBe(false)
  })

  it('an unincludable head opens it as well, and those behind it get in by name', async () => {
    await rollup.force(one)
    await rollup.force(two)
    await censor(DEADLINE)
    expect((await rollup.advanceNamed([two], [1n], { from: BOB })).error).toBeUndefined()
    expect(await rollup.isOpen()).toBe(true)
    await censor(EXPIRY - DEADLINE)
    // dropped in passing by the sequencer's own advance
    expect(await rollup.bounds()).toEqual({ head: 2n, tail: 2n })
    expect(await rollup.isOpen()).toBe(false)
  })

  it('one that is not the oldest opens it once it is overdue itself', async () => {
    await rollup.force(one)
    await censor(600n)
    await rollup.force(two)
    await rollup.keepAlive([one])
    await censor(DEADLINE - 1n)
    expect(await rollup.isOpen()).toBe(false)
    rollup.wait(1n)
    expect(await rollup.isOpen()).toBe(true)
  })

  it('passes resolved ones by; behind too many of them it counts as overdue until the front is moved', async () => {
    for (let i = 0; i < 34; i++) await rollup.force(transaction(`spam ${i}`))
    const ids = Array.from({ length: 33 }, (_, i) => BigInt(i + 1))
    await rollup.advanceNamed(
      ids.map((id) => transaction(`spam ${id}`)),
      ids,
    )
    expect(await rollup.bounds()).toEqual({ head: 0n, tail: 34n })
    // the head is included; the front passes 7 more at once
    await rollup.advance([transaction('spam 0')])
    expect(await rollup.bounds()).toEqual({ head: 8n, tail: 34n })
    expect(await rollup.isOpen()).toBe(false)

    for (let i = 0; i < 40; i++) await rollup.force(transaction(`more ${i}`))
    await rollup.advanceNamed(
      Array.from({ length: 40 }, (_, i) => transaction(`more ${i}`)),
      Array.from({ length: 40 }, (_, i) => BigInt(34 + i)),
    )
    expect((await rollup.bounds()).head).toBe(16n)
    expect(await rollup.isOpen()).toBe(true)
    await rollup.drop(100n)
    expect(await rollup.bounds()).toEqual({ head: 74n, tail: 74n })
    expect(await rollup.isOpen()).toBe(false)
  })
})

describe('86 expiry', () => {
  it('dropExpired takes expired ones from the front, `max` at a time, by anyone', async () => {
    for (const tx of [one, two, three]) await rollup.force(tx)
    rollup.wait(EXPIRY - 1n)
    await rollup.force(four)
    expect((await rollup.drop(10n)).events).toEqual([])
    rollup.wait(1n)
    expect((await rollup.drop(0n)).events).toEqual([])
    expect((await rollup.drop(2n)).events).toEqual([0n, 1n].map((id) => ({ name: 'ForcedExpired', args: { id } })))
    expect(await rollup.entry(0n)).toEqual(NO_ENTRY)
    expect((await rollup.drop(2n ** 256n - 1n)).events).toHaveLength(1)
    expect(await rollup.bounds()).toEqual({ head: 3n, tail: 4n })
  })

  it('an advance drops four in passing, then looks for the next', async () => {
    for (let i = 0; i < 5; i++) await rollup.force(transaction(i))
    rollup.wait(EXPIRY)
    await rollup.force(one)
    expect(names(await rollup.advance([one]))).toEqual(['BlockAdvanced', ...Array(4).fill('ForcedExpired')])
    expect(names(await rollup.advance([]))).toEqual(['BlockAdvanced', 'ForcedExpired'])
    expect(await rollup.bounds()).toEqual({ head: 5n, tail: 6n })
  })

  it('late is better than never: an expired one that is named and included gets its bond', async () => {
    await rollup.force(one)
    rollup.wait(EXPIRY)
    expect(names(await rollup.advanceNamed([one], [0n]))).toEqual(['BlockAdvanced', 'ForcedIncluded'])
    expect((await rollup.reclaim(0n)).error).toBeUndefined()
  })

  it('must come after the deadline', async () => {
    await expect(createForced({ forcedExpiry: DEADLINE })).rejects.toThrow('NativeRollup_BadConfig')
  })
})

describe('rotation', () => {
  const call = (name: string, args: unknown[], from: `0x${string}`) =>
    rollup.chain.send(rollup.rollup, abi, name, args, { from })

  it('34, 39 takes two steps; until then the old one advances and the new one does not', async () => {
    await call('setSequencer', [BOB], SEQUENCER)
    await refused('NativeRollup_NotSequencer', () => rollup.advance([], { from: BOB }))
    expect((await rollup.advance([])).error).toBeUndefined()
    await call('acceptSequencer', [], BOB)
    await refused('NativeRollup_NotSequencer', () => rollup.advance([]))
    expect((await rollup.advance([], { from: BOB })).error).toBeUndefined()
  })

  it('does not close a rollup that an overdue transaction has opened', async () => {
    await rollup.force(one)
    rollup.wait(DEADLINE)
    await call('setSequencer', [BOB], SEQUENCER)
    await call('acceptSequencer', [], BOB)
    await rollup.advance([], { from: BOB })
    expect(await rollup.isOpen()).toBe(true)
    expect((await rollup.advance([one], { from: ALICE })).error).toBeUndefined()
  })
})
