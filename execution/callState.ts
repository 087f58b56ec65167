import { Account, Address } from '@ethereumjs/util'
import { hexToBytes } from '../stateless/bytes.ts'
import { giveWay, isTurnOver } from './eventLoop.ts'
import { EMPTY_CODE_HASH, type JournaledState } from './stateManager.ts'
import type { AccountOverride } from './types.ts'

/** Changes accounts before a call as its caller wishes: addresses and slots are hex without prefix. */
export async function applyStateOverrides(
  state: JournaledState,
  overrides: ReadonlyMap<string, AccountOverride>,
): Promise<void> {
  for (const [hex, override] of overrides) {
    if (isTurnOver()) await giveWay()
    const address = new Address(hexToBytes(hex))
    const { nonce, balance, code } = override
    if (nonce !== undefined || balance !== undefined) {
      const account = (await state.getAccount(address)) ?? new Account()
      if (nonce !== undefined) account.nonce = nonce
      if (balance !== undefined) account.balance = balance
      await state.putAccount(address, account)
    }
    if (code !== undefined) await state.putCode(address, code)
    await overrideStorage(state, address, override)
  }
}

/** Storage needs an account, if only an empty one; so does the wish for no storage (geth). */
async function overrideStorage(state: JournaledState, address: Address, override: AccountOverride): Promise<void> {
  const slots = override.state ?? override.stateDiff ?? new Map<string, Uint8Array>()
  if (override.state === undefined && slots.size === 0) return
  if ((await state.getAccount(address)) === undefined) await state.putAccount(address, new Account())
  if (override.state !== undefined) await state.clearStorage(address)
  for (const [slot, value] of slots) {
    if (isTurnOver()) await giveWay()
    await state.putStorage(address, hexToBytes(slot), value)
  }
}

/**
 * Lets a contract be the sender of a call, as geth does: the library refuses it (EIP-3607) by the code hash of the first
 * account it reads. That one look is answered with "no code"; every later one, also at the same object, with the truth.
 * Returns a function that takes this back.
 */
export function acceptContractSender(state: JournaledState, sender: Uint8Array): () => void {
  const original = state.getAccount
  const restore = () => {
    state.getAccount = original
  }
  state.getAccount = async (address) => {
    const account = await original.call(state, address)
    if (Buffer.compare(address.bytes, sender) !== 0) return account
    restore()
    if (account === undefined) return undefined
    const codeHash = account.codeHash
    let looks = 0
    return Object.defineProperty(account, 'codeHash', {
      get: () => (looks++ === 0 ? EMPTY_CODE_HASH : codeHash),
      enumerable: true,
      configurable: true,
    })
  }
  return restore
}
