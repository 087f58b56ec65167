import { EMPTY_CODE_HASH } from '../../stateless/account.ts'
import { EMPTY_TRIE_ROOT } from '../../stateless/trie.ts'
import type { Address20, Hash32 } from '../../stateless/types.ts'
import { blockParameter, isPending, LATEST, readState } from '../blockParameter.ts'
import { address, hash, storageKey } from '../codec.ts'
import { invalidParams, invalidRequestOf, RpcError } from '../errors.ts'
import { toData, toQuantity, toWord } from '../hex.ts'
import { describe, described, method, type Parse, readObject, required, withDefault } from '../params.ts'
import { arrayOf, HASH, mapOf } from '../schema.ts'
import type { MethodTable } from '../types.ts'
import { type EthDeps, ethLimits } from './deps.ts'

const EMPTY = new Uint8Array(0)

/** Accounts, code and storage as of any stored block, or after the transactions that wait. */
export function stateMethods(deps: Pick<EthDeps, 'chain' | 'pool' | 'pending' | 'limits'>): MethodTable {
  const storageRequests = storageRequestsUpTo(ethLimits(deps).maxStorageSlots)
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
    /** the account as it stands in the state trie */
    eth_getAccount: method([accountParam, blockParam], async ([account, block]) => {
      const found = (await readState(deps, block)).getAccount(account)
      return {
        balance: toQuantity(found?.balance ?? 0n),
        nonce: toQuantity(found?.nonce ?? 0n),
        storageRoot: toData(found?.storageRoot ?? EMPTY_TRIE_ROOT),
        codeHash: toData(found?.codeHash ?? EMPTY_CODE_HASH),
      }
    }),
    /** balance, nonce and code at once: what a fork of this chain needs of an account */
    eth_getAccountInfo: method([accountParam, blockParam], async ([account, block]) => {
      const state = await readState(deps, block)
      const found = state.getAccount(account)
      return {
        balance: toQuantity(found?.balance ?? 0n),
        nonce: toQuantity(found?.nonce ?? 0n),
        code: toData(found ? state.getCode(found.codeHash) : EMPTY),
      }
    }),
    eth_getStorageAt: method(
      [accountParam, required('slot', storageKey), blockParam],
      async ([account, { key }, block]) => toWord((await readState(deps, block)).getStorage(account, key)),
    ),
    eth_getStorageValues: method([required('requests', storageRequests), blockParam], async ([requests, block]) => {
      const state = await readState(deps, block)
      const values = ({ account, keys }: StorageRequest) => keys.map((key) => toWord(state.getStorage(account, key)))
      return Object.fromEntries(requests.map((request) => [toData(request.account), values(request)]))
    }),
    /** `pending` counts what the pool holds, whether or not all of it fits into one block. */
    eth_getTransactionCount: method([accountParam, blockParam], async ([account, block]) => {
      if (isPending(block)) return toQuantity(deps.pool.nextNonce(account))
      const state = await readState(deps, block)
      return toQuantity(state.getAccount(account)?.nonce ?? 0n)
    }),
  }
}

type StorageRequest = { account: Address20; keys: readonly Hash32[] }

/** Address to full-word keys. Throws RpcError TOO_MANY_SLOTS for more than `limit` keys in all. */
function storageRequestsUpTo(limit: number): Parse<readonly StorageRequest[]> {
  return described(mapOf(arrayOf(HASH, limit)), (value, path) => {
    readObject(value, path)
    const requests: StorageRequest[] = []
    let total = 0
    for (const [name, list] of Object.entries(value as object)) {
      if (!Array.isArray(list)) throw invalidParams(`${path}.${name}`, `expected an array, got ${describe(list)}`)
      total += list.length
      if (total > limit) throw new RpcError('TOO_MANY_SLOTS', `too many slots (max ${limit})`, { limit })
      const keys = list.map((key, index) => hash(key, `${path}.${name}[${index}]`))
      requests.push({ account: address(name, `${path} address ${describe(name)}`), keys })
    }
    if (total === 0) throw invalidRequestOf('empty request')
    return requests
  })
}
