import { blockParameter, isPending, LATEST, readState } from '../blockParameter.ts'
import { address, storageKey } from '../codec.ts'
import { toData, toQuantity, toWord } from '../hex.ts'
import { method, required, withDefault } from '../params.ts'
import type { MethodTable } from '../types.ts'
import type { EthDeps } from './deps.ts'

const EMPTY = new Uint8Array(0)

/** Accounts, code and storage as of any stored block, or after the transactions that wait. */
export function stateMethods(deps: Pick<EthDeps, 'chain' | 'pool' | 'pending'>): MethodTable {
  const accountParam = required('address', address)
  const blockParam = withDefault('block', blockParameter, LATEST)
  return {
    eth_getBalance: method([accountParam, blockParam], async ([account, block]) => {
      const state = await readState(deps, block)
      return toQuantity(state.getAccount(account)?.balance ?? 0n)
    }),
    eth_getCode: method([accountParam, blockParam], async ([account, block]) => {
      const state = await readState(deps, block)
      const found = state.getAccount(account)
      return toData(found ? state.getCode(found.codeHash) : EMPTY)
    }),
    eth_getStorageAt: method(
      [accountParam, required('slot', storageKey), blockParam],
      async ([account, { key }, block]) => toWord((await readState(deps, block)).getStorage(account, key)),
    ),
    /** `pending` counts what the pool holds, whether or not all of it fits into one block. */
    eth_getTransactionCount: method([accountParam, blockParam], async ([account, block]) => {
      if (isPending(block)) return toQuantity(deps.pool.nextNonce(account))
      const state = await readState(deps, block)
      return toQuantity(state.getAccount(account)?.nonce ?? 0n)
    }),
  }
}
