import { bytesToHex } from '../stateless/bytes.ts'
import { decodeRlpList, rlpBytes, rlpFields, rlpItems } from '../stateless/rlp.ts'
import type { StateChanges } from '../stateless/types.ts'
import { ChainError } from './errors.ts'
import { giveWay, isTurnOver } from './eventLoop.ts'
import type { Chain } from './types.ts'

/** Every address that may be in the state, with every slot that may be set: address (40 hex digits) -> slots (64). */
export type StateKeys = ReadonlyMap<string, ReadonlySet<string>>

/**
 * The tries hold hashes of keys only; the keys themselves are in the genesis and in the block access lists (EIP-7928).
 *
 * @throws ChainError STATE_UNAVAILABLE when a block has no such list; the signal's reason when it is aborted
 */
export async function collectStateKeys(
  chain: Chain,
  genesis: Pick<StateChanges, 'accounts' | 'storage'>,
  signal: AbortSignal,
): Promise<StateKeys> {
  const keys = new Map<string, Set<string>>()
  for (const address of genesis.accounts.keys()) keys.set(address, new Set(genesis.storage.get(address)?.keys()))
  const head = chain.head().header.number
  for (let number = chain.genesis.header.number + 1n; number <= head; number++) {
    const list = chain.getBlockByNumber(number)?.blockAccessList
    if (list === undefined) {
      const message = `block ${number} has no block access list (Amsterdam), so the keys of this state are not known`
      throw new ChainError('STATE_UNAVAILABLE', message, { number })
    }
    addKeys(keys, list)
    if (isTurnOver()) await giveWay()
    signal.throwIfAborted()
  }
  return keys
}

function addKeys(keys: Map<string, Set<string>>, list: Uint8Array): void {
  for (const account of decodeRlpList(list)) {
    // [address, storage changes, storage reads, balance changes, nonce changes, code changes]
    const [address, changes] = rlpFields(account, 6)
    const key = bytesToHex(rlpBytes(address))
    const slots = keys.get(key) ?? new Set()
    keys.set(key, slots)
    for (const change of rlpItems(changes)) {
      const [slot] = rlpFields(change, 2)
      slots.add(bytesToHex(rlpBytes(slot)).padStart(64, '0'))
    }
  }
}
