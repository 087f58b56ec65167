import { TransactionRejected } from '../execution/errors.ts'
import type { Transaction, UnsignedTransaction } from '../execution/types.ts'
import { bytesToHex, hexToBytes } from '../stateless/bytes.ts'
import type { L1Node } from './l1Node.ts'

/** Addresses that a devnet's L1 sends for without a signature. */
export type ImpersonatedSenders = {
  has(address: Uint8Array): boolean
  /** those that were added last, 20 bytes each */
  addresses(): readonly Uint8Array[]
  add(address: Uint8Array): void
  /** false: it was not impersonated */
  remove(address: Uint8Array): boolean
  /** everybody, whatever was added */
  setAll(enabled: boolean): void
  /** Into the pool, as the sender's own transaction; `has` is the caller's affair. Throws TransactionRejected. */
  send(tx: UnsignedTransaction): Promise<Transaction>
}

const MAX_ADDRESSES = 100_000
const MAX_LISTED = 1_000

export function createImpersonation({ chain, pool }: L1Node): ImpersonatedSenders {
  const addresses = new Set<string>()
  let all = false
  return {
    has: (address) => all || addresses.has(bytesToHex(address)),
    addresses: () => [...addresses].slice(-MAX_LISTED).map(hexToBytes),
    add(address) {
      const [oldest] = addresses
      if (addresses.size >= MAX_ADDRESSES && oldest !== undefined) addresses.delete(oldest)
      addresses.add(bytesToHex(address))
    },
    remove: (address) => addresses.delete(bytesToHex(address)),
    setAll(enabled) {
      all = enabled
    },
    async send(unsigned) {
      const { number, timestamp } = chain.head().header
      const tx = chain.engine.impersonate?.(unsigned, { number: number + 1n, timestamp: timestamp + 1n })
      if (tx === undefined) throw new TransactionRejected('INVALID', 'this chain takes signed transactions only')
      await pool.admit(tx)
      return tx
    },
  }
}
