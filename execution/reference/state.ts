import type { Account, Address } from '@ethereumjs/util'
import { decodeAccount, decodeStorageValue } from '../../stateless/account.ts'
import { bytesEqual, bytesToHex, EMPTY_BYTES } from '../../stateless/bytes.ts'
import { InvalidWitness } from '../../stateless/errors.ts'
import type { AccountState, StateChanges, StateCommit, StateView } from '../../stateless/types.ts'
import { assert, SYSTEM_ADDRESS_HEX } from '../internal.ts'
import { JournaledState } from '../stateManager.ts'
import { createReferenceTries, type ReferenceTries } from './tries.ts'

/**
 * The same journal, over tries of the library's: whatever is first read of an account or slot is read by its trie too, and
 * roots are computed by it alone. Our trie reads first, so that a node that is missing or malformed is the same error.
 *
 * A view that does not say where its nodes come from is taken at its word.
 */
export class ReferenceState extends JournaledState {
  #base: StateView
  #tries: ReferenceTries | undefined
  #hidden = false
  readonly #compared = new Set<string>()

  constructor(view: StateView) {
    super(view)
    this.#base = view
    this.#tries = triesOf(view)
  }

  override restart(view: StateView): void {
    super.restart(view)
    this.#base = view
    this.#tries = triesOf(view)
    this.#hidden = false
    this.#compared.clear()
  }

  override async getAccount(address: Address): Promise<Account | undefined> {
    const account = await super.getAccount(address)
    if (!this.#hidden || bytesToHex(address.bytes) !== SYSTEM_ADDRESS_HEX) await this.#compareAccount(address.bytes)
    return account
  }

  override async getStorage(address: Address, key: Uint8Array): Promise<Uint8Array> {
    const value = await super.getStorage(address, key)
    await this.#compareSlot(address.bytes, key)
    return value
  }

  override hideSystemCaller(hidden: boolean): void {
    this.#hidden = hidden
    super.hideSystemCaller(hidden)
  }

  override async commitChanges(changes: StateChanges): Promise<StateCommit> {
    const tries = this.#tries
    if (tries === undefined) return super.commitChanges(changes)
    return this.readAsync(async () => {
      try {
        return await tries.commit(changes, (address) => this.#base.getAccount(address))
      } catch (error) {
        // Ours misses the same node, and knows where in the trie that is.
        if (error instanceof InvalidWitness) this.#base.commit(changes)
        throw error
      }
    })
  }

  /** What this run has not asked the view for it does not ask now: an account made here, a slot of wiped storage. */
  async #compareAccount(address: Uint8Array): Promise<void> {
    const key = bytesToHex(address)
    const tries = this.#tries
    if (tries === undefined || this.#compared.has(key) || !this.hasRead(key)) return
    this.#compared.add(key)
    const ours = this.#base.getAccount(address)
    const rlp = await this.readAsync(() => tries.account(address))
    const theirs = rlp === null ? undefined : decodeAccount(rlp)
    assert(sameAccount(ours, theirs), `the tries do not agree about account ${key}`)
  }

  async #compareSlot(address: Uint8Array, slot: Uint8Array): Promise<void> {
    const key = `${bytesToHex(address)}${bytesToHex(slot)}`
    const tries = this.#tries
    if (tries === undefined || this.#compared.has(key) || !this.hasRead(bytesToHex(address), bytesToHex(slot))) return
    this.#compared.add(key)
    const account = this.#base.getAccount(address)
    if (account === undefined) return
    const rlp = await this.readAsync(() => tries.slot(account.storageRoot, slot))
    const theirs = rlp === null ? EMPTY_BYTES : decodeStorageValue(rlp)
    assert(bytesEqual(this.#base.getStorage(address, slot), theirs), `the tries do not agree about slot ${key}`)
  }
}

function triesOf({ nodes, root }: StateView): ReferenceTries | undefined {
  return nodes === undefined ? undefined : createReferenceTries(nodes, root)
}

function sameAccount(a: AccountState | undefined, b: AccountState | undefined): boolean {
  if (a === undefined || b === undefined) return a === b
  return (
    a.nonce === b.nonce &&
    a.balance === b.balance &&
    bytesEqual(a.storageRoot, b.storageRoot) &&
    bytesEqual(a.codeHash, b.codeHash)
  )
}
