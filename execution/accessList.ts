import { BlockLevelAccessList } from '@ethereumjs/util'
import { bigintToMinimalBytes, bytesToHex, hexToBytes } from '../stateless/bytes.ts'
import { encodeRlp, type RlpValue } from '../stateless/rlp.ts'

/** One value per block access index, ascending. */
type Changes<V> = { readonly index: number; readonly value: V }[]

type AccountAccess = {
  /** every slot read or written, minimal hex */
  readonly slots: Set<string>
  readonly storage: Map<string, Changes<Uint8Array>>
  readonly balances: Changes<bigint>
  readonly nonces: Changes<bigint>
  readonly codes: Changes<Uint8Array>
}

/** A point that `restore` can go back to. */
export type AccessListMark = number

/**
 * The list of the running block (EIP-7928). Accounts and slots are added as they are read, whatever becomes of the frame;
 * changes when an index ends, each key at most once (accessIndex.ts). Addresses are hex, slots and values big-endian bytes.
 */
export class BlockAccessList {
  readonly #accounts = new Map<string, AccountAccess>()
  /** newest last */
  readonly #undo: (() => void)[] = []
  #index = 0
  #items = 0

  /** EIP-7928 items: addresses plus distinct slots. Bounded by block gas limit / 2000. */
  get itemCount(): number {
    return this.#items
  }

  readAccount(address: string): void {
    this.#account(address)
  }

  readSlot(address: string, slot: Uint8Array): void {
    this.#touchSlot(this.#account(address), slotHex(slot))
  }

  changeBalance(address: string, balance: bigint): void {
    this.#change(this.#account(address).balances, balance)
  }

  changeNonce(address: string, nonce: bigint): void {
    this.#change(this.#account(address).nonces, nonce)
  }

  changeCode(address: string, code: Uint8Array): void {
    this.#change(this.#account(address).codes, code)
  }

  changeSlot(address: string, slot: Uint8Array, value: Uint8Array): void {
    const account = this.#account(address)
    const key = slotHex(slot)
    this.#touchSlot(account, key)
    let changes = account.storage.get(key)
    if (changes === undefined) {
      changes = []
      account.storage.set(key, changes)
    }
    this.#change(changes, minimal(value))
  }

  mark(): AccessListMark {
    return this.#undo.length
  }

  /** Takes back everything since `mark`: for a transaction that is not in the block after all. */
  restore(mark: AccessListMark): void {
    while (this.#undo.length > mark) this.#undo.pop()?.()
  }

  /** As if just made. */
  clear(): void {
    this.#accounts.clear()
    this.#items = 0
    this.beginIndex(0)
  }

  /** Starts a block access index; nothing before it can be undone any more. */
  beginIndex(index: number): void {
    this.#undo.length = 0
    this.#index = index
  }

  /** Canonical RLP: accounts and slots ascending, changes by index, values without leading zeros. */
  serialize(): Uint8Array {
    return encodeRlp([...this.#accounts].sort(byKey).map(encodeAccount))
  }

  #account(address: string): AccountAccess {
    const known = this.#accounts.get(address)
    if (known !== undefined) return known
    const account: AccountAccess = { slots: new Set(), storage: new Map(), balances: [], nonces: [], codes: [] }
    this.#accounts.set(address, account)
    this.#items++
    this.#undo.push(() => {
      this.#accounts.delete(address)
      this.#items--
    })
    return account
  }

  #touchSlot({ slots }: AccountAccess, slot: string): void {
    if (slots.has(slot)) return
    slots.add(slot)
    this.#items++
    this.#undo.push(() => {
      slots.delete(slot)
      this.#items--
    })
  }

  #change<V>(changes: Changes<V>, value: V): void {
    changes.push({ index: this.#index, value })
    this.#undo.push(() => {
      changes.pop()
    })
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

/** A slot is listed as read exactly when it was accessed and has no change. */
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

function slotHex(slot: Uint8Array): string {
  return bytesToHex(minimal(slot))
}

function minimal(bytes: Uint8Array): Uint8Array {
  let start = 0
  while (start < bytes.length && bytes[start] === 0) start++
  return start === 0 ? bytes : bytes.subarray(start)
}
