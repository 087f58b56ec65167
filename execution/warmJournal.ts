import type { Common } from '@ethereumjs/common'
import type { Account, Address } from '@ethereumjs/util'
import { bytesToHex } from '../stateless/bytes.ts'
import { InternalError } from './internal.ts'
import type { JournaledState } from './stateManager.ts'

/**
 * Before Amsterdam precompile 3 stays touched when a frame reverts: the one account that EIP-161 clearing once got wrong.
 * The specification of Amsterdam knows no exception.
 */
const RIPEMD = '0000000000000000000000000000000000000003'

const NONE: ReadonlyMap<string, unknown> = new Map()

type Mark = { touched: number; addresses: number; slots: number }

/**
 * What EthereumJS's Journal does (warm addresses and slots, touched accounts, checkpoints of the state) with one undo
 * log instead of a list of sets per call frame: the library copies that list at every revert, which makes many reverts
 * after many calls quadratic.
 */
export class WarmJournal {
  accessList?: Map<string, Set<string>>
  readonly #state: JournaledState
  /** EIP-161 */
  readonly clearsEmpty: boolean
  readonly #keepsTouched: string | undefined
  #warm = new Map<string, Set<string>>()
  #alwaysWarm = new Map<string, Set<string>>()
  #precompiles: ReadonlyMap<string, unknown> = NONE
  #touched = new Set<string>()
  readonly #touchedLog: string[] = []
  readonly #addressLog: string[] = []
  readonly #slotLog: { slots: Set<string>; slot: string }[] = []
  readonly #marks: Mark[] = []

  constructor(state: JournaledState, common: Common) {
    this.#state = state
    this.clearsEmpty = common.gteHardfork('spuriousDragon')
    this.#keepsTouched = common.isActivatedEIP(7928) ? undefined : RIPEMD
  }

  startReportingAccessList(): void {
    this.accessList = new Map()
  }

  startReportingPreimages(): void {
    throw new InternalError('preimages are not reported')
  }

  /** EIP-161: looked at when the transaction is over. */
  touch(address: Uint8Array): void {
    this.#touch(bytesToHex(address))
  }

  async putAccount(address: Address, account: Account | undefined): Promise<void> {
    this.#touch(bytesToHex(address.bytes))
    return this.#state.putAccount(address, account)
  }

  async deleteAccount(address: Address): Promise<void> {
    this.#touch(bytesToHex(address.bytes))
    return this.#state.deleteAccount(address)
  }

  // ---- checkpoints

  checkpoint(): Promise<void> {
    this.#marks.push({
      touched: this.#touchedLog.length,
      addresses: this.#addressLog.length,
      slots: this.#slotLog.length,
    })
    return this.#state.checkpoint()
  }

  commit(): Promise<void> {
    this.#marks.pop()
    return this.#state.commit()
  }

  /** `cleanJournal` forgets open marks, so a revert after it has nothing of this journal to undo. */
  revert(): Promise<void> {
    const mark = this.#marks.pop()
    if (mark !== undefined) this.#rollBack(mark)
    return this.#state.revert()
  }

  cleanJournal(): void {
    // Most transactions only move ether: what is empty stays as it is.
    if (this.#warm.size > 0) this.#warm = new Map()
    if (this.#alwaysWarm.size > 0) this.#alwaysWarm = new Map()
    if (this.#touched.size > 0) this.#touched = new Set()
    this.#precompiles = NONE
    this.#touchedLog.length = 0
    this.#addressLog.length = 0
    this.#slotLog.length = 0
    this.#marks.length = 0
  }

  async cleanup(): Promise<void> {
    this.clearTouched()
  }

  /** EIP-161: touched accounts that are empty leave the state; then nothing is touched or warm any more. */
  clearTouched(): void {
    if (this.clearsEmpty) for (const key of this.#touched) this.#state.deleteIfEmpty(key)
    this.cleanJournal()
    if (this.accessList !== undefined) delete this.accessList
  }

  // ---- EIP-2929

  /** For the rest of the transaction; their addresses are the keys. */
  warmPrecompiles(precompiles: ReadonlyMap<string, unknown>): void {
    this.#precompiles = precompiles
  }

  addAlwaysWarmAddress(address: string, report = false): void {
    const key = withoutPrefix(address)
    if (!this.#alwaysWarm.has(key)) this.#alwaysWarm.set(key, new Set())
    if (report) this.#report(key)
  }

  addAlwaysWarmSlot(address: string, slot: string, report = false): void {
    const key = withoutPrefix(address)
    this.addAlwaysWarmAddress(key, report)
    this.#alwaysWarm.get(key)?.add(withoutPrefix(slot))
    if (report) this.#report(key)?.add(withoutPrefix(slot))
  }

  isWarmedAddress(address: Uint8Array): boolean {
    const key = bytesToHex(address)
    return this.#warm.has(key) || this.#alwaysWarm.has(key) || this.#precompiles.has(key)
  }

  addWarmedAddress(address: Uint8Array): void {
    this.#warmSlots(bytesToHex(address))
  }

  isWarmedStorage(address: Uint8Array, slot: Uint8Array): boolean {
    const key = bytesToHex(address)
    const slotKey = bytesToHex(slot)
    return (this.#warm.get(key)?.has(slotKey) ?? false) || (this.#alwaysWarm.get(key)?.has(slotKey) ?? false)
  }

  addWarmedStorage(address: Uint8Array, slot: Uint8Array): void {
    const key = bytesToHex(address)
    const slotKey = bytesToHex(slot)
    const slots = this.#warmSlots(key)
    if (!slots.has(slotKey)) {
      slots.add(slotKey)
      this.#slotLog.push({ slots, slot: slotKey })
    }
    this.#report(key)?.add(slotKey)
  }

  // ---- helpers

  #touch(key: string): void {
    if (this.#touched.has(key)) return
    this.#touched.add(key)
    this.#touchedLog.push(key)
  }

  #warmSlots(key: string): Set<string> {
    let slots = this.#warm.get(key)
    if (slots === undefined) {
      slots = new Set()
      this.#warm.set(key, slots)
      this.#addressLog.push(key)
    }
    this.#report(key)
    return slots
  }

  #report(key: string): Set<string> | undefined {
    if (this.accessList === undefined) return undefined
    let slots = this.accessList.get(key)
    if (slots === undefined) {
      slots = new Set()
      this.accessList.set(key, slots)
    }
    return slots
  }

  #rollBack(mark: Mark): void {
    while (this.#slotLog.length > mark.slots) {
      const last = this.#slotLog.pop()
      last?.slots.delete(last.slot)
    }
    while (this.#addressLog.length > mark.addresses) this.#warm.delete(this.#addressLog.pop() ?? '')
    while (this.#touchedLog.length > mark.touched) {
      const key = this.#touchedLog.pop() ?? ''
      if (key !== this.#keepsTouched) this.#touched.delete(key)
    }
  }
}

function withoutPrefix(text: string): string {
  return text.startsWith('0x') ? text.slice(2) : text
}
