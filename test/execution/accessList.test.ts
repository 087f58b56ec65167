import { BlockLevelAccessList, createBlockLevelAccessListFromRLP } from '@ethereumjs/util'
import { describe, expect, test } from 'vitest'
import { type AccessIndex, createAccessIndex } from '../../execution/accessIndex.ts'
import { BlockAccessList } from '../../execution/accessList.ts'
import { bytesToHex, hexToBytes } from '../../stateless/bytes.ts'
import { createRandom, type Random } from './programs.ts'

const ADDRESSES = ['11', '22', '33', 'ff'].map((byte): `0x${string}` => `0x${byte.repeat(20)}`)
const word = (value: number) => hexToBytes(value.toString(16).padStart(64, '0'))
const small = (value: number) => (value === 0 ? new Uint8Array(0) : Uint8Array.of(value))
const wordHex = (value: number) => bytesToHex(word(value))

/** An account by address, a slot by address and slot; code is a byte, which is its own hash. */
type Account = { nonce: bigint; balance: bigint; code: number }
type World = { accounts: Map<string, Account>; slots: Map<string, number> }

const NOTHING: Account = { nonce: 0n, balance: 0n, code: 0 }
const emptyWorld = (): World => ({ accounts: new Map(), slots: new Map() })
const copy = ({ accounts, slots }: World): World => ({ accounts: new Map(accounts), slots: new Map(slots) })
const accountIn = ({ accounts }: World, address: string) => accounts.get(address) ?? NOTHING
const slotIn = ({ slots }: World, address: string, slot: string) => small(slots.get(`${address}${slot}`) ?? 0)

const valuesIn = (world: World, address: string) => {
  const { nonce, balance, code } = accountIn(world, address)
  return { nonce, balance, codeHash: small(code) }
}

/** Both lists of one block: the library's, told of every step, and ours, told of reads and of what was there before. */
class Lists {
  readonly stock = new BlockLevelAccessList()
  readonly ours = new BlockAccessList()
  readonly index: AccessIndex = createAccessIndex(this.ours)

  begin(index: number): void {
    this.stock.blockAccessIndex = index
    this.ours.beginIndex(index)
    this.index.begin()
  }

  end(now: World): void {
    this.stock.cleanupNetZeroBalanceChanges()
    endIndex(this.index, now)
  }
}

function endIndex(index: AccessIndex, now: World): void {
  index.end({
    account: (key) => valuesIn(now, key),
    writtenSlot: (key, slot) => slotIn(now, key, slot),
    code: (codeHash) => codeHash,
    emptyCodeHash: small(0),
  })
}

/** One random access; gives the world after it. `start`: at the beginning of the index. */
function step(random: Random, { stock, index }: Lists, world: World, start: World): World {
  const now = copy(world)
  const address = random.pick(ADDRESSES)
  const before = accountIn(world, address)
  const number = random.below(3)
  const slot = wordHex(number)
  const at = stock.blockAccessIndex
  const changeTo = (account: Partial<Account>) => {
    index.readAccount(address)
    index.beforeAccount(address, valuesIn(start, address))
    now.accounts.set(address, { ...before, ...account })
  }
  switch (random.below(6)) {
    case 0:
      stock.addAddress(address)
      index.readAccount(address)
      break
    case 1:
      stock.addStorageRead(address, word(number))
      index.readSlot(address, word(number))
      break
    case 2: {
      const value = random.below(3)
      stock.addStorageWrite(address, word(number), small(value), at, slotIn(start, address, slot))
      index.readSlot(address, word(number))
      index.beforeSlot(address, slot, () => slotIn(start, address, slot))
      now.slots.set(`${address}${slot}`, value)
      break
    }
    case 3: {
      const balance = BigInt(random.below(4))
      stock.addBalanceChange(address, balance, at, before.balance)
      changeTo({ balance })
      break
    }
    case 4: {
      const nonce = before.nonce + BigInt(1 + random.below(300))
      stock.addNonceChange(address, nonce, at)
      changeTo({ nonce })
      break
    }
    default: {
      const code = random.below(3)
      stock.addCodeChange(address, small(code), at, small(before.code))
      changeTo({ code })
    }
  }
  return now
}

/** Random accesses in frames that end well or are reverted; gives the world after them. */
function frame(random: Random, lists: Lists, world: World, start: World, depth = 0): World {
  let now = world
  for (let i = random.below(8); i >= 0; i--) {
    if (depth === 4 || !random.chance(30)) {
      now = step(random, lists, now, start)
      continue
    }
    lists.stock.checkpoint()
    const after = frame(random, lists, now, start, depth + 1)
    if (random.chance(50)) {
      lists.stock.commit()
      now = after
    } else lists.stock.revert()
  }
  return now
}

/** The library may list a slot as read besides its change when a frame that undid the change reverts; never valid. */
function withoutDoubleReads(list: BlockLevelAccessList): string {
  for (const access of Object.values(list.accesses)) {
    for (const slot of Object.keys(access.storageChanges)) access.storageReads.delete(slot as `0x${string}`)
  }
  return bytesToHex(list.serialize())
}

describe('same list as the library on random accesses', () => {
  const rounds = process.env.REENACT_FULL === '1' ? 3000 : 250
  test(`${rounds} blocks of frames, commits and reverts`, () => {
    for (let seed = 1; seed <= rounds; seed++) {
      const random = createRandom(seed)
      const lists = new Lists()
      let world = emptyWorld()
      for (let index = 0; index < 4; index++) {
        lists.begin(index)
        world = frame(random, lists, world, world)
        lists.end(world)
      }
      const encoded = bytesToHex(lists.ours.serialize())
      expect(encoded, `seed ${seed}`).toBe(withoutDoubleReads(lists.stock))
      expect(bytesToHex(createBlockLevelAccessListFromRLP(hexToBytes(encoded)).serialize())).toBe(encoded)
    }
  })

  test('restore takes back everything since the mark, reads and changes', () => {
    for (let seed = 1; seed <= 200; seed++) {
      const random = createRandom(seed)
      const lists = new Lists()
      const { ours, index } = lists
      lists.begin(1)
      const first = frame(random, lists, emptyWorld(), emptyWorld())
      lists.end(first)
      const before = bytesToHex(ours.serialize())
      const items = ours.itemCount
      lists.begin(2)
      const mark = ours.mark()
      const second = frame(random, lists, first, first)
      index.readAccount('0x9900000000000000000000000000000000000099')
      lists.end(second)
      expect(ours.itemCount).toBeGreaterThan(items)
      ours.restore(mark)
      expect(bytesToHex(ours.serialize()), `seed ${seed}`).toBe(before)
      expect(ours.itemCount).toBe(items)
    }
  })
})

const [ADDRESS = '0x'] = ADDRESSES
const decoded = (list: BlockAccessList) => createBlockLevelAccessListFromRLP(list.serialize()).get(ADDRESS)

/** The list after one index in which a slot of `ADDRESS` is written, from `before` to the last of `values`. */
function listOfWrites(before: Uint8Array, ...values: Uint8Array[]): BlockAccessList {
  const list = new BlockAccessList()
  const index = createAccessIndex(list)
  list.beginIndex(1)
  index.begin()
  for (const [at, _] of values.entries()) {
    index.readSlot(ADDRESS, word(1))
    index.beforeSlot(ADDRESS, wordHex(1), () => (at === 0 ? before : (values[at - 1] as Uint8Array)))
  }
  index.end({
    account: () => null,
    writtenSlot: () => values.at(-1),
    code: (codeHash) => codeHash,
    emptyCodeHash: small(0),
  })
  return list
}

describe('where the library is wrong', () => {
  test('a slot whose write survives is not listed as read, though an inner frame undid it and reverted', () => {
    const access = decoded(listOfWrites(small(1), small(2), small(1), small(2)))
    expect(access?.storageChanges).toEqual({ '0x01': [[1, small(2)]] })
    expect(access?.storageReads.size).toBe(0)
  })

  test('a destroyed account keeps the balance changes of earlier transactions', () => {
    const lists = new Lists()
    const { index, ours } = lists
    const withBalance = (balance: bigint): World => ({
      ...emptyWorld(),
      accounts: new Map([[ADDRESS, { ...NOTHING, balance }]]),
    })
    lists.begin(1)
    index.beforeAccount(ADDRESS, null)
    endIndex(index, withBalance(5n))
    lists.begin(2)
    // to 8 and, with the account, to 5 again
    for (const balance of [5n, 8n]) index.beforeAccount(ADDRESS, valuesIn(withBalance(balance), ADDRESS))
    endIndex(index, withBalance(5n))
    expect(decoded(ours)?.balanceChanges).toEqual(new Map([[1, '0x05']]))
  })
})

describe('trap 2: system writes are netted against the start of the index', () => {
  const listed = (value: Uint8Array, before: Uint8Array) => {
    const access = decoded(listOfWrites(before, value))
    return { changes: Object.keys(access?.storageChanges ?? {}).length, reads: access?.storageReads.size }
  }

  test('zero over non-zero is a change', () => {
    expect(listed(small(0), small(7))).toEqual({ changes: 1, reads: 0 })
  })

  test('the same value again is a read', () => {
    expect(listed(small(7), small(7))).toEqual({ changes: 0, reads: 1 })
  })
})

describe('against the start of the index', () => {
  test.each<[Partial<Account>, number, number]>([
    [{ nonce: 1n }, 0, 1],
    [{ balance: 1n }, 1, 0],
  ])('an account that was not there, and has %o now', (account, balances, nonces) => {
    const { index, ours } = new Lists()
    index.beforeAccount(ADDRESS, null)
    endIndex(index, { ...emptyWorld(), accounts: new Map([[ADDRESS, { ...NOTHING, ...account }]]) })
    const access = decoded(ours)
    expect([access?.balanceChanges.size, access?.nonceChanges.size, access?.codeChanges.length]).toEqual([
      balances,
      nonces,
      0,
    ])
  })

  test('storage that went twice was what it was before it went first', () => {
    const { index, ours } = new Lists()
    index.beforeWipe(ADDRESS, () => small(1))
    index.beforeWipe(ADDRESS, () => small(2))
    index.beforeSlot(ADDRESS, wordHex(5), () => small(3))
    endIndex(index, { ...emptyWorld(), slots: new Map([[`${ADDRESS}${wordHex(5)}`, 2]]) })
    expect(decoded(ours)?.storageChanges).toEqual({ '0x05': [[0, small(2)]] })
  })
})

describe('encoding', () => {
  test('slots ascend as numbers, read and changed, and have no leading zeros', () => {
    const list = new BlockAccessList()
    for (const slot of [0x0100, 0xff, 0, 0x01ff, 2]) {
      list.readSlot(ADDRESS, word(slot))
      list.changeSlot(ADDRESS, word(slot + 0x10000), word(slot))
    }
    const access = decoded(list)
    expect([...(access?.storageReads ?? [])]).toEqual(['0x', '0x02', '0xff', '0x0100', '0x01ff'])
    expect(Object.entries(access?.storageChanges ?? {})).toEqual([
      ['0x010000', [[0, small(0)]]],
      ['0x010002', [[0, small(2)]]],
      ['0x0100ff', [[0, small(0xff)]]],
      ['0x010100', [[0, hexToBytes('0100')]]],
      ['0x0101ff', [[0, hexToBytes('01ff')]]],
    ])
    expect(list.itemCount).toBe(11)
  })

  test('cleared, it is as if just made', () => {
    const list = new BlockAccessList()
    list.beginIndex(3)
    list.changeBalance(ADDRESS, 1n)
    list.clear()
    expect(list.itemCount).toBe(0)
    list.changeNonce(ADDRESS, 1n)
    expect(bytesToHex(list.serialize())).toBe(bytesToHex(sameAtIndexZero().serialize()))
  })
})

function sameAtIndexZero(): BlockAccessList {
  const list = new BlockAccessList()
  list.changeNonce(ADDRESS, 1n)
  return list
}
