import { bytesToHex } from '../../stateless/bytes.ts'
import { address, data, storageKey } from '../codec.ts'
import { invalidRequestOf } from '../errors.ts'
import { toWord } from '../hex.ts'
import { described, method, type Parse, required } from '../params.ts'
import type { MethodTable } from '../types.ts'
import type { L1DevDeps } from './deps.ts'
import { action, amount64, amount256, answering, named } from './values.ts'

const MAX_BALANCE = (1n << 256n) - 1n

/** A slot: a storage key, or a number. */
const slotIndex: Parse<string> = described(amount256.schema ?? {}, (value, path) =>
  typeof value === 'string' && value.startsWith('0x')
    ? bytesToHex(storageKey(value, path).key)
    : toWord(amount256(value, path)).slice(2),
)
/** At most 32 bytes, padded on the left. */
const word: Parse<Uint8Array> = described(storageKey.schema ?? {}, (value, path) => storageKey(value, path).key)

/** Accounts changed by hand. Each call is answered when the block that holds the change is the head. */
export function stateMethods({ edits }: Pick<L1DevDeps, 'edits'>): MethodTable {
  const account = required('address', address)
  const setBalance = method([account, required('balance', amount256)], ([of, balance]) =>
    edits.edit(of, () => ({ balance })),
  )
  const addBalance = method([account, required('amount', amount256)], ([of, added]) =>
    edits.edit(of, ({ balance }) => {
      if (balance + added > MAX_BALANCE) throw invalidRequestOf(`the balance would be above 2^256: ${balance + added}`)
      return { balance: balance + added }
    }),
  )
  const setCode = method([account, required('code', data)], ([of, code]) => edits.edit(of, () => ({ code })))
  const setNonce = method([account, required('nonce', amount64)], ([of, nonce]) => edits.edit(of, () => ({ nonce })))
  const setStorageAt = method([account, required('slot', slotIndex), required('value', word)], ([of, slot, value]) =>
    edits.edit(of, () => ({ stateDiff: new Map([[slot, value]]) })),
  )
  return {
    ...action('setBalance', setBalance),
    ...action('addBalance', addBalance),
    ...action('setCode', setCode),
    ...action('setNonce', setNonce),
    ...named(['anvil_setStorageAt', 'hardhat_setStorageAt', 'evm_setAccountStorageAt'], answering(true, setStorageAt)),
    evm_setAccountBalance: answering(true, setBalance),
    evm_setAccountCode: answering(true, setCode),
    evm_setAccountNonce: answering(true, setNonce),
  }
}
