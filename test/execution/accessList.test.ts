import { BlockLevelAccessList, createBlockLevelAccessListFromRLP } from '@ethereumjs/util'
import { describe, expect, test } from 'vitest'
import { JournaledAccessList } from '../../execution/accessList.ts'
import { bytesToHex, hexToBytes } from '../../stateless/bytes.ts'
import { createRandom, type Random } from './programs.ts'

const ADDRESSES = ['11', '22', '33', 'ff'].map((byte): `0x${string}` => `0x${byte.repeat(20)}`)
const word = (value: number) => hexToBytes(value.toString(16).padStart(64, '0'))
const small = (value: number) => (value === 0 ? new Uint8Array(0) : Uint8Array.of(value))

type World = { balances: Map<string, bigint>; slots: Map<string, number>; codes: Map<string, number> }

/**
 * One random call of the EVM on both lists. Original values are what a transaction would pass: those at its start. A
 * frame reverts the world too, so that originals stay true.
 */
function step(random: Random, stock: BlockLevelAccessList, ours: JournaledAccessList, now: World, start: World): void {
  const address = random.pick(ADDRESSES)
  const index = stock.blockAccessIndex
  const slot = random.below(3)
  const key = `${address}${slot}`
  switch (random.below(6)) {
    case 0:
      stock.addAddress(address)
      ours.addAddress(address)
      break
    case 1:
      stock.addStorageRead(address, word(slot))
      ours.addStorageRead(address, word(slot))
      break
    case 2: {
      const value = random.below(3)
      const original = small(start.slots.get(key) ?? 0)
      stock.addStorageWrite(address, word(slot), small(value), index, original)
      ours.addStorageWrite(address, word(slot), small(value), index, original)
      now.slots.set(key, value)
      break
    }
    case 3: {
      const balance = BigInt(random.below(4))
      const before = now.balances.get(address) ?? 0n
      stock.addBalanceChange(address, balance, index, before)
      ours.addBalanceChange(address, balance, index, before)
      now.balances.set(address, balance)
      break
    }
    case 4: {
      const nonce = BigInt(1 + random.below(300))
      stock.addNonceChange(address, nonce, index)
      ours.addNonceChange(address, nonce, index)
      break
    }
    default: {
      const code = random.below(3)
      const before = now.codes.get(address) ?? 0
      stock.addCodeChange(address, small(code), index, small(before))
      ours.addCodeChange(address, small(code), index, small(before))
      now.codes.set(address, code)
    }
  }
}

const copy = (world: World): World => ({
  balances: new Map(world.balances),
  slots: new Map(world.slots),
  codes: new Map(world.codes),
})

function frame(
  random: Random,
  stock: BlockLevelAccessList,
  ours: JournaledAccessList,
  world: World,
  depth: number,
): World {
  let now = copy(world)
  for (let i = random.below(8); i >= 0; i--) {
    if (depth < 4 && random.chance(30)) {
      const before = copy(now)
      stock.checkpoint()
      ours.checkpoint()
      const after = frame(random, stock, ours, now, depth + 1)
      const keep = random.chance(50)
      if (keep) {
        stock.commit()
        ours.commit()
      } else {
        stock.revert()
        ours.revert()
      }
      now = keep ? after : before
    } else {
      step(random, stock, ours, now, start)
    }
  }
  return now
}

let start: World = { balances: new Map(), slots: new Map(), codes: new Map() }

/** The library may list a slot as read besides its change when a frame that undid the change reverts; never valid. */
function withoutDoubleReads(list: BlockLevelAccessList): string {
  for (const access of Object.values(list.accesses)) {
    for (const slot of Object.keys(access.storageChanges)) access.storageReads.delete(slot as `0x${string}`)
  }
  return bytesToHex(list.serialize())
}

describe('same list as the library on random calls', () => {
  const rounds = process.env.REENACT_FULL === '1' ? 3000 : 250
  test(`${rounds} blocks of frames, commits and reverts`, () => {
    for (let seed = 1; seed <= rounds; seed++) {
      const random = createRandom(seed)
      const stock = new BlockLevelAccessList()
      const ours = new JournaledAccessList()
      start = { balances: new Map(), slots: new Map(), codes: new Map() }
      for (let index = 0; index < 4; index++) {
        stock.blockAccessIndex = index
        ours.beginIndex(index)
        start = frame(random, stock, ours, start, 0)
        stock.cleanupNetZeroBalanceChanges()
        ours.endIndex()
      }
      const encoded = bytesToHex(ours.serialize())
      expect(encoded, `seed ${seed}`).toBe(withoutDoubleReads(stock))
      expect(bytesToHex(createBlockLevelAccessListFromRLP(hexToBytes(encoded)).serialize())).toBe(encoded)
    }
  })

  test('restore takes back everything since the mark, touches too', () => {
    for (let seed = 1; seed <= 200; seed++) {
      const random = createRandom(seed)
      const ours = new JournaledAccessList()
      const world: World = { balances: new Map(), slots: new Map(), codes: new Map() }
      start = world
      ours.beginIndex(1)
      frame(random, new BlockLevelAccessList(), ours, world, 0)
      ours.endIndex()
      const before = bytesToHex(ours.serialize())
      const items = ours.itemCount
      ours.beginIndex(2)
      const mark = ours.mark()
      frame(random, new BlockLevelAccessList(), ours, world, 0)
      ours.checkpoint()
      ours.addAddress('0x9900000000000000000000000000000000000099')
      ours.restore(mark)
      ours.endIndex()
      expect(bytesToHex(ours.serialize()), `seed ${seed}`).toBe(before)
      expect(ours.itemCount).toBe(items)
    }
  })
})

describe('where the library is wrong', () => {
  const [address = '0x'] = ADDRESSES
  const encode = (list: JournaledAccessList) => createBlockLevelAccessListFromRLP(list.serialize()).get(address)

  test('a slot whose write survives is not listed as read, though an inner frame undid it and reverted', () => {
    const list = new JournaledAccessList()
    list.beginIndex(1)
    list.addStorageWrite(address, word(1), small(2), 1, small(1))
    list.checkpoint()
    list.addStorageWrite(address, word(1), small(1), 1, small(1))
    list.revert()
    expect(Object.keys(encode(list)?.storageChanges ?? {})).toEqual(['0x01'])
    expect(encode(list)?.storageReads.size).toBe(0)
  })

  test('a destroyed account keeps the balance changes of earlier transactions', () => {
    const list = new JournaledAccessList()
    list.beginIndex(1)
    list.addBalanceChange(address, 5n, 1, 0n)
    list.endIndex()
    list.beginIndex(2)
    list.addBalanceChange(address, 8n, 2, 5n)
    list.addBalanceChange(address, 5n, 2, 8n)
    list.cleanupSelfdestructed([address], new Map([[address, 5n]]))
    list.endIndex()
    expect([...(encode(list)?.balanceChanges ?? [])]).toEqual([[1, '0x05']])
  })
})

describe('trap 2: system writes are netted against the start of the index', () => {
  const [address = '0x'] = ADDRESSES
  const listed = (value: Uint8Array, original: Uint8Array) => {
    const list = new JournaledAccessList()
    list.beginIndex(0)
    list.addStorageWrite(address, word(1), value, 0, original)
    list.endIndex()
    const account = createBlockLevelAccessListFromRLP(list.serialize()).get(address)
    return { changes: Object.keys(account?.storageChanges ?? {}).length, reads: account?.storageReads.size }
  }

  test('zero over non-zero is a change', () => {
    expect(listed(new Uint8Array(32), word(7))).toEqual({ changes: 1, reads: 0 })
  })

  test('the same value again is a read', () => {
    expect(listed(word(7), small(7))).toEqual({ changes: 0, reads: 1 })
  })
})
