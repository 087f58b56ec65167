import { createRequire } from 'node:module'
import { secp256k1 } from '@noble/curves/secp256k1.js'
import { bytesEqual, hexToBytes } from '../stateless/bytes.ts'
import type { CryptoLogger } from './crypto.ts'

/** `native`: libsecp256k1 add-on. `wasm`: the same library as WebAssembly, about 3 times slower. `noble`: 24 times. */
export type RecoveryBackend = 'native' | 'wasm' | 'noble'

/**
 * 65-byte uncompressed public key for a compact 64-byte signature (r || s, both in range), a recovery id of 0 or 1
 * and a 32-byte hash; undefined when r is not the x coordinate of a curve point or the key is the point at infinity.
 */
export type RecoverPublicKey = (compact: Uint8Array, recoveryId: 0 | 1, hash: Uint8Array) => Uint8Array | undefined

const LOADERS: Record<RecoveryBackend, () => Promise<RecoverPublicKey>> = {
  native: loadNative,
  wasm: loadWasm,
  noble: async () => recoverWithNoble,
}

/** The first backend that loads and answers right. Skipping one is logged as a warning, the choice as information. */
export async function createRecovery(
  logger: CryptoLogger,
  preference: readonly RecoveryBackend[] = ['native', 'wasm', 'noble'],
): Promise<{ backend: RecoveryBackend; recover: RecoverPublicKey }> {
  for (const backend of preference) {
    try {
      const recover = await LOADERS[backend]()
      requireRightAnswers(recover)
      logger.info('signature recovery', { backend })
      return { backend, recover }
    } catch (cause) {
      logger.warn('signature recovery backend unavailable, trying a slower one', { backend, reason: String(cause) })
    }
  }
  throw new Error(`no signature recovery backend works (tried ${preference.join(', ')})`)
}

/**
 * `secp256k1` silently falls back to a slow JavaScript curve when its add-on is missing. Its bindings module is asked
 * directly, so that a missing add-on is an error here.
 */
async function loadNative(): Promise<RecoverPublicKey> {
  const bindings = createRequire(import.meta.url)('secp256k1/bindings.js') as typeof import('secp256k1')
  return (compact, recoveryId, hash) => {
    try {
      return bindings.ecdsaRecover(compact, recoveryId, hash, false)
    } catch (cause) {
      if (cause instanceof Error && /could not be (parsed|recover)/.test(cause.message)) return undefined
      throw cause
    }
  }
}

async function loadWasm(): Promise<RecoverPublicKey> {
  const { instantiateSecp256k1 } = await import('@bitauth/libauth')
  const library = await instantiateSecp256k1()
  return (compact, recoveryId, hash) => {
    const publicKey = library.recoverPublicKeyUncompressed(compact, recoveryId, hash)
    return typeof publicKey === 'string' ? undefined : publicKey
  }
}

export function recoverWithNoble(compact: Uint8Array, recoveryId: 0 | 1, hash: Uint8Array): Uint8Array | undefined {
  try {
    const signature = secp256k1.Signature.fromBytes(compact, 'compact').addRecoveryBit(recoveryId)
    return signature.recoverPublicKey(hash).toBytes(false)
  } catch {
    // Arguments are checked before: the only thing left to fail is the signature itself.
    return undefined
  }
}

/** Over 32 bytes of 0x05 with the secret key of 32 bytes of 0x2b: parity, r || s, and the public key that recovers. */
const KNOWN_PARITY = 1
const KNOWN_SIGNATURE =
  '682e641514cb4ff79c38b2dd598405906a499cfac323840f024705a5bac958ea4e4137ba5d812165378e5c4ce777307223f19cac85a6a00e80e0482d185cd615'
const KNOWN_PUBLIC_KEY =
  '04bb58b5feca505c74edc000d8282fc556e51a1024fc8e7d7e56c6f887c5c8d5f202f76f508a57ac2491af19c8e67e55133f8e1cd3f9ee2350071497085f7356f8'

/**
 * One signature that recovers and one whose r is not on the curve: catches a wrong binary and a swapped argument. Both
 * are constants, because signing with a cold curve takes longer than all the rest of the start of this room.
 */
function requireRightAnswers(recover: RecoverPublicKey): void {
  const hash = hexToBytes('05'.repeat(32))
  const publicKey = recover(hexToBytes(KNOWN_SIGNATURE), KNOWN_PARITY, hash)
  if (publicKey === undefined || !bytesEqual(publicKey, hexToBytes(KNOWN_PUBLIC_KEY))) {
    throw new Error('recovered a wrong public key')
  }
  const offCurve = new Uint8Array(64)
  offCurve[31] = 5
  offCurve[63] = 1
  if (recover(offCurve, 0, hash) !== undefined) throw new Error('recovered a public key from an impossible signature')
}
