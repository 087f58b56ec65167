import { beforeEach, describe, expect, it } from 'vitest'
import { executeGas } from '../../precompiles/gas.ts'
import { calldataLength, settlementGas } from '../../precompiles/settlementGas.ts'
import { INPUT_LAYOUT as AT, INPUT_LAYOUT_VALUES as VALUES } from '../../stateless/inputLayout.ts'
import { createForced, EXPIRY, type Forced, transaction } from './forced.ts'
import type { Outcome } from './vm.ts'

const wanted = transaction('wanted')
const list = [transaction('a'), wanted, transaction('b', 300)]
const LIST_START = AT.fixedEnd

/** A copy with little-endian uint32 values at some positions. */
function withWords(input: Uint8Array, words: Record<number, number>): Uint8Array {
  const copy = input.slice()
  const view = new DataView(copy.buffer)
  for (const [position, value] of Object.entries(words)) view.setUint32(Number(position), value >>> 0, true)
  return copy
}
const wordAt = (input: Uint8Array, position: number) => new DataView(input.buffer).getUint32(position, true)

/**
 * The real EXECUTE refuses every one of these inputs before the list is searched. Here EXECUTE accepts anything, so that
 * the search stands alone: it must never take a byte outside the list for one of a transaction.
 */
describe('23 offsets of the transaction list', () => {
  let rollup: Forced
  let input: Uint8Array
  beforeEach(async () => {
    rollup = await createForced()
    await rollup.force(wanted)
    input = rollup.next(list)
  })

  async function refused(words: Record<number, number>, position: number): Promise<Outcome> {
    const before = await rollup.chain.stateRoot()
    const outcome = await rollup.advanceRaw(withWords(input, words))
    expect([outcome.error, outcome.errorArgs]).toEqual(['StatelessInput_BadLayout', [BigInt(position)]])
    expect(await rollup.chain.stateRoot()).toBe(before)
    return outcome
  }

  it('the unharmed input is accepted', async () => {
    expect((await rollup.advanceRaw(input)).events.map(({ name }) => name)).toEqual(['BlockAdvanced', 'ForcedIncluded'])
  })

  it.each([0, 1, 2, 3, 5, 13, 2 ** 31, 2 ** 32 - 1, 2 ** 32 - 4])('first offset %i', async (offset) => {
    await refused({ [LIST_START]: offset }, LIST_START)
  })

  it.each([
    ['decreasing', 1, 11, 0],
    ['beyond the list', 1, 1_000_000, 0],
    ['2^32-1', 1, 2 ** 32 - 1, 0],
    ['the third before the second', 2, 100, 1],
    ['the third beyond the list', 2, 2 ** 32 - 4, 1],
  ])('a later offset: %s', async (_, index, offset, offender) => {
    await refused({ [LIST_START + 4 * index]: offset }, LIST_START + 4 * offender)
  })

  it.each([
    ['before the fixed part ends', 539],
    ['at zero', 0],
    ['behind the payload', 1_000_000],
    ['2^32-1', 2 ** 32 - 1],
  ])('the end of the list: %s', async (_, offset) => {
    // the two that StatelessInput pins to each other
    const words = { [AT.offsetWithdrawals]: offset, [AT.offsetBlockAccessList]: offset }
    await refused(words, AT.offsetWithdrawals)
  })

  it.each([1, 2, 3])('a list of %i bytes', async (size) => {
    const end = VALUES.extraDataOffset + size
    await refused({ [AT.offsetWithdrawals]: end, [AT.offsetBlockAccessList]: end }, LIST_START)
  })

  it('a list that ends inside a transaction', async () => {
    // the list ends one byte before the wanted transaction does: its bytes would have to come from behind the list
    const end = wordAt(input, AT.offsetWithdrawals) - 300 - 1
    await refused({ [AT.offsetWithdrawals]: end, [AT.offsetBlockAccessList]: end }, LIST_START + 4)
  })

  it('a transaction that stands behind the list is not in it', async () => {
    const fields = rollup.next([transaction('a')])
    // the wanted bytes are in the witness and in the access list, not among the transactions
    const beside = new Uint8Array([...fields, ...wanted])
    await rollup.advanceRaw(beside)
    expect(await rollup.bounds()).toEqual({ head: 0n, tail: 1n })
  })

  it('an empty list has nothing, also for a named id', async () => {
    expect((await rollup.advanceRaw(rollup.next([]), [0n])).error).toBe('NativeRollup_ForcedTxMissing')
    expect((await rollup.advanceRaw(rollup.next([]))).error).toBeUndefined()
  })

  it('empty transactions between others are passed', async () => {
    const outcome = await rollup.advanceRaw(rollup.next([new Uint8Array(), wanted, new Uint8Array()]))
    expect(outcome.events.map(({ name }) => name)).toEqual(['BlockAdvanced', 'ForcedIncluded'])
  })

  it('a list that is not searched is not looked at: the queue is empty', async () => {
    await rollup.advanceRaw(input)
    const odd = withWords(rollup.next(list), { [LIST_START]: 1 })
    expect((await rollup.advanceRaw(odd)).error).toBeUndefined()
  })
})

describe('gas of the search', () => {
  const block = (count: number, length = 110) => Array.from({ length: count }, (_, i) => transaction(`tx ${i}`, length))
  const regular = ({ gasUsed, stateGas, error }: Outcome) => {
    expect(error).toBeUndefined()
    return Number(gasUsed - stateGas)
  }
  /** Regular gas of an advance beyond that of the same one with an empty queue. */
  async function extra(
    prepare: (rollup: Forced) => Promise<unknown>,
    transactions: readonly Uint8Array[],
    ids?: readonly bigint[],
  ): Promise<number> {
    const [plain, forced] = await Promise.all([0, 1].map(() => createForced({}, { amsterdam: true })))
    if (plain === undefined || forced === undefined) throw new Error('no rollup')
    for (const rollup of [plain, forced]) await rollup.keepAlive()
    await prepare(forced)
    plain.chain.block.timestamp = forced.chain.block.timestamp
    const without = regular(await plain.advance(transactions))
    return (
      regular(await (ids === undefined ? forced.advance(transactions) : forced.advanceNamed(transactions, ids))) -
      without
    )
  }
  const forceAll = (transactions: readonly Uint8Array[]) => async (rollup: Forced) => {
    for (const tx of transactions) await rollup.force(tx)
  }

  const PASSED = 400
  const WORD = 9
  const RESOLVED = 22_000
  const DROPPED = 31_000
  const BASE = 10_000

  it.each<[string, number, Parameters<typeof extra>]>([
    ['one missing, 500 of other lengths', 500 * PASSED, [forceAll([transaction('x', 111)]), block(500)]],
    ['one missing, 500 of its length', 500 * PASSED, [forceAll([transaction('x')]), block(500)]],
    ['one missing, 1,000 of its length', 1_000 * PASSED, [forceAll([transaction('x')]), block(1_000)]],
    ['one missing, 3 of 40 KiB', 3 * 1_280 * WORD, [forceAll([transaction('x', 40_960)]), block(3, 40_960)]],
    ['8 found at the end', 500 * PASSED + 8 * RESOLVED, [forceAll(block(500).slice(492)), block(500)]],
    // one pass, however the queue is ordered
    ['2 in reverse order', 500 * PASSED + RESOLVED, [forceAll(block(500).slice(498).reverse()), block(500)]],
    ['4 expired, 1 missing', 500 * PASSED + 4 * DROPPED, [expireFour, block(500)]],
    ['8 named at the front', 8 * RESOLVED, [forceAll(block(8)), block(500), [0n, 1n, 2n, 3n, 4n, 5n, 6n, 7n]]],
  ])('%s', async (_, bound, args) => {
    const gas = await extra(...args)
    expect(gas).toBeLessThan(BASE + bound)
    // a bound that is far off would hide a change
    expect(gas).toBeGreaterThan(bound / 2)
  })

  /** What the settler's formula leaves for the contract when EXECUTE costs its price and no more. */
  function budget(inputLength: number, transactions: number, named: number): number {
    const block = { inputLength, regularGas: 0n, transactions, named }
    const { executionGas } = settlementGas([block])
    return Number(executionGas - 15_000n - 16n * BigInt(calldataLength([block])) - executeGas(inputLength, 0n))
  }
  /** The programmable EXECUTE copies and hashes its input. */
  function stubGas(inputLength: number): number {
    const words = Math.ceil(inputLength / 32)
    return 12 * words + Math.floor(words ** 2 / 512)
  }

  it.each([0, 1, 100, 500])('the settler pays for the worst queue there is, with %i transactions', async (count) => {
    const rollup = await createForced({}, { amsterdam: true })
    await rollup.keepAlive()
    for (let i = 0; i < 4; i++) await rollup.force(transaction(`expired ${i}`))
    rollup.wait(EXPIRY)
    const transactions = block(count)
    await forceAll([...transactions.slice(-3), transaction('x')])(rollup)
    const input = rollup.next(transactions)
    const gas = regular(await rollup.advanceRaw(input)) - stubGas(input.length)
    const bound = budget(input.length, count, 0)
    expect(gas).toBeLessThan(bound)
    expect(gas).toBeGreaterThan(bound * 0.6)
  })

  it('the settler pays for what it names', async () => {
    const rollup = await createForced({}, { amsterdam: true })
    await rollup.keepAlive()
    const transactions = block(200)
    for (let i = 0; i < 4; i++) await rollup.force(transaction(`expired ${i}`))
    rollup.wait(EXPIRY)
    await forceAll([transaction('x'), ...transactions.slice(-8)])(rollup)
    const input = rollup.next(transactions)
    const ids = Array.from({ length: 8 }, (_, i) => BigInt(5 + i))
    const gas = regular(await rollup.advanceRaw(input, ids)) - stubGas(input.length)
    const bound = budget(input.length, 200, 8)
    expect(gas).toBeLessThan(bound)
    expect(gas).toBeGreaterThan(bound * 0.6)
  })

  async function expireFour(rollup: Forced) {
    for (let i = 0; i < 4; i++) await rollup.force(transaction(`expired ${i}`))
    rollup.wait(EXPIRY)
    await rollup.force(transaction('x'))
  }
})
