import { bytesToHex, concatBytes } from '../stateless/bytes.ts'
import { keccak256 } from '../stateless/keccak.ts'
import { encodeRlp, rlpInteger } from '../stateless/rlp.ts'
import type { Authorization } from '../stateless/transactionFields.ts'
import type { Crypto } from './crypto.ts'
import { giveWay, isTurnOver } from './eventLoop.ts'
import type { Transaction } from './types.ts'

/** EIP-7702 */
const MAGIC = Uint8Array.of(5)
const MAX_NONCE = (1n << 64n) - 1n
const HALF_ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n / 2n

type Recovery = Pick<Crypto, 'recoverSender'>

/** The signer of an authorization (EIP-7702), when chain id, nonce and signature may be used at all. */
export function authorityOf(item: Authorization, chainId: bigint, { recoverSender }: Recovery): Uint8Array | undefined {
  if (item.chainId !== 0n && item.chainId !== chainId) return undefined
  if (item.nonce >= MAX_NONCE || item.s > HALF_ORDER || item.yParity > 1) return undefined
  const message = encodeRlp([rlpInteger(item.chainId), item.address, rlpInteger(item.nonce)])
  return recoverSender(keccak256(concatBytes([MAGIC, message])), item)
}

/** Everybody whose account a set-code transaction may delegate, each once, giving way to other work between signatures. */
export async function authoritiesOf(tx: Transaction, chainId: bigint, crypto: Recovery): Promise<Uint8Array[]> {
  const found = new Map<string, Uint8Array>()
  for (const item of tx.authorizationList ?? []) {
    const authority = authorityOf(item, chainId, crypto)
    if (authority !== undefined) found.set(bytesToHex(authority), authority)
    if (isTurnOver()) await giveWay()
  }
  return [...found.values()]
}
