import { concatBytes } from '../stateless/bytes.ts'
import { keccak256 } from '../stateless/keccak.ts'
import { encodeRlp, rlpInteger } from '../stateless/rlp.ts'

const SALTED = Uint8Array.of(0xff)

/** Where the contract goes that an account of 20 bytes creates with this nonce of its own (Yellow Paper, section 7). */
export function createdAddress(creator: Uint8Array, nonce: bigint): Uint8Array {
  return keccak256(encodeRlp([creator, rlpInteger(nonce)])).slice(12)
}

/** Where CREATE2 puts it; the salt has 32 bytes (EIP-1014). */
export function saltedAddress(creator: Uint8Array, salt: Uint8Array, initCode: Uint8Array): Uint8Array {
  return keccak256(concatBytes([SALTED, creator, salt, keccak256(initCode)])).slice(12)
}
