import { createHash } from 'node:crypto'
import { digest as wasmSha256 } from '@chainsafe/as-sha256'
import type { CustomCrypto } from '@ethereumjs/common'
import { sha256 as nobleSha256 } from '@noble/hashes/sha2.js'
import { keccak_256 } from '@noble/hashes/sha3.js'
import { createKeccak } from 'hash-wasm'
import { bigintToMinimalBytes, bytesToBigint } from '../stateless/bytes.ts'
import { defaultPaths } from './paths.ts'
import { createRecovery, type RecoverPublicKey, type RecoveryBackend, recoverWithNoble } from './recovery.ts'
import type { EnginePaths } from './types.ts'

/** The two levels of the injected logger that this room needs. */
export type CryptoLogger = {
  info(event: string, fields?: Record<string, unknown>): void
  warn(event: string, fields?: Record<string, unknown>): void
}

/** An ECDSA signature over secp256k1 in the form in which recovery takes it. */
export type RecoverableSignature = { r: bigint; s: bigint; yParity: number }

/** The hash functions and signature recovery of one process; every function is synchronous and pure. */
export type Crypto = {
  keccak256(bytes: Uint8Array): Uint8Array
  sha256(bytes: Uint8Array): Uint8Array
  /** 64-byte public key (x || y) of a signature over a 32-byte hash; undefined when it recovers to nothing. */
  recoverPublicKey(hash: Uint8Array, signature: RecoverableSignature): Uint8Array | undefined
  /** 20-byte address of the signer; undefined when the signature recovers to nothing. High s is accepted here. */
  recoverSender(hash: Uint8Array, signature: RecoverableSignature): Uint8Array | undefined
  /** which library recovers */
  readonly recoveryBackend: RecoveryBackend
  /** what EthereumJS's Common takes, over the same functions */
  readonly customCrypto: CustomCrypto
}

const SECP256K1_ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n
/** Recoveries remembered: a few full blocks. One entry is about 400 bytes. */
const MEMO_ENTRIES = 8192
/** From this length on the native hash of the platform wins over wasm. */
const NATIVE_SHA256_BYTES = 1024

/**
 * Starts the fast hash and recovery implementations. The composition root calls `setKeccak256(crypto.keccak256)` of
 * stateless/keccak.ts with the result, so that the pure rooms hash with the same function.
 *
 * `recoveryBackends` is the order of preference; a backend that does not load or gives a wrong key is skipped with a
 * warning. There is always one: the last, noble, is plain JavaScript. With the paths `reference` noble does everything.
 */
export async function createCrypto(
  deps: { logger: CryptoLogger },
  options: { recoveryBackends?: readonly RecoveryBackend[]; paths?: EnginePaths } = {},
): Promise<Crypto> {
  const { paths = defaultPaths() } = options
  if (paths === 'reference' && options.recoveryBackends === undefined) return createReferenceCrypto()
  const keccak256 = await createKeccak256()
  const { backend, recover } = await createRecovery(deps.logger, options.recoveryBackends)
  return cryptoOf({ keccak256, sha256 }, backend, recover)
}

function cryptoOf(
  { keccak256, sha256 }: Pick<Crypto, 'keccak256' | 'sha256'>,
  recoveryBackend: RecoveryBackend,
  recover: RecoverPublicKey,
): Crypto {
  const recoverPublicKey = rememberRecoveries(recover)
  return {
    keccak256,
    sha256,
    recoverPublicKey,
    recoverSender(hash, signature) {
      const publicKey = recoverPublicKey(hash, signature)
      return publicKey === undefined ? undefined : keccak256(publicKey).subarray(12)
    },
    recoveryBackend,
    customCrypto: { keccak256, sha256, ecrecover: createEcrecover(recoverPublicKey) },
  }
}

/** One wasm instance serves all calls: each is init, update, digest in one go, and nothing can run in between. */
async function createKeccak256(): Promise<(bytes: Uint8Array) => Uint8Array> {
  const hasher = await createKeccak(256)
  return (bytes) => hasher.init().update(bytes).digest('binary')
}

function sha256(bytes: Uint8Array): Uint8Array {
  if (bytes.length < NATIVE_SHA256_BYTES) return wasmSha256(bytes)
  return new Uint8Array(createHash('sha256').update(bytes).digest())
}

/**
 * Checks what every backend would check in its own way, so that all accept the same set: 0 < r < n, 0 < s < n and a
 * parity of 0 or 1 (ids 2 and 3 are never valid on Ethereum). Remembers the outcome, bounded, oldest first out:
 * EthereumJS asks for the same sender again and again.
 */
function rememberRecoveries(recover: RecoverPublicKey): Crypto['recoverPublicKey'] {
  const memo = new Map<string, Uint8Array | undefined>()
  return (hash, { r, s, yParity }) => {
    if (r <= 0n || r >= SECP256K1_ORDER || s <= 0n || s >= SECP256K1_ORDER) return undefined
    if (yParity !== 0 && yParity !== 1) return undefined
    if (hash.length !== 32) throw new Error(`signature recovery over ${hash.length} bytes instead of 32`)
    const compact = Buffer.alloc(64)
    writeWord(compact, 0, r)
    writeWord(compact, 32, s)
    const key = `${yParity}${compact.toString('latin1')}${Buffer.from(hash.buffer, hash.byteOffset, 32).toString('latin1')}`
    const known = memo.get(key)
    if (known !== undefined || memo.has(key)) return known
    const publicKey = recover(compact, yParity, hash)?.subarray(1)
    if (memo.size >= MEMO_ENTRIES) forgetOldest(memo)
    memo.set(key, publicKey)
    return publicKey
  }
}

function writeWord(target: Buffer, offset: number, value: bigint): void {
  const bytes = bigintToMinimalBytes(value)
  target.set(bytes, offset + 32 - bytes.length)
}

function forgetOldest(memo: Map<string, unknown>): void {
  for (const oldest of memo.keys()) {
    memo.delete(oldest)
    return
  }
}

/** EthereumJS's signature: v is 0, 1, 27, 28 or the EIP-155 form when a chain id is given; throws when nothing recovers. */
function createEcrecover(recoverPublicKey: Crypto['recoverPublicKey']): NonNullable<CustomCrypto['ecrecover']> {
  return (hash, v, r, s, chainId) => {
    const publicKey = recoverPublicKey(hash, {
      r: bytesToBigint(r),
      s: bytesToBigint(s),
      yParity: recoveryId(v, chainId),
    })
    if (publicKey === undefined) throw new Error('signature does not recover to a public key')
    return publicKey
  }
}

function recoveryId(v: bigint, chainId: bigint | undefined): number {
  const id = v === 0n || v === 1n ? v : chainId === undefined ? v - 27n : v - (chainId * 2n + 35n)
  return id === 0n || id === 1n ? Number(id) : -1
}

/** The engine `reference`: all of it in plain JavaScript, by noble. */
function createReferenceCrypto(): Crypto {
  return cryptoOf({ keccak256: keccak_256, sha256: nobleSha256 }, 'noble', recoverWithNoble)
}
