import { MerklePatriciaTrie } from '@ethereumjs/mpt'
import { RLP } from '@ethereumjs/rlp'
import fc from 'fast-check'
import { expect } from 'vitest'
import { EMPTY_CODE_HASH } from '../../stateless/account.ts'
import { bytesToHex, hexToBytes } from '../../stateless/bytes.ts'
import { keccak256 } from '../../stateless/keccak.ts'
import { createStateView } from '../../stateless/stateView.ts'
import { EMPTY_TRIE_ROOT } from '../../stateless/trie.ts'
import type { NodeSource, StateChanges, StateView } from '../../stateless/types.ts'
import { NO_SOURCE, sourceOf } from './trieSupport.ts'

/** A plain model of a state, and of what blocks do to it, for differential tests. */
export type ModelAccount = { nonce: bigint; balance: bigint; code: Uint8Array; storage: Map<string, Uint8Array> }
export type Model = Map<string, ModelAccount>

export const ADDRESSES = Array.from({ length: 24 }, (_, n) => new Uint8Array(20).fill(n + 1))
export const SLOTS = Array.from({ length: 20 }, (_, n) => {
  const slot = new Uint8Array(32)
  slot[31] = n
  return slot
})
export const CODES = [new Uint8Array(0), Uint8Array.of(0x60, 0x01), new Uint8Array(300).fill(0x5b)]

export type Step =
  | { kind: 'read'; address: number }
  | { kind: 'readSlot'; address: number; slot: number }
  | { kind: 'readCode'; address: number }
  | { kind: 'write'; address: number; nonce: bigint; balance: bigint; code: number }
  | { kind: 'writeSlot'; address: number; slot: number; value: Uint8Array }
  | { kind: 'clear'; address: number }
  | { kind: 'delete'; address: number }

const address = fc.nat({ max: ADDRESSES.length - 1 })
const slot = fc.nat({ max: SLOTS.length - 1 })
const value = fc.oneof(
  { weight: 2, arbitrary: fc.constant(new Uint8Array(0)) },
  {
    weight: 3,
    arbitrary: fc
      .uint8Array({ minLength: 1, maxLength: 32 })
      .map((bytes) => Uint8Array.from([1 + ((bytes[0] ?? 0) % 255), ...bytes.slice(1)])),
  },
)

export const stepsArbitrary = fc.array(
  fc.oneof(
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('read' as const), address }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('readSlot' as const), address, slot }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('readCode' as const), address }) },
    {
      weight: 4,
      arbitrary: fc.record({
        kind: fc.constant('write' as const),
        address,
        nonce: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
        balance: fc.bigInt({ min: 0n, max: 2n ** 256n - 1n }),
        code: fc.nat({ max: CODES.length - 1 }),
      }),
    },
    { weight: 9, arbitrary: fc.record({ kind: fc.constant('writeSlot' as const), address, slot, value }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('clear' as const), address }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('delete' as const), address }) },
  ),
  { maxLength: 60, size: 'max' },
)

export function codeHashOf(code: Uint8Array): Uint8Array {
  return code.length === 0 ? EMPTY_CODE_HASH : keccak256(code)
}

function keyOf(n: number): string {
  return bytesToHex(ADDRESSES[n] ?? new Uint8Array(20))
}

/** What the steps do to `model` (changed in place) and to a state view, as an executor would collect it. */
export function applySteps(model: Model, steps: readonly Step[]): StateChanges {
  const accounts = new Map<string, { nonce: bigint; balance: bigint; codeHash: Uint8Array } | null>()
  const storage = new Map<string, Map<string, Uint8Array>>()
  const clearedStorage = new Set<string>()
  const codes = new Map<string, Uint8Array>()
  const wipe = (key: string) => {
    clearedStorage.add(key)
    storage.delete(key)
  }
  for (const step of steps) {
    const key = keyOf(step.address)
    const account = model.get(key)
    if (step.kind === 'write') {
      const code = CODES[step.code] ?? new Uint8Array(0)
      const { nonce, balance } = step
      model.set(key, { nonce, balance, code, storage: account?.storage ?? new Map() })
      if (code.length > 0) codes.set(bytesToHex(keccak256(code)), code)
      accounts.set(key, { nonce, balance, codeHash: codeHashOf(code) })
    }
    if (account === undefined || step.kind.startsWith('read')) continue
    if (step.kind === 'writeSlot') {
      const slotKey = bytesToHex(SLOTS[step.slot] ?? new Uint8Array(32))
      if (step.value.length === 0) account.storage.delete(slotKey)
      else account.storage.set(slotKey, step.value)
      const slots = storage.get(key) ?? new Map<string, Uint8Array>()
      storage.set(key, slots.set(slotKey, step.value))
    }
    if (step.kind === 'clear') {
      account.storage.clear()
      wipe(key)
    }
    if (step.kind === 'delete') {
      model.delete(key)
      wipe(key)
      accounts.set(key, null)
    }
    if (step.kind === 'writeSlot' || step.kind === 'clear') {
      accounts.set(key, { nonce: account.nonce, balance: account.balance, codeHash: codeHashOf(account.code) })
    }
  }
  return { accounts, storage, clearedStorage, codes }
}

/** Every account, code and slot of the view is what the model says. */
export function expectModel(view: StateView, model: Model): void {
  for (const address of ADDRESSES) {
    const expected = model.get(bytesToHex(address))
    const actual = view.getAccount(address)
    expect(actual?.nonce).toBe(expected?.nonce)
    expect(actual?.balance).toBe(expected?.balance)
    if (actual !== undefined) expect(view.getCode(actual.codeHash)).toEqual(expected?.code)
    for (const slot of SLOTS) {
      expect(view.getStorage(address, slot)).toEqual(expected?.storage.get(bytesToHex(slot)) ?? new Uint8Array(0))
    }
  }
}

/** Changes of a block, nothing but these. */
export function changesOf(partial: Partial<StateChanges>): StateChanges {
  return { accounts: new Map(), storage: new Map(), clearedStorage: new Set(), codes: new Map(), ...partial }
}

/** The reads of an executor: an account before its slot, its code or its change. */
export function performReads(view: StateView, steps: readonly Step[]): void {
  for (const step of steps) {
    const at = ADDRESSES[step.address] ?? new Uint8Array(20)
    if (step.kind === 'readSlot') view.getStorage(at, SLOTS[step.slot] ?? new Uint8Array(32))
    const account = step.kind === 'read' || step.kind === 'readCode' ? view.getAccount(at) : undefined
    if (step.kind === 'readCode' && account !== undefined) view.getCode(account.codeHash)
  }
}

/** A chain of states in memory, committed step list by step list. */
export type ModelChain = { model: Model; root: Uint8Array; source: NodeSource }

export function startChain(): ModelChain {
  return { model: new Map(), root: EMPTY_TRIE_ROOT, source: NO_SOURCE }
}

/** Most accounts, five of them with storage, three with code: something to collapse, to read and to miss. */
export function populatedChain(): ModelChain {
  const accounts = ADDRESSES.slice(0, 20).map(
    (_, address) => ({ kind: 'write', address, nonce: 1n, balance: 7n, code: address % 3 }) as const,
  )
  const slots = [0, 1, 2, 3, 4].flatMap((address) =>
    SLOTS.slice(0, 4 * address + 1).map(
      (_, slot) => ({ kind: 'writeSlot', address, slot, value: new Uint8Array(32).fill(slot + 1) }) as const,
    ),
  )
  return [accounts, slots].reduce(extendChain, startChain())
}

export function extendChain(chain: ModelChain, steps: readonly Step[]): ModelChain {
  const changes = applySteps(chain.model, steps)
  const { root, nodes } = createStateView(chain.source, chain.root).commit(changes)
  return { model: chain.model, root, source: overlay(sourceOf(nodes, changes.codes), chain.source) }
}

function overlay(top: NodeSource, base: NodeSource): NodeSource {
  return {
    getNode: (hash) => top.getNode(hash) ?? base.getNode(hash),
    getCode: (hash) => top.getCode(hash) ?? base.getCode(hash),
  }
}

/** The root of a model by another implementation: tries built from nothing. */
export async function modelRoot(model: Model): Promise<string> {
  const accounts = new MerklePatriciaTrie({ useKeyHashing: true })
  for (const [key, account] of model) {
    const slots = new MerklePatriciaTrie({ useKeyHashing: true })
    for (const [slotKey, bytes] of account.storage) await slots.put(hexToBytes(slotKey), RLP.encode(bytes))
    const leaf = RLP.encode([account.nonce, account.balance, slots.root(), codeHashOf(account.code)])
    await accounts.put(hexToBytes(key), leaf)
  }
  return bytesToHex(accounts.root())
}
