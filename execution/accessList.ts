import { BlockLevelAccessList } from '@ethereumjs/util'
import { bigintToMinimalBytes, bytesEqual, bytesToHex, EMPTY_BYTES, hexToBytes } from '../stateless/bytes.ts'
import { encodeRlp, type RlpValue } from '../stateless/rlp.ts'
import { InternalError } from './internal.ts'

/** One value per block access index, ascending; only the last entry ever changes. */
type Changes<V> = { readonly index: number; readonly value: V }[]

type AccountAccess = {
  /** every slot read or written, minimal hex; never shrinks except by `restore` */
  readonly slots: Set<string>
  readonly storage: Map<string, Changes<Uint8Array>>
  readonly balances: Changes<bigint>
  readonly nonces: Changes<bigint>
  readonly codes: Changes<Uint8Array>
}

/** A point that `restore` can go back to. */
export type AccessListMark = { readonly undo: number; readonly touches: number; readonly frames: number }

/**
 * The EIP-7928 list of the running block.
 *
 * EthereumJS's own class copies the whole list at every call frame, which makes a block of many calls quadratic. Here a
 * frame is a number: changes go through an undo log, and what survives a revert (touched accounts and slots) lives in
 * sets that a revert does not look at. A slot is listed as read exactly when it was accessed and has no change left.
 *
 * Original values (balance, storage, code) are those at the start of the block access index: one transaction, or all
 * system calls before or after the transactions. `endIndex` drops what is unchanged against them and forgets them.
 */
export class JournaledAccessList extends BlockLevelAccessList {
  readonly #accounts = new Map<string, AccountAccess>()
  /** undo closures of changes, newest last */
  readonly #undo: (() => void)[] = []
  /** undo closures of touches: only `restore` runs them */
  readonly #touches: (() => void)[] = []
  readonly #frames: number[] = []
  #originalBalance = new Map<string, bigint>()
  #originalSlot = new Map<string, Uint8Array>()
  #originalCode = new Map<string, Uint8Array>()
  #items = 0

  /** EIP-7928 items: addresses plus distinct slots. Bounded by block gas limit / 2000. */
  get itemCount(): number {
    return this.#items
  }

  // ---- recording, called by the EVM

  override addAddress(address: string): void {
    this.#account(address)
  }

  override addStorageRead(address: string, storageKey: Uint8Array): void {
    this.#touchSlot(address, this.#account(address), slotHex(storageKey))
  }

  override addStorageWrite(
    address: string,
    storageKey: Uint8Array,
    value: Uint8Array,
    blockAccessIndex: number,
    originalValue?: Uint8Array,
  ): void {
    const account = this.#account(address)
    const slot = slotHex(storageKey)
    this.#touchSlot(address, account, slot)
    const written = minimal(value)
    const original = this.#firstSlotValue(`${address}${slot}`, originalValue, written)
    let changes = account.storage.get(slot)
    if (changes === undefined) {
      changes = []
      account.storage.set(slot, changes)
    }
    if (original !== undefined && bytesEqual(original, written)) this.#dropLast(changes, blockAccessIndex)
    else this.#setLast(changes, blockAccessIndex, written)
  }

  override addBalanceChange(
    address: string,
    balance: bigint,
    blockAccessIndex: number,
    originalBalance?: bigint,
  ): void {
    const account = this.#account(address)
    if (originalBalance !== undefined && !this.#originalBalance.has(address)) {
      this.#originalBalance.set(address, originalBalance)
    }
    this.#setLast(account.balances, blockAccessIndex, balance)
  }

  override addNonceChange(address: string, nonce: bigint, blockAccessIndex: number): void {
    this.#setLast(this.#account(address).nonces, blockAccessIndex, nonce)
  }

  override addCodeChange(address: string, code: Uint8Array, blockAccessIndex: number, originalCode?: Uint8Array): void {
    const account = this.#account(address)
    if (originalCode !== undefined && !this.#originalCode.has(address)) this.#originalCode.set(address, originalCode)
    const original = this.#originalCode.get(address)
    if (original !== undefined && bytesEqual(original, code)) this.#dropLast(account.codes, blockAccessIndex)
    else this.#setLast(account.codes, blockAccessIndex, code)
  }

  // ---- frames

  override checkpoint(): void {
    this.#frames.push(this.#undo.length)
  }

  override commit(): void {
    this.#frames.pop()
  }

  override revert(): void {
    const length = this.#frames.pop()
    if (length !== undefined) unwind(this.#undo, length)
  }

  mark(): AccessListMark {
    return { undo: this.#undo.length, touches: this.#touches.length, frames: this.#frames.length }
  }

  /** Takes back everything since `mark`, touches included: for a transaction that is not in the block after all. */
  restore(mark: AccessListMark): void {
    unwind(this.#undo, mark.undo)
    unwind(this.#touches, mark.touches)
    this.#frames.length = mark.frames
    this.#forgetOriginals()
  }

  // ---- end of a transaction or of a phase

  /** Called by runTx at the end of each transaction. */
  override cleanupNetZeroBalanceChanges(): void {
    this.endIndex()
  }

  /** Drops balance changes that ended where they began and forgets the original values of this index. */
  endIndex(): void {
    for (const [address, original] of this.#originalBalance) {
      const balances = this.#accounts.get(address)?.balances
      const last = balances?.at(-1)
      if (balances !== undefined && last?.value === original) this.#dropLast(balances, this.blockAccessIndex)
    }
    this.#forgetOriginals()
  }

  /**
   * Accounts created and destroyed in this transaction: their changes of this index are void, their slots stay read.
   * With EIP-8246 the balance survives; without it a positive original balance leaves its change to zero.
   */
  override cleanupSelfdestructed(addresses: string[], finalBalances?: Map<string, bigint>): void {
    for (const address of addresses) {
      const account = this.#accounts.get(address)
      if (account === undefined) continue
      const index = this.blockAccessIndex
      for (const changes of account.storage.values()) this.#dropLast(changes, index)
      this.#dropLast(account.nonces, index)
      this.#dropLast(account.codes, index)
      const original = this.#originalBalance.get(address) ?? 0n
      const unchanged = finalBalances === undefined ? original === 0n : (finalBalances.get(address) ?? 0n) === original
      if (unchanged) this.#dropLast(account.balances, index)
    }
  }

  /** As if just made. */
  clear(): void {
    this.#accounts.clear()
    this.#items = 0
    this.#frames.length = 0
    this.beginIndex(0)
  }

  /** Starts a new block access index; nothing before it can be undone any more. */
  beginIndex(index: number): void {
    if (this.#frames.length > 0) throw new InternalError('a frame of the access list is still open')
    this.#undo.length = 0
    this.#touches.length = 0
    this.blockAccessIndex = index
    this.#forgetOriginals()
  }

  // ---- encoding

  /** Canonical RLP (EIP-7928): accounts and slots ascending, changes by index, values without leading zeros. */
  override serialize(): Uint8Array {
    return encodeRlp([...this.#accounts].sort(byKey).map(encodeAccount))
  }

  override raw(): never {
    throw new InternalError('the access list is read by serialize()')
  }

  // ---- helpers

  #account(address: string): AccountAccess {
    const known = this.#accounts.get(address)
    if (known !== undefined) return known
    const account: AccountAccess = { slots: new Set(), storage: new Map(), balances: [], nonces: [], codes: [] }
    this.#accounts.set(address, account)
    this.#items++
    this.#touches.push(() => {
      this.#accounts.delete(address)
      this.#items--
    })
    return account
  }

  #touchSlot(_address: string, account: AccountAccess, slot: string): void {
    if (account.slots.has(slot)) return
    account.slots.add(slot)
    this.#items++
    this.#touches.push(() => {
      account.slots.delete(slot)
      this.#items--
    })
  }

  /**
   * The slot's value at the start of the index. Without one the library's rule holds: writing zero changes nothing.
   * (Our own system calls always say what was there.)
   */
  #firstSlotValue(key: string, given: Uint8Array | undefined, written: Uint8Array): Uint8Array | undefined {
    const known = this.#originalSlot.get(key)
    if (known !== undefined) return known
    if (given === undefined) return written.length === 0 ? EMPTY_BYTES : undefined
    const value = minimal(given)
    this.#originalSlot.set(key, value)
    return value
  }

  #setLast<V>(changes: Changes<V>, index: number, value: V): void {
    const last = changes.at(-1)
    if (last !== undefined && last.index === index) {
      if (last.value === value) return
      changes[changes.length - 1] = { index, value }
      this.#undo.push(() => {
        changes[changes.length - 1] = last
      })
    } else {
      changes.push({ index, value })
      this.#undo.push(() => {
        changes.pop()
      })
    }
  }

  #dropLast<V>(changes: Changes<V>, index: number): void {
    const last = changes.at(-1)
    if (last === undefined || last.index !== index) return
    changes.pop()
    this.#undo.push(() => {
      changes.push(last)
    })
  }

  #forgetOriginals(): void {
    if (this.#originalBalance.size > 0) this.#originalBalance = new Map()
    if (this.#originalSlot.size > 0) this.#originalSlot = new Map()
    if (this.#originalCode.size > 0) this.#originalCode = new Map()
  }
}

/** What the library writes its own list into: ours comes from the state (accessIndex.ts). */
export class SilentAccessList extends BlockLevelAccessList {
  override addAddress(): void {}
  override addStorageRead(): void {}
  override addStorageWrite(): void {}
  override addBalanceChange(): void {}
  override addNonceChange(): void {}
  override addCodeChange(): void {}
  override checkpoint(): void {}
  override commit(): void {}
  override revert(): void {}
  override cleanupNetZeroBalanceChanges(): void {}
  override cleanupSelfdestructed(): void {}
}

function unwind(log: (() => void)[], length: number): void {
  while (log.length > length) log.pop()?.()
}

function encodeAccount([address, account]: [string, AccountAccess]): RlpValue {
  const changed = [...account.storage].filter(([, changes]) => changes.length > 0)
  const changedSlots = new Set(changed.map(([slot]) => slot))
  const reads = [...account.slots].filter((slot) => !changedSlots.has(slot))
  return [
    hexToBytes(address),
    changed.sort(bySlot).map(([slot, changes]) => [hexToBytes(slot), encodeChanges(changes, (value) => value)]),
    reads.sort(compareSlots).map(hexToBytes),
    encodeChanges(account.balances, bigintToMinimalBytes),
    encodeChanges(account.nonces, bigintToMinimalBytes),
    encodeChanges(account.codes, (code) => code),
  ]
}

function encodeChanges<V>(changes: Changes<V>, encode: (value: V) => Uint8Array): RlpValue {
  return changes.map(({ index, value }) => [bigintToMinimalBytes(BigInt(index)), encode(value)])
}

function byKey(a: readonly [string, unknown], b: readonly [string, unknown]): number {
  return a[0] < b[0] ? -1 : 1
}

function bySlot(a: readonly [string, unknown], b: readonly [string, unknown]): number {
  return compareSlots(a[0], b[0])
}

/** Minimal hex of equal length sorts as numbers do; a longer one is larger. */
function compareSlots(a: string, b: string): number {
  if (a.length !== b.length) return a.length - b.length
  return a < b ? -1 : a > b ? 1 : 0
}

function slotHex(key: Uint8Array): string {
  return bytesToHex(minimal(key))
}

function minimal(bytes: Uint8Array): Uint8Array {
  let start = 0
  while (start < bytes.length && bytes[start] === 0) start++
  return start === 0 ? bytes : bytes.subarray(start)
}
