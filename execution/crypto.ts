import { createHash } from 'node:crypto'
import { digest as wasmSha256 } from '@chainsafe/as-sha256'
import type { CustomCrypto } from '@ethereumjs/common'
import { sha256 as nobleSha256 } from '@noble/hashes/sha2.js'
import { keccak_256 } from '@noble/hashes/sha3.js'
import { createKeccak } from 'hash-wasm'
import { bytesToBigint } from '../stateless/bytes.ts'
import { defaultPaths } from './paths.ts'
import { createRecovery, type RecoveryBackend, recoverWithNoble } from './recovery.ts'
import { createSenderRecovery, type SenderRecovery } from './senders.ts'
import type { EnginePaths } from './types.ts'

/** The two levels of the injected logger that this room needs. */
export type CryptoLogger = {
  info(event: string, fields?: Record<string, unknown>): void
  warn(event: string, fields?: Record<string, unknown>): void
}

/** An ECDSA signature over secp256k1 in the form in which recovery takes it. */
export type RecoverableSignature = { r: bigint; s: bigint; yParity: number }
/** A signature and the 32 bytes that it signs. */
export type SignedHash = { hash: Uint8Array; signature: RecoverableSignature }

/** The hash functions and signature recovery of one process; functions of bytes are synchronous and pure. */
export type Crypto = {
  keccak256(bytes: Uint8Array): Uint8Array
  sha256(bytes: Uint8Array): Uint8Array
  /** 64-byte public key (x || y) of a signature over a 32-byte hash; undefined when it recovers to nothing. */
  recoverPublicKey(hash: Uint8Array, signature: RecoverableSignature): Uint8Array | undefined
  /** 20-byte address of the signer; undefined when the signature recovers to nothing. High s is accepted here. */
  recoverSender(hash: Uint8Array, signature: RecoverableSignature): Uint8Array | undefined
  /**
   * Recovers many signatures ahead on all cores, so that `recoverSender` and `recoverPublicKey` know them: up to
   * LARGEST_BATCH of senders.ts, the rest stays for when it is asked for. Does nothing where that would not be faster,
   * rejects nothing, and says nothing about the signatures.
   */
  recoverSenders(items: readonly SignedHash[]): Promise<void>
  /** Ends the threads of `recoverSenders`. Everything works as before, on this thread. */
  close(): Promise<void>
  /** which library recovers */
  readonly recoveryBackend: RecoveryBackend
  /** what EthereumJS's Common takes, over the same functions */
  readonly customCrypto: CustomCrypto
}

/** From this length on the native hash of the platform wins over wasm. */
const NATIVE_SHA256_BYTES = 1024

/**
 * Starts the fast hash and recovery implementations. The composition root calls `setKeccak256(crypto.keccak256)` of
 * stateless/keccak.ts with the result, so that the pure rooms hash with the same function.
 *
 * `recoveryBackends` is the order of preference; a backend that does not load or gives a wrong key is skipped with a
 * warning. There is always one: the last, noble, is plain JavaScript. With the paths `reference` noble does everything.
 * `recoveryThreads`: see senders.ts.
 */
export async function createCrypto(
  deps: { logger: CryptoLogger },
  options: { recoveryBackends?: readonly RecoveryBackend[]; recoveryThreads?: number; paths?: EnginePaths } = {},
): Promise<Crypto> {
  const { paths = defaultPaths() } = options
  if (paths === 'reference' && options.recoveryBackends === undefined) return referenceCrypto(deps.logger)
  const keccak256 = await createKeccak256()
  const { backend, recover } = await createRecovery(deps.logger, options.recoveryBackends)
  const recovery = createSenderRecovery({ logger: deps.logger, backend, recover }, { threads: options.recoveryThreads })
  return cryptoOf({ keccak256, sha256 }, recovery)
}

function cryptoOf({ keccak256, sha256 }: Pick<Crypto, 'keccak256' | 'sha256'>, recovery: SenderRecovery): Crypto {
  const { recoverPublicKey } = recovery
  return {
    ...recovery,
    keccak256,
    sha256,
    recoverSender(hash, signature) {
      const publicKey = recoverPublicKey(hash, signature)
      return publicKey === undefined ? undefined : keccak256(publicKey).subarray(12)
    },
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
function referenceCrypto(logger: CryptoLogger): Crypto {
  const recovery = createSenderRecovery({ logger, backend: 'noble', recover: recoverWithNoble })
  return cryptoOf({ keccak256: keccak_256, sha256: nobleSha256 }, recovery)
}
