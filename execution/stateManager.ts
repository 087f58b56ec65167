import type { AccountFields, StateManagerInterface } from '@ethereumjs/common'
import { Account, type Address } from '@ethereumjs/util'
import { bytesEqual, bytesToHex, EMPTY_BYTES } from '../stateless/bytes.ts'
import { keccak256 } from '../stateless/keccak.ts'
import { EMPTY_TRIE_ROOT } from '../stateless/trie.ts'
import type { AccountState, Hash32, StateChanges, StateCommit, StateView } from '../stateless/types.ts'
import type { AccessIndex } from './accessIndex.ts'
import { TransactionRejected } from './errors.ts'
import { assert, InternalError, SYSTEM_ADDRESS_HEX } from './internal.ts'

export const EMPTY_CODE_HASH: Hash32 = keccak256(EMPTY_BYTES)
const EMPTY_CODE_HASH_HEX = bytesToHex(EMPTY_CODE_HASH)
const DONE = Promise.resolve()
export const MAX_UINT256 = (1n << 256n) - 1n

/** One account as the running block sees it. Records are replaced, never changed, so that undo is a pointer. */
export type AccountRecord = { readonly nonce: bigint; readonly balance: bigint; readonly codeHash: Hash32 }

/** A point that `restore` can go back to, whatever checkpoints were left open since. */
export type StateMark = { readonly undo: number; readonly checkpoints: number }

/**
 * EthereumJS's state interface over a synchronous StateView: flat caches with one undo log, no trie work before the end
 * of the block.
 *
 * - Writes stay in memory; `changes()` gives the net difference to the view, so a slot that ends where it began costs
 *   the witness nothing.
 * - A read that fails is remembered in `failure`: whatever the EVM makes of the throw, the run can still be aborted
 *   with that very error.
 * - Undo entries are triples (map, key, previous value) in one flat array: a checkpoint is a number.
 */
export class JournaledState implements StateManagerInterface {
  readonly originalStorageCache: { get(address: Address, key: Uint8Array): Promise<Uint8Array>; clear(): void }

  #view: StateView
  /** what the view answered; undefined is "absent" */
  readonly #originals = new Map<string, AccountState | undefined>()
  readonly #originalSlots = new Map<string, Map<string, Uint8Array>>()
  readonly #accounts = new Map<string, AccountRecord | null>()
  readonly #slots = new Map<string, Map<string, Uint8Array>>()
  readonly #cleared = new Map<string, true>()
  readonly #newCodes = new Map<string, Uint8Array>()
  readonly #codes = new Map<string, Uint8Array>()
  readonly #undo: unknown[] = []
  readonly #checkpoints: number[] = []
  /** slot values at the start of the transaction, filled on first use (EIP-2200) */
  #transactionSlots = new Map<string, Map<string, Uint8Array>>()
  #failure: { error: unknown } | undefined
  #systemCallerHidden = false
  #index: AccessIndex | undefined

  constructor(view: StateView) {
    this.#view = view
    this.originalStorageCache = {
      get: async (address, key) => this.#slotAtTransactionStart(address, key),
      clear: () => {
        if (this.#transactionSlots.size > 0) this.#transactionSlots = new Map()
      },
    }
  }

  /** As if just made over `view`: nothing that was read, written or left open before is known any more. */
  restart(view: StateView): void {
    this.#view = view
    const maps = [this.#originals, this.#originalSlots, this.#accounts, this.#slots]
    for (const map of [...maps, this.#cleared, this.#newCodes, this.#codes]) map.clear()
    this.#undo.length = 0
    this.#checkpoints.length = 0
    this.originalStorageCache.clear()
    this.#failure = undefined
    this.#systemCallerHidden = false
    this.#index?.begin()
  }

  /** The first error that a read of the view threw, boxed because anything can be thrown. */
  get failure(): { readonly error: unknown } | undefined {
    return this.#failure
  }

  // ---- accounts

  async getAccount(address: Address): Promise<Account | undefined> {
    return this.readLibraryAccount(address)
  }

  /** The same for whoever has no use for a promise. */
  readLibraryAccount(address: Address): Account | undefined {
    const key = bytesToHex(address.bytes)
    // The library reads the caller of a system call before the call; nothing depends on the answer (protocol.md 7,
    // trap 4), so it must not cost the witness a path.
    if (this.#systemCallerHidden && key === SYSTEM_ADDRESS_HEX) return undefined
    this.#index?.readAccount(key)
    const record = this.#record(key, address.bytes)
    return record === null
      ? undefined
      : new Account(record.nonce, record.balance, this.#storageRoot(key), record.codeHash)
  }

  /** The account as it is now, without EthereumJS's object around it. */
  peekAccount(address: Uint8Array): AccountRecord | undefined {
    return this.#record(bytesToHex(address), address) ?? undefined
  }

  /** The account for whoever runs a transaction: the block access list hears of it. */
  readAccount(address: Uint8Array): AccountRecord | undefined {
    const key = bytesToHex(address)
    this.#index?.readAccount(key)
    return this.#record(key, address) ?? undefined
  }

  /** @throws TransactionRejected when the balance is above 2^256: checked arithmetic in EELS, which ends the block */
  writeAccount(address: Uint8Array, { nonce, balance, codeHash }: AccountRecord): void {
    const key = bytesToHex(address)
    const current = this.#record(key, address)
    const account = { nonce, balance, codeHash }
    // Every call writes both its accounts, mostly unchanged: an undo entry for each would pile up over the transaction.
    if (current !== null && sameAccount(current, account)) return
    if (balance > MAX_UINT256) {
      throw new TransactionRejected('INVALID', `balance of 0x${key} above 2^256`, { address: `0x${key}` })
    }
    this.#index?.beforeAccount(key, current)
    this.#set(this.#accounts, key, account)
  }

  async putAccount(address: Address, account?: Account): Promise<void> {
    if (account === undefined) return this.deleteAccount(address)
    this.writeAccount(address.bytes, account)
  }

  async deleteAccount(address: Address): Promise<void> {
    this.#delete(bytesToHex(address.bytes), address.bytes)
  }

  /** EIP-161, for an account that was touched; `key` is its address. The block access list hears of the look. */
  deleteIfEmpty(key: string): void {
    this.#index?.readAccount(key)
    const address = hexAddress(key)
    const record = this.#record(key, address)
    if (record === null || isEmptyAccount(record)) this.#delete(key, address)
  }

  async modifyAccountFields(address: Address, fields: AccountFields): Promise<void> {
    const account = (await this.getAccount(address)) ?? new Account()
    if (fields.nonce !== undefined) account.nonce = fields.nonce
    if (fields.balance !== undefined) account.balance = fields.balance
    if (fields.codeHash !== undefined) account.codeHash = fields.codeHash
    await this.putAccount(address, account)
  }

  // ---- code

  async putCode(address: Address, value: Uint8Array): Promise<void> {
    const codeHash = value.length === 0 ? EMPTY_CODE_HASH : keccak256(value)
    if (value.length > 0) {
      const hex = bytesToHex(codeHash)
      if (!this.#newCodes.has(hex)) this.#set(this.#newCodes, hex, value)
    }
    const key = bytesToHex(address.bytes)
    const current = this.#record(key, address.bytes)
    this.#index?.beforeAccount(key, current)
    const { nonce, balance } = current ?? { nonce: 0n, balance: 0n }
    this.#set(this.#accounts, key, { nonce, balance, codeHash })
  }

  async getCode(address: Address): Promise<Uint8Array> {
    return this.readCode(address.bytes)
  }

  /** The same for whoever has no use for a promise. */
  readCode(address: Uint8Array): Uint8Array {
    const key = bytesToHex(address)
    this.#index?.readAccount(key)
    const record = this.#record(key, address)
    return record === null ? EMPTY_BYTES : this.codeByHash(record.codeHash)
  }

  async getCodeSize(address: Address): Promise<number> {
    return (await this.getCode(address)).length
  }

  /** The same array for the same hash, so that analyses can be kept by code object. */
  codeByHash(codeHash: Hash32): Uint8Array {
    const hex = bytesToHex(codeHash)
    if (hex === EMPTY_CODE_HASH_HEX) return EMPTY_BYTES
    const known = this.#newCodes.get(hex) ?? this.#codes.get(hex)
    if (known !== undefined) return known
    const code = this.#read(() => this.#view.getCode(codeHash))
    this.#codes.set(hex, code)
    return code
  }

  // ---- storage

  async getStorage(address: Address, key: Uint8Array): Promise<Uint8Array> {
    return this.readStorage(address.bytes, key)
  }

  /** The same for whoever has no use for a promise. */
  readStorage(address: Uint8Array, key: Uint8Array): Uint8Array {
    const account = bytesToHex(address)
    this.#index?.readSlot(account, key)
    return this.#slot(account, address, bytesToHex(key), key)
  }

  /** The slot as it is now; no block access list hears of it. */
  peekStorage(address: Uint8Array, key: Uint8Array): Uint8Array {
    return this.#slot(bytesToHex(address), address, bytesToHex(key), key)
  }

  async putStorage(address: Address, key: Uint8Array, value: Uint8Array): Promise<void> {
    assert(key.length === 32, 'storage key is not 32 bytes')
    const account = bytesToHex(address.bytes)
    const slot = bytesToHex(key)
    this.#index?.beforeSlot(account, slot, () => this.#slot(account, address.bytes, slot, key))
    this.#set(this.#slotsOf(account), slot, minimal(value))
  }

  async clearStorage(address: Address): Promise<void> {
    this.#wipeStorage(bytesToHex(address.bytes))
  }

  // ---- checkpoints

  checkpoint(): Promise<void> {
    this.#checkpoints.push(this.#undo.length)
    return DONE
  }

  commit(): Promise<void> {
    assert(this.#checkpoints.pop() !== undefined, 'commit without a checkpoint')
    if (this.#checkpoints.length === 0) this.#undo.length = 0
    return DONE
  }

  revert(): Promise<void> {
    const length = this.#checkpoints.pop()
    assert(length !== undefined, 'revert without a checkpoint')
    this.#rollBack(length)
    return DONE
  }

  /** Opens a checkpoint that `restore` or `release` must close. */
  mark(): StateMark {
    const mark = { undo: this.#undo.length, checkpoints: this.#checkpoints.length }
    this.#checkpoints.push(mark.undo)
    return mark
  }

  /** Undoes everything since `mark`; open checkpoints above it are forgotten. */
  restore(mark: StateMark): void {
    this.#rollBack(mark.undo)
    this.#checkpoints.length = mark.checkpoints
    this.originalStorageCache.clear()
  }

  /** Keeps everything since `mark`. */
  release(mark: StateMark): void {
    assert(this.#checkpoints.length === mark.checkpoints + 1, 'a checkpoint was left open')
    this.#checkpoints.length = mark.checkpoints
    if (mark.checkpoints === 0) this.#undo.length = 0
  }

  // ---- block access list

  /** From here on reads and changes are noted for the block access list. */
  trackAccesses(index: AccessIndex): void {
    this.#index = index
  }

  /** Starts a block access index. */
  beginIndex(): void {
    this.#index?.begin()
  }

  /** Lists what changed since `beginIndex`. */
  endIndex(): void {
    this.#index?.end({
      account: (key) => this.#record(key, hexAddress(key)),
      writtenSlot: (key, slot) => this.#slots.get(key)?.get(slot),
      code: (codeHash) => this.codeByHash(codeHash),
      emptyCodeHash: EMPTY_CODE_HASH,
    })
  }

  // ---- results

  /** The net difference to the view's root. Reads the pre-state of anything written without having been read. */
  changes(): StateChanges {
    const accounts = new Map<string, { nonce: bigint; balance: bigint; codeHash: Hash32 } | null>()
    const storage = new Map<string, ReadonlyMap<string, Uint8Array>>()
    const clearedStorage = new Set<string>()
    const codes = new Map<string, Uint8Array>()
    for (const key of new Set([...this.#accounts.keys(), ...this.#slots.keys(), ...this.#cleared.keys()])) {
      const original = this.#original(key, hexAddress(key))
      const record = this.#record(key, hexAddress(key))
      if (record === null) {
        if (original !== undefined) accounts.set(key, null)
        continue
      }
      const wiped =
        this.#cleared.has(key) && original !== undefined && !bytesEqual(original.storageRoot, EMPTY_TRIE_ROOT)
      const slots = this.#changedSlots(key, wiped)
      if (wiped) clearedStorage.add(key)
      if (slots.size > 0) storage.set(key, slots)
      if (slots.size > 0 || wiped || !sameAccount(original, record)) accounts.set(key, record)
      const codeHex = bytesToHex(record.codeHash)
      const code = this.#newCodes.get(codeHex)
      if (code !== undefined) codes.set(codeHex, code)
    }
    return { accounts, storage, clearedStorage, codes }
  }

  /** Root and new nodes after `changes`. */
  computeCommit(changes: StateChanges): StateCommit {
    return this.#read(() => this.#view.commit(changes))
  }

  /** The same, for whoever can wait: the reference engine's tries are asynchronous. */
  async commitChanges(changes: StateChanges): Promise<StateCommit> {
    return this.computeCommit(changes)
  }

  /** Before Byzantium every receipt holds a root. */
  async getStateRoot(): Promise<Uint8Array> {
    return (await this.commitChanges(this.changes())).root
  }

  /** Has the view been asked for this account, or this slot of it? Keys in hex. */
  protected hasRead(account: string, slot?: string): boolean {
    if (slot === undefined) return this.#originals.has(account)
    return this.#originalSlots.get(account)?.has(slot) === true
  }

  /** A read of the view's nodes that has to be waited for: what it throws is the failure of the run. */
  protected async readAsync<T>(read: () => Promise<T>): Promise<T> {
    if (this.#failure !== undefined) throw this.#failure.error
    try {
      return await read()
    } catch (error) {
      this.#failure ??= { error }
      throw error
    }
  }

  /** While set, the library's own look at the caller of a system call is answered with "absent". */
  hideSystemCaller(hidden: boolean): void {
    this.#systemCallerHidden = hidden
  }

  // ---- parts of the interface that a private, single-block state has no use for

  clearCaches(): void {}

  async setStateRoot(): Promise<void> {
    throw new InternalError('a running block has one state root')
  }

  async hasStateRoot(root: Uint8Array): Promise<boolean> {
    return bytesEqual(root, this.#view.root)
  }

  shallowCopy(): StateManagerInterface {
    throw new InternalError('a private state is never copied')
  }

  // ---- helpers

  #read<T>(read: () => T): T {
    if (this.#failure !== undefined) throw this.#failure.error
    try {
      return read()
    } catch (error) {
      this.#failure = { error }
      throw error
    }
  }

  #original(key: string, address: Uint8Array): AccountState | undefined {
    const known = this.#originals.get(key)
    if (known !== undefined || this.#originals.has(key)) return known
    const account = this.#read(() => this.#view.getAccount(address))
    this.#originals.set(key, account)
    return account
  }

  #record(key: string, address: Uint8Array): AccountRecord | null {
    const live = this.#accounts.get(key)
    if (live !== undefined) return live
    return this.#original(key, address) ?? null
  }

  #delete(key: string, address: Uint8Array): void {
    if (this.#accounts.get(key) === null) return
    this.#index?.beforeAccount(key, this.#record(key, address))
    this.#set(this.#accounts, key, null)
    this.#wipeStorage(key)
  }

  #storageRoot(key: string): Hash32 {
    if (this.#cleared.has(key)) return EMPTY_TRIE_ROOT
    return this.#originals.get(key)?.storageRoot ?? EMPTY_TRIE_ROOT
  }

  #slotsOf(account: string): Map<string, Uint8Array> {
    let slots = this.#slots.get(account)
    if (slots === undefined) {
      slots = new Map()
      this.#slots.set(account, slots)
    }
    return slots
  }

  #slot(account: string, address: Uint8Array, slot: string, key: Uint8Array): Uint8Array {
    const written = this.#slots.get(account)?.get(slot)
    if (written !== undefined) return written
    if (this.#cleared.has(account)) return EMPTY_BYTES
    return this.#originalSlot(account, address, slot, key)
  }

  #originalSlot(account: string, address: Uint8Array, slot: string, key: Uint8Array): Uint8Array {
    let slots = this.#originalSlots.get(account)
    if (slots === undefined) {
      slots = new Map()
      this.#originalSlots.set(account, slots)
    }
    let value = slots.get(slot)
    if (value === undefined) {
      value = this.#read(() => this.#view.getStorage(address, key))
      slots.set(slot, value)
    }
    return value
  }

  #slotAtTransactionStart(address: Address, key: Uint8Array): Uint8Array {
    const account = bytesToHex(address.bytes)
    const slot = bytesToHex(key)
    let slots = this.#transactionSlots.get(account)
    if (slots === undefined) {
      slots = new Map()
      this.#transactionSlots.set(account, slots)
    }
    let value = slots.get(slot)
    if (value === undefined) {
      value = this.#slot(account, address.bytes, slot, key)
      slots.set(slot, value)
    }
    return value
  }

  #wipeStorage(account: string): void {
    this.#index?.beforeWipe(account, this.#slotReader(account))
    if (!this.#cleared.has(account)) this.#set(this.#cleared, account, true)
    if ((this.#slots.get(account)?.size ?? 0) > 0) this.#set(this.#slots, account, new Map())
  }

  /** Reads the slots of an account as they are now, also after its storage was wiped. */
  #slotReader(account: string): (slot: string) => Uint8Array {
    const slots = this.#slots.get(account)
    const cleared = this.#cleared.has(account)
    return (slot) => {
      const written = slots?.get(slot)
      if (written !== undefined) return written
      if (cleared) return EMPTY_BYTES
      return this.#originalSlot(account, hexAddress(account), slot, hexAddress(slot))
    }
  }

  #changedSlots(account: string, wiped: boolean): Map<string, Uint8Array> {
    const changed = new Map<string, Uint8Array>()
    for (const [slot, value] of this.#slots.get(account) ?? []) {
      const before = wiped ? EMPTY_BYTES : this.#originalSlot(account, hexAddress(account), slot, hexAddress(slot))
      if (!bytesEqual(before, value)) changed.set(slot, value)
    }
    return changed
  }

  #set<V>(map: Map<string, V>, key: string, value: V): void {
    if (this.#checkpoints.length > 0) this.#undo.push(map, key, map.get(key))
    map.set(key, value)
  }

  #rollBack(length: number): void {
    for (let i = this.#undo.length - 3; i >= length; i -= 3) {
      const map = this.#undo[i] as Map<string, unknown>
      const key = this.#undo[i + 1] as string
      const previous = this.#undo[i + 2]
      if (previous === undefined) map.delete(key)
      else map.set(key, previous)
    }
    this.#undo.length = length
  }
}

/** EIP-161 */
export function isEmptyAccount({ nonce, balance, codeHash }: AccountRecord): boolean {
  return nonce === 0n && balance === 0n && bytesEqual(codeHash, EMPTY_CODE_HASH)
}

function sameAccount(a: AccountRecord | undefined, b: AccountRecord): boolean {
  return (
    a !== undefined &&
    a.nonce === b.nonce &&
    a.balance === b.balance &&
    (a.codeHash === b.codeHash || bytesEqual(a.codeHash, b.codeHash))
  )
}

/** Storage values are minimal big-endian; zero is empty. */
function minimal(value: Uint8Array): Uint8Array {
  let start = 0
  while (start < value.length && value[start] === 0) start++
  return start === 0 ? value : value.subarray(start)
}

function hexAddress(hex: string): Uint8Array {
  return Uint8Array.from(Buffer.from(hex, 'hex'))
}
