import { blockParameter, LATEST, requireState } from '../blockParameter.ts'
import { address, storageKey } from '../codec.ts'
import { toData, toQuantity, toWord } from '../hex.ts'
import { method, required, withDefault } from '../params.ts'
import type { MethodTable } from '../types.ts'
import type { EthDeps } from './deps.ts'

const EMPTY = new Uint8Array(0)

/** Accounts, code and storage as of any stored block. */
export function stateMethods({ chain, pool }: Pick<EthDeps, 'chain' | 'pool'>): MethodTable {
  const accountParam = required('address', address)
  const blockParam = withDefault('block', blockParameter, LATEST)
  return {
    eth_getBalance: method([accountParam, blockParam], ([account, block]) =>
      toQuantity(requireState(chain, block).getAccount(account)?.balance ?? 0n),
    ),
    eth_getCode: method([accountParam, blockParam], ([account, block]) => {
      const state = requireState(chain, block)
      const found = state.getAccount(account)
      return toData(found ? state.getCode(found.codeHash) : EMPTY)
    }),
    eth_getStorageAt: method([accountParam, required('slot', storageKey), blockParam], ([account, { key }, block]) =>
      toWord(requireState(chain, block).getStorage(account, key)),
    ),
    eth_getTransactionCount: method([accountParam, blockParam], ([account, block]) => {
      if (block.kind === 'tag' && block.tag === 'pending') return toQuantity(pool.nextNonce(account))
      return toQuantity(requireState(chain, block).getAccount(account)?.nonce ?? 0n)
    }),
  }
}
