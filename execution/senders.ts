import { availableParallelism } from 'node:os'
import { bigintToMinimalBytes } from '../stateless/bytes.ts'
import type { Crypto, CryptoLogger, RecoverableSignature } from './crypto.ts'
import type { RecoverPublicKey, RecoveryBackend } from './recovery.ts'
import { createSenderPool, type PackedSignature } from './senderPool.ts'

const SECP256K1_ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n
/** Recoveries remembered: a few full blocks. One entry is about 400 bytes. */
const MEMO_ENTRIES = 8192
/** From so many unknown signatures on, threads are asked: below, this one is done before they have woken up. */
const SMALLEST_BATCH = 128
/** So many of a batch are recovered ahead, so that all are still remembered when they are asked for. */
export const LARGEST_BATCH = MEMO_ENTRIES / 2
const MOST_THREADS = 4

export type SenderRecovery = Pick<Crypto, 'recoverPublicKey' | 'recoverSenders' | 'recoveryBackend' | 'close'>

/**
 * Recovery with a memory: EthereumJS asks for the same sender again and again, and what a batch has recovered on other
 * threads is asked for afterwards. Bounded, oldest first out.
 *
 * `threads` beside this one; default: a core stays for this one, and none with plain JavaScript.
 */
export function createSenderRecovery(
  deps: { logger: CryptoLogger; backend: RecoveryBackend; recover: RecoverPublicKey },
  { threads = defaultThreads() }: { threads?: number | undefined } = {},
): SenderRecovery {
  const { backend, recover } = deps
  const memo = createMemo(MEMO_ENTRIES)
  const pool = backend === 'noble' || threads === 0 ? undefined : createSenderPool(deps, { backend, threads })
  return {
    recoverPublicKey(hash, signature) {
      const packed = pack(hash, signature)
      if (packed === undefined) return undefined
      const key = memoKey(packed)
      if (memo.has(key)) return memo.get(key)
      const publicKey = recover(packed.compact, packed.yParity, packed.hash)?.subarray(1)
      memo.add(key, publicKey)
      return publicKey
    },
    async recoverSenders(items) {
      if (pool === undefined || items.length < SMALLEST_BATCH) return
      const unknown = new Map<string, PackedSignature>()
      for (const { hash, signature } of items.slice(0, LARGEST_BATCH)) {
        const packed = pack(hash, signature)
        const key = packed && memoKey(packed)
        if (packed !== undefined && key !== undefined && !memo.has(key)) unknown.set(key, packed)
      }
      if (unknown.size < SMALLEST_BATCH) return
      const keys = [...unknown.keys()]
      await pool.recover([...unknown.values()], (index, publicKey) => {
        const key = keys[index]
        if (key !== undefined) memo.add(key, publicKey)
      })
    },
    recoveryBackend: backend,
    close: async () => pool?.close(),
  }
}

function defaultThreads(): number {
  return Math.min(MOST_THREADS, availableParallelism() - 1)
}

/**
 * Checks what every backend would check in its own way, so that all accept the same set: 0 < r < n, 0 < s < n and a
 * parity of 0 or 1 (ids 2 and 3 are never valid on Ethereum). Undefined for what can recover to nothing.
 */
function pack(hash: Uint8Array, { r, s, yParity }: RecoverableSignature): PackedSignature | undefined {
  if (r <= 0n || r >= SECP256K1_ORDER || s <= 0n || s >= SECP256K1_ORDER) return undefined
  if (yParity !== 0 && yParity !== 1) return undefined
  if (hash.length !== 32) throw new Error(`signature recovery over ${hash.length} bytes instead of 32`)
  const compact = Buffer.alloc(64)
  writeWord(compact, 0, r)
  writeWord(compact, 32, s)
  return { compact, yParity, hash }
}

function writeWord(target: Buffer, offset: number, value: bigint): void {
  const bytes = bigintToMinimalBytes(value)
  target.set(bytes, offset + 32 - bytes.length)
}

function memoKey({ compact, yParity, hash }: PackedSignature): string {
  return `${yParity}${latin1(compact)}${latin1(hash)}`
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1')
}

function createMemo(entries: number) {
  const known = new Map<string, Uint8Array | undefined>()
  return {
    has: (key: string) => known.has(key),
    get: (key: string) => known.get(key),
    add(key: string, publicKey: Uint8Array | undefined): void {
      const [oldest] = known.keys()
      if (known.size >= entries && oldest !== undefined) known.delete(oldest)
      known.set(key, publicKey)
    },
  }
}
