import { bytesToBigint } from './bytes.ts'
import { InvalidWitness } from './errors.ts'
import { encodeRlp, headerLength, rlpInteger, writeHeader } from './rlp.ts'
import { EMPTY_TRIE_ROOT } from './trie.ts'
import { itemEnd, payloadStart } from './trieNode.ts'
import type { AccountState, Hash32 } from './types.ts'

/** keccak256 of no bytes: the code hash of an account without code. */
export const EMPTY_CODE_HASH: Hash32 = Uint8Array.from(
  Buffer.from('c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470', 'hex'),
)

/**
 * An account leaf: RLP [nonce (at most 8 bytes), balance (at most 32), storageRoot (32), codeHash (32)], canonical.
 * @throws InvalidWitness MALFORMED_ACCOUNT
 */
export function decodeAccount(rlp: Uint8Array): AccountState {
  if ((rlp[0] ?? 0) < 0xc0 || itemEnd(rlp, 0, rlp.length) !== rlp.length) throw malformedAccount('not one RLP list')
  const nonceAt = payloadStart(rlp, 0)
  const balanceAt = integerEnd(rlp, nonceAt, 8)
  const storageRootAt = integerEnd(rlp, balanceAt, 32)
  const codeHashAt = storageRootAt + 33
  if (rlp[storageRootAt] !== 0xa0 || rlp[codeHashAt] !== 0xa0)
    throw malformedAccount('root or code hash is not 32 bytes')
  if (codeHashAt + 33 !== rlp.length) throw malformedAccount('not four items')
  return {
    nonce: bytesToBigint(rlp.subarray(payloadStart(rlp, nonceAt), balanceAt)),
    balance: bytesToBigint(rlp.subarray(payloadStart(rlp, balanceAt), storageRootAt)),
    storageRoot: hashAt(rlp, storageRootAt + 1, EMPTY_TRIE_ROOT),
    codeHash: hashAt(rlp, codeHashAt + 1, EMPTY_CODE_HASH),
  }
}

/** The 32 bytes at `offset`; those that most accounts have are there once. */
function hashAt(rlp: Uint8Array, offset: number, usual: Hash32): Hash32 {
  for (let i = 0; i < 32; i++) if (rlp[offset + i] !== usual[i]) return rlp.slice(offset, offset + 32)
  return usual
}

/** End of a canonical integer item of at most `maxBytes` bytes. */
function integerEnd(rlp: Uint8Array, offset: number, maxBytes: number): number {
  const end = itemEnd(rlp, offset, rlp.length)
  if (end === -1 || (rlp[offset] ?? 0) >= 0xc0) throw malformedAccount('nonce or balance is not an RLP string')
  const start = payloadStart(rlp, offset)
  if (end - start > maxBytes) throw malformedAccount('nonce or balance is too long')
  if (end > start && rlp[start] === 0) throw malformedAccount('nonce or balance has a leading zero')
  return end
}

function malformedAccount(rule: string): InvalidWitness {
  return new InvalidWitness('MALFORMED_ACCOUNT', `malformed account leaf: ${rule}`, { rule })
}

export function encodeAccount({ nonce, balance, storageRoot, codeHash }: AccountState): Uint8Array {
  if (storageRoot.length !== 32 || codeHash.length !== 32) throw new Error('root or code hash is not 32 bytes')
  const nonceBytes = rlpInteger(nonce)
  const balanceBytes = rlpInteger(balance)
  const payload = integerLength(nonceBytes) + integerLength(balanceBytes) + 66
  const rlp = new Uint8Array(headerLength(payload) + payload)
  let position = writeHeader(rlp, 0, 0xc0, payload)
  for (const bytes of [nonceBytes, balanceBytes]) {
    if (integerLength(bytes) > bytes.length) position = writeHeader(rlp, position, 0x80, bytes.length)
    rlp.set(bytes, position)
    position += bytes.length
  }
  rlp[position] = 0xa0
  rlp.set(storageRoot, position + 1)
  rlp[position + 33] = 0xa0
  rlp.set(codeHash, position + 34)
  return rlp
}

/** Of the RLP of an integer with these bytes. */
function integerLength(bytes: Uint8Array): number {
  return bytes.length === 1 && (bytes[0] ?? 0) < 0x80 ? 1 : bytes.length + 1
}

/**
 * A storage leaf: RLP of 1 to 32 big-endian bytes without a leading zero. Returns those bytes.
 * @throws InvalidWitness MALFORMED_NODE
 */
export function decodeStorageValue(rlp: Uint8Array): Uint8Array {
  const start = payloadStart(rlp, 0)
  const length = rlp.length - start
  const canonical = (rlp[0] ?? 0xc0) < 0xc0 && itemEnd(rlp, 0, rlp.length) === rlp.length
  if (!canonical || length < 1 || length > 32 || rlp[start] === 0) {
    throw new InvalidWitness('MALFORMED_NODE', 'malformed storage leaf: not a canonical word', {
      rule: 'storage value is not a canonical word',
    })
  }
  return rlp.slice(start)
}

/** RLP of a minimal big-endian value. */
export function encodeStorageValue(value: Uint8Array): Uint8Array {
  if (value.length > 32 || value[0] === 0) throw new Error('storage value is not minimal')
  return encodeRlp(value)
}
