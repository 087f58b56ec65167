import { Address } from '@ethereumjs/util'
import { bytesEqual, hexToBytes, isZeroBytes } from '../stateless/bytes.ts'
import { EMPTY_TRIE_ROOT } from '../stateless/trie.ts'
import { applyStateOverrides } from './callState.ts'
import { EMPTY_CODE_HASH, type JournaledState } from './stateManager.ts'
import type { AccountOverride, InjectedChanges } from './types.ts'

/** Changes accounts as the block says; what is empty afterwards is no account (EIP-161), unless slots are what was set. */
export async function applyInjectedChanges(state: JournaledState, changes: InjectedChanges): Promise<void> {
  await applyStateOverrides(state, changes)
  for (const [key, override] of changes) {
    const address = new Address(hexToBytes(key))
    const account = await state.getAccount(address)
    if (account === undefined || setsSlots(override)) continue
    const { nonce, balance, codeHash, storageRoot } = account
    const isEmpty = nonce === 0n && balance === 0n && bytesEqual(codeHash, EMPTY_CODE_HASH)
    if (isEmpty && bytesEqual(storageRoot, EMPTY_TRIE_ROOT)) await state.deleteAccount(address)
  }
}

function setsSlots({ state, stateDiff }: AccountOverride): boolean {
  return [...(state ?? stateDiff ?? []).values()].some((value) => !isZeroBytes(value))
}
