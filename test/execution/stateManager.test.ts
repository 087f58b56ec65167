import { Account, Address } from '@ethereumjs/util'
import { describe, expect, test } from 'vitest'
import { JournaledState } from '../../execution/stateManager.ts'
import { bytesToHex, EMPTY_BYTES, hexToBytes } from '../../stateless/bytes.ts'
import { EMPTY_TRIE_ROOT } from '../../stateless/trie.ts'
import { createRandom, type Random } from './programs.ts'
import { createMemoryChain } from './support.ts'

const ADDRESSES = ['11', '22', '33'].map((byte) => new Address(hexToBytes(byte.repeat(20))))
const word = (value: number) => hexToBytes(value.toString(16).padStart(64, '0'))

/** The same state as plain maps; a checkpoint is a copy. */
type Model = Map<string, { nonce: bigint; balance: bigint; code: string; slots: Map<number, number> }>

const copy = (model: Model): Model =>
  new Map([...model].map(([key, entry]) => [key, { ...entry, slots: new Map(entry.slots) }]))

async function step(random: Random, state: JournaledState, model: Model): Promise<void> {
  const address = random.pick(ADDRESSES)
  const key = bytesToHex(address.bytes)
  const entry = model.get(key)
  const kind = random.below(6)
  if (kind === 0 || entry === undefined) {
    const account = (await state.getAccount(address)) ?? new Account()
    account.nonce = BigInt(random.below(4))
    account.balance = BigInt(random.below(4))
    await state.putAccount(address, account)
    const known = entry ?? { code: '', slots: new Map() }
    model.set(key, { ...known, nonce: account.nonce, balance: account.balance })
  } else if (kind === 1) {
    await state.deleteAccount(address)
    model.delete(key)
  } else if (kind === 2) {
    const code = random.pick(['', '00', '6001'])
    await state.putCode(address, hexToBytes(code))
    model.set(key, { ...entry, code })
  } else if (kind === 3) {
    await state.clearStorage(address)
    model.set(key, { ...entry, slots: new Map() })
  } else {
    const slot = random.below(4)
    const value = random.below(3)
    await state.putStorage(address, word(slot), value === 0 ? new Uint8Array(32) : Uint8Array.of(0, value))
    entry.slots.set(slot, value)
  }
}

async function expectSame(state: JournaledState, model: Model): Promise<void> {
  for (const address of ADDRESSES) {
    const entry = model.get(bytesToHex(address.bytes))
    const account = await state.getAccount(address)
    expect(account?.nonce).toBe(entry?.nonce)
    expect(account?.balance).toBe(entry?.balance)
    expect(bytesToHex(await state.getCode(address))).toBe(entry?.code ?? '')
    for (let slot = 0; slot < 4; slot++) {
      const value = entry?.slots.get(slot) ?? 0
      expect(await state.getStorage(address, word(slot))).toEqual(value === 0 ? EMPTY_BYTES : Uint8Array.of(value))
    }
  }
}

/** The root that the model's content has on its own, from nothing. */
async function rootOf(model: Model): Promise<string> {
  const fresh = new JournaledState(createMemoryChain().view(EMPTY_TRIE_ROOT))
  for (const [key, entry] of model) {
    const address = new Address(hexToBytes(key))
    await fresh.putAccount(address, new Account(entry.nonce, entry.balance))
    if (entry.code !== '') await fresh.putCode(address, hexToBytes(entry.code))
    for (const [slot, value] of entry.slots) {
      if (value !== 0) await fresh.putStorage(address, word(slot), Uint8Array.of(value))
    }
  }
  return bytesToHex(await fresh.getStateRoot())
}

describe('JournaledState against plain copies', () => {
  test('random writes, checkpoints, commits, reverts and restores, over several blocks', async () => {
    for (let seed = 1; seed <= (process.env.REENACT_FULL === '1' ? 400 : 40); seed++) {
      const random = createRandom(seed)
      const memory = createMemoryChain()
      let root = EMPTY_TRIE_ROOT
      let model: Model = new Map()
      for (let block = 0; block < 3; block++) {
        const state = new JournaledState(memory.view(root))
        const saved: Model[] = []
        for (let i = 0; i < 40; i++) {
          const kind = random.below(8)
          if (kind === 0) {
            await state.checkpoint()
            saved.push(copy(model))
          } else if (kind === 1 && saved.length > 0) {
            await state.commit()
            saved.pop()
          } else if (kind === 2 && saved.length > 0) {
            await state.revert()
            model = saved.pop() ?? model
          } else if (kind === 3 && random.chance(30)) {
            const before = copy(model)
            const mark = state.mark()
            await state.checkpoint()
            for (let j = 0; j < 5; j++) await step(random, state, model)
            state.restore(mark)
            model = before
          } else {
            await step(random, state, model)
          }
        }
        while (saved.pop() !== undefined) await state.commit()
        await expectSame(state, model)
        const changes = state.changes()
        const commit = state.computeCommit(changes)
        expect(bytesToHex(commit.root), `seed ${seed}, block ${block}`).toBe(await rootOf(model))
        memory.write({ nodes: commit.nodes, codes: changes.codes })
        root = commit.root
      }
    }
  })

  test('what ends where it began is no change', async () => {
    const [address = new Address(new Uint8Array(20))] = ADDRESSES
    const memory = createMemoryChain()
    const first = new JournaledState(memory.view(EMPTY_TRIE_ROOT))
    await first.putAccount(address, new Account(1n, 5n))
    await first.putStorage(address, word(1), Uint8Array.of(7))
    const changes = first.changes()
    const commit = first.computeCommit(changes)
    memory.write({ nodes: commit.nodes, codes: changes.codes })
    const second = new JournaledState(memory.view(commit.root))
    await second.putStorage(address, word(1), Uint8Array.of(8))
    await second.putAccount(address, new Account(2n, 5n))
    await second.putStorage(address, word(1), Uint8Array.of(7))
    await second.putAccount(address, new Account(1n, 5n))
    const [absent = address] = ADDRESSES.slice(1)
    await second.putAccount(absent, new Account())
    await second.deleteAccount(absent)
    expect(second.changes().accounts.size).toBe(0)
    expect(second.changes().storage.size).toBe(0)
  })

  test('storage that is wiped and nothing else of its account is a change', async () => {
    const [address = new Address(new Uint8Array(20))] = ADDRESSES
    const memory = createMemoryChain()
    const first = new JournaledState(memory.view(EMPTY_TRIE_ROOT))
    await first.putAccount(address, new Account(1n))
    await first.putStorage(address, word(1), Uint8Array.of(7))
    const changes = first.changes()
    const commit = first.computeCommit(changes)
    memory.write({ nodes: commit.nodes, codes: changes.codes })
    const second = new JournaledState(memory.view(commit.root))
    await second.clearStorage(address)
    const wiped = second.changes()
    expect([...wiped.clearedStorage]).toEqual([bytesToHex(address.bytes)])
    const alone = new JournaledState(createMemoryChain().view(EMPTY_TRIE_ROOT))
    await alone.putAccount(address, new Account(1n))
    expect(second.computeCommit(wiped).root).toEqual(await alone.getStateRoot())
  })

  test('the original value of a slot is the one at the start of the transaction', async () => {
    const [address = new Address(new Uint8Array(20))] = ADDRESSES
    const state = new JournaledState(createMemoryChain().view(EMPTY_TRIE_ROOT))
    await state.putAccount(address, new Account(1n))
    await state.putStorage(address, word(1), Uint8Array.of(4))
    expect(await state.originalStorageCache.get(address, word(1))).toEqual(Uint8Array.of(4))
    await state.putStorage(address, word(1), Uint8Array.of(5))
    expect(await state.originalStorageCache.get(address, word(1))).toEqual(Uint8Array.of(4))
    state.originalStorageCache.clear()
    expect(await state.originalStorageCache.get(address, word(1))).toEqual(Uint8Array.of(5))
  })
})
